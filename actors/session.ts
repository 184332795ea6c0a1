import { fromCallback } from 'xstate';
import type {
  ConnectionCommand,
  ConnectionInput,
  SessionEvent,
} from '../machines/session/events.ts';
import { sessionMachine } from '../machines/session/machine.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import { effect, type Pulse, stamp, timer } from './effect.ts';
import { Incoming } from './incoming.ts';
import type { Journal } from './journal.ts';
import type { Plans } from './plans.ts';
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
      connection: connection(ports, new Incoming(ports)),
      timer: timer(ports),
    },
  });
}

const inactive =
  'ECS says that this container instance is not active; ' +
  'its tasks go on, and ECS is asked again in an hour';

/** One connection to ACS, from its opening to its end; leaving the state ends it. */
const connection = (ports: SessionPorts, incoming: Incoming) =>
  fromCallback<ConnectionCommand, ConnectionInput>(({ input, sendBack, receive, system }) => {
    const tell = (event: SessionEvent) => sendBack(event);
    const hear = incoming.of(system);
    const line = ports.acs.connect(
      { ...input, cluster: ports.settings.cluster, dockerVersion: ports.dockerVersion() },
      {
        opened: () => tell({ type: 'connection.opened', ...stamp(ports) }),
        message: (message, roles) => {
          const known = hear(message, roles);
          tell({ type: 'message.received', message, known, ...stamp(ports) });
        },
        malformed: (error) => incoming.complaints.warn(error.message, { code: error.code }),
        closed: ({ reason, ...end }) => {
          ports.log.info('ACS connection closed', { reason, clean: end.clean });
          if (end.inactiveInstance) {
            ports.log.error(inactive);
            system.get('telemetry')?.send({ type: 'instance.inactive', ...stamp(ports) });
          }
          tell({ type: 'connection.closed', ...end, ...stamp(ports) });
        },
      },
    );
    receive((command) => {
      if (command.type === 'connection.close') return line.close(1_000, command.reason);
      for (const acknowledgement of command.acknowledgements) {
        line.send(acknowledgement);
        if (acknowledgement.kind === 'stopVerification')
          ports.log.info('ECS is asked whether tasks that it did not list are to stop', {
            tasks: acknowledgement.stopCandidates.length,
          });
      }
    });
    return () => line.terminate();
  });
