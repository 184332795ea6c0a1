import { fromCallback } from 'xstate';
import { outboxActorId, taskActorId } from '../machines/names/arn.ts';
import type {
  ConnectionCommand,
  ConnectionInput,
  SessionEvent,
} from '../machines/session/events.ts';
import { sessionMachine } from '../machines/session/machine.ts';
import type { InboundMessage } from '../machines/session/model.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import { effect, type Pulse, type System, stamp, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import { type Plans, planKey } from './plans.ts';
import type { Log } from './recorder.ts';
import type { Vault } from './vault.ts';

/** What a session's effects need. */
export interface SessionPorts extends Pulse {
  ecs: EcsPort;
  acs: AcsPort;
  plans: Plans;
  vault: Vault;
  journal: Journal;
  log: Log;
  settings: { cluster: string };
  /** The Engine's version once it is known, for ACS. */
  dockerVersion(): string | null;
}

/** The session machine with its effects bound to ECS and ACS. */
export function bindSession(ports: SessionPorts) {
  return sessionMachine.provide({
    actors: {
      discover: effect(
        ports,
        async ({ containerInstanceArn: arn }: { containerInstanceArn: string }, { signal }) => {
          const instance = { arn, cluster: ports.settings.cluster };
          return { endpoint: (await ports.ecs.discoverPollEndpoint(instance, signal)).acs };
        },
      ),
      connection: connection(ports),
      timer: timer(ports),
    },
  });
}

/** One connection to ACS, from its opening to its end; leaving the state ends it. */
const connection = (ports: SessionPorts) =>
  fromCallback<ConnectionCommand, ConnectionInput>(({ input, sendBack, receive, system }) => {
    const tell = (event: SessionEvent) => sendBack(event);
    const line = ports.acs.connect(
      { ...input, cluster: ports.settings.cluster, dockerVersion: ports.dockerVersion() },
      {
        opened: () => tell({ type: 'connection.opened', ...stamp(ports) }),
        message: (message, roles) => {
          for (const role of roles) ports.vault.keep(role);
          const known = takeIn(message, ports, system);
          if (message.kind === 'heartbeat') system.get('health')?.send({ type: 'checks.asked' });
          tell({ type: 'message.received', message, known, ...stamp(ports) });
        },
        malformed: (error) => ports.log.warn(error.message, { code: error.code }),
        closed: ({ reason, ...end }) => {
          ports.log.info('ACS connection closed', { reason, clean: end.clean });
          if (end.inactiveInstance)
            system.get('telemetry')?.send({ type: 'instance.inactive', ...stamp(ports) });
          tell({ type: 'connection.closed', ...end, ...stamp(ports) });
        },
      },
    );
    receive((command) => {
      if (command.type === 'connection.close') line.close(1_000, command.reason);
      else for (const acknowledgement of command.acknowledgements) line.send(acknowledgement);
    });
    return () => line.terminate();
  });

/** A task that could not be understood has an outbox only, one that has told all has none. */
const isKnown = (system: System, arn: string): boolean =>
  [taskActorId(arn), outboxActorId(arn)].some((id) => system.get(id) !== undefined);

/** Keeps the plans of new tasks where effects find them; answers which tasks are known already. */
function takeIn(message: InboundMessage, ports: SessionPorts, system: System): string[] {
  if (message.kind !== 'payload') return [];
  const { tasks, refused } = message.payload;
  const arns = [...tasks.map(({ plan }) => plan.arn), ...refused.map(({ arn }) => arn ?? '')];
  const known = arns.filter((arn) => isKnown(system, arn));
  for (const { plan } of tasks)
    if (!known.includes(plan.arn)) {
      ports.plans.add(plan);
      ports.journal.put(planKey(plan.arn), plan);
    }
  return known;
}
