import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import * as decide from '../machines/health/decide.ts';
import { healthMachine } from '../machines/health/machine.ts';
import type { Check, Findings } from '../machines/health/model.ts';
import { Ending, type Signal } from '../machines/names/ending.ts';
import type { SessionContext } from '../machines/session/events.ts';
import type { TelemetryContext } from '../machines/telemetry/events.ts';
import type { DockerPort } from '../transport/docker/port.ts';
import type { HostPort } from '../transport/host/port.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';

/** What the checks look at. */
export interface HealthPorts extends Pulse {
  docker: Pick<DockerPort, 'ping'>;
  host: Pick<HostPort, 'disk' | 'eventLoopLagMs'>;
  /** The folder in which the Engine keeps all it has; '' while that is not known. */
  engineRoot(): string;
}

/** What the checks of the instance's health said last; none before the instance is registered. */
export function checksOf(system: System): Check[] {
  const health: AnyActorRef | undefined = system.get('health');
  return health?.getSnapshot().context.checks ?? [];
}

/** The health machine with its looks bound to the Engine, the host and the agent's own actors. */
export const bindHealth = (ports: HealthPorts) =>
  healthMachine.provide({
    actors: {
      check: effect(ports, async (_: undefined, { system }) => ({
        findings: await look(ports, system),
      })),
      timer: timer(ports),
    },
  });

async function look(ports: HealthPorts, system: System): Promise<Findings> {
  const { docker, host } = ports;
  const [runtime, disk] = await Promise.all([
    inTime(ports, (signal) => docker.ping(signal)).then(
      () => null,
      (error: Error) => error.message,
    ),
    inTime(ports, () => host.disk(ports.engineRoot())).catch(() => null),
  ]);
  return {
    ContainerRuntime: decide.runtimeFinding(runtime),
    ACS: decide.serviceFinding('ACS', acsTouch(system)),
    TCS: decide.serviceFinding('TCS', tcsTouch(system)),
    Disk: decide.diskFinding(disk),
    EventLoop: decide.eventLoopFinding(host.eventLoopLagMs()),
  };
}

/** Of a session that has crashed, or that ACS does not want. */
const away: decide.Touch = { isConnected: false, hasConnected: true, attempts: 1 };

function acsTouch(system: System): decide.Touch {
  const snapshot: AnyMachineSnapshot | undefined = system.get('session')?.getSnapshot();
  if (!snapshot || snapshot.matches('dormant')) return away;
  const { hasConnected, attempts } = snapshot.context as SessionContext;
  return { isConnected: snapshot.matches({ online: 'serving' }), hasConnected, attempts };
}

function tcsTouch(system: System): decide.Touch {
  const snapshot: AnyMachineSnapshot | undefined = system.get('telemetry')?.getSnapshot();
  if (!snapshot) return away;
  const { connectedAt, attempts } = snapshot.context as TelemetryContext;
  const isConnected = snapshot.matches({ service: { online: 'serving' } });
  return { isConnected, hasConnected: connectedAt !== null, attempts };
}

/** What a look answers, or a rejection once it has taken too long. */
function inTime<Answer>(
  { clock }: Pulse,
  look: (signal: Signal) => Promise<Answer>,
): Promise<Answer> {
  const { lookMs } = decide;
  const late = new Ending();
  return new Promise((resolve, reject) => {
    const cancel = clock.at(clock.now() + lookMs, () => {
      reject(new Error(`no answer within ${lookMs / 1_000} s`));
      late.abort();
    });
    look(late).then(resolve, reject).finally(cancel);
  });
}
