import { AgentError } from '../../machines/names/errors.ts';
import type { Batch, Medium } from '../../persistence/medium.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import type { EcsPort } from '../../transport/ecs/port.ts';
import type { Clock } from '../../transport/host/port.ts';
import type { Instruments } from './instruments.ts';

/** Puts counts of what is asked before the ports of an agent. */
export interface PortMeter {
  docker(port: EnginePort): EnginePort;
  ecs(port: EcsPort): EcsPort;
  medium(medium: Medium): Medium;
}

/** Counts nothing, and costs nothing. */
export const unmetered: PortMeter = {
  docker: (port) => port,
  ecs: (port) => port,
  medium: (medium) => medium,
};

/** Calls that go on as long as all is well: that they end is told, not how long they took. */
const streams = new Set(['watch', 'followStats']);

/** Counts calls and commits, and how long they take, with these instruments. */
export function portMeter({ docker, ecs, commits }: Instruments, clock: Clock): PortMeter {
  const callsOf = ({ calls, seconds }: typeof docker) =>
    counting(clock, (call, { outcome, took }) => {
      calls.labels(call, outcome).inc();
      if (!streams.has(call)) seconds.labels(call).observe(took);
    });
  const commit = counting(clock, (_, { outcome, took }) => {
    commits.calls.labels(outcome).inc();
    commits.seconds.observe(took);
  });
  return {
    docker: callsOf(docker),
    ecs: callsOf(ecs),
    medium: (medium) => {
      const { write } = commit({ write: (batch: Batch) => medium.write(batch) });
      return {
        open: () => medium.open(),
        close: () => medium.close(),
        write: async (batch) => {
          await write(batch);
          commits.bytes.observe(bytesOf(batch));
        },
      };
    },
  };
}

type Told = (call: string, end: { outcome: string; took: number }) => void;

/** Tells of the end of every call that is made through a port, and how long it took in seconds. */
const counting =
  (clock: Clock, told: Told) =>
  <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function' || typeof name === 'symbol') return member;
        return (...given: unknown[]) => {
          const since = clock.now();
          const end = (outcome: string) =>
            told(name, { outcome, took: Math.max(0, clock.now() - since) / 1_000 });
          const answer: unknown = member.apply(target, given);
          if (answer instanceof Promise)
            answer.then(
              () => end('ok'),
              (error: unknown) => end(outcomeOf(error)),
            );
          return answer;
        };
      },
    });

/** The code of an error, without what it begins with as all of its port do. */
const outcomeOf = (error: unknown): string =>
  error instanceof AgentError ? error.code.replace(/^[A-Z]+_/, '').toLowerCase() : 'failed';

const bytesOf = ({ steps }: Batch): number =>
  steps.reduce(
    (sum, step) =>
      sum + Buffer.byteLength(step.key) + (step.type === 'put' ? Buffer.byteLength(step.value) : 0),
    0,
  );
