import type { Agent } from '../../actors/agent.ts';
import { meterActors } from '../../actors/metrics.ts';
import type { Log } from '../../actors/recorder.ts';
import { lagMeter } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';
import { type Answer, openServer, type Question } from '../../transport/http/server.ts';
import type { Config } from '../config/config.ts';
import { actorMeter, collectActors, collectProcess } from './collect.ts';
import { type Instruments, instrumentsOf } from './instruments.ts';
import { type PortMeter, portMeter, unmetered } from './ports.ts';

/** The metrics of an agent. */
export interface Metrics {
  ports: PortMeter;
  /** Counts what the actors of an agent do that has not started yet. */
  follow(agent: Agent): void;
  /** Serves what is counted; where that cannot be, the agent runs without. */
  serve(agent: Agent): Promise<{ close(): Promise<void> }>;
}

/** What metrics need of the process. */
export interface MetricsOptions {
  config: Pick<Config, 'prometheus'>;
  clock: Clock;
  log: Log;
}

const nothing = { close: () => Promise.resolve() };

/** Where there are to be no metrics, nothing is loaded, nothing is counted and nothing listens. */
const noMetrics: Metrics = {
  ports: unmetered,
  follow: () => {},
  serve: () => Promise.resolve(nothing),
};

/** The metrics of this process's agent, if it is to have any. */
export async function metricsOf({ config, clock, log }: MetricsOptions): Promise<Metrics> {
  const { prometheus } = config;
  if (prometheus === null) return noMetrics;
  const instruments = instrumentsOf(await import('prom-client'));
  instruments.start.set(clock.now() / 1_000);
  return {
    ports: portMeter(instruments, clock),
    follow: ({ system }) => meterActors(system, clock, actorMeter(instruments)),
    serve: async (agent) => {
      try {
        const answer = answering(instruments, agent, clock);
        const failed = (reason: unknown) => log.warn(`Metrics failed: ${String(reason)}`);
        return await openServer({ ...prometheus, clock, failed, answer, methods: ['GET', 'HEAD'] });
      } catch (error) {
        log.warn(
          'Metrics cannot be served; ECS_PROMETHEUS_METRICS_BIND_ADDRESS and ' +
            `ECS_PROMETHEUS_METRICS_PORT say where: ${(error as Error).message}`,
        );
        return nothing;
      }
    },
  };
}

/** Answers with all that is counted, as the text format of Prometheus has it. */
function answering(
  instruments: Instruments,
  agent: Agent,
  clock: Clock,
): (question: Question) => Answer | Promise<Answer> {
  const lagMs = lagMeter();
  lagMs();
  return async ({ path }) => {
    if (path !== '/metrics') return elsewhere;
    collectActors(instruments, agent, clock.now());
    collectProcess(instruments, lagMs());
    const body = await instruments.registry.metrics();
    return { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body };
  };
}

const elsewhere: Answer = {
  status: 404,
  contentType: 'text/plain; charset=utf-8',
  body: 'The metrics are at /metrics.\n',
};
