import { type AnyActorRef, fromCallback } from 'xstate';
import type { HealthContext } from '../machines/health/model.ts';
import type { Measurements } from '../machines/stats/model.ts';
import { publicationsOf, statusesOf } from '../machines/telemetry/decide.ts';
import type {
  ConnectionCommand,
  ConnectionInput,
  TelemetryEvent,
} from '../machines/telemetry/events.ts';
import { telemetryMachine } from '../machines/telemetry/machine.ts';
import type { InboundTelemetry, Publication } from '../machines/telemetry/model.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import { type TcsConnection, TcsError, type TcsPort } from '../transport/tcs/port.ts';
import { Backlog } from './backlog.ts';
import { effect, type Pulse, type System, stamp, timer } from './effect.ts';
import type { Log } from './recorder.ts';

/** What telemetry's effects need. */
export interface TelemetryPorts extends Pulse {
  ecs: EcsPort;
  tcs: TcsPort;
  measurements: Measurements;
  log: Log;
  settings: { cluster: string };
  /** The Engine's version once it is known, for TCS. */
  dockerVersion(): string | null;
}

/** The telemetry machine with its effects bound to ECS, TCS and what is measured. */
export function bindTelemetry(ports: TelemetryPorts) {
  const backlog = new Backlog();
  // Said once an outage: with each connection what waits begins to be sent.
  const outage = { isTold: false };
  return telemetryMachine.provide({
    actors: {
      measure: effect(ports, () => measure(ports, backlog, outage)),
      discover: effect(
        ports,
        async ({ containerInstanceArn: arn }: { containerInstanceArn: string }, { signal }) => {
          const instance = { arn, cluster: ports.settings.cluster };
          const { telemetry: endpoint } = await ports.ecs.discoverPollEndpoint(instance, signal);
          if (endpoint !== null) return { endpoint };
          ports.log.info('ECS names no endpoint of the telemetry service');
          throw new TcsError('TCS_NO_ENDPOINT', 'ECS names no endpoint of the telemetry service');
        },
      ),
      connection: connection(ports, backlog, outage),
      timer: timer(ports),
    },
  });
}

interface Outage {
  isTold: boolean;
}

async function measure(ports: TelemetryPorts, backlog: Backlog, outage: Outage): Promise<object> {
  const { measurements, random, log } = ports;
  try {
    const ids = { usage: random.uuid(), health: random.uuid() };
    const added = publicationsOf(measurements, ids).map((one) => backlog.add(one));
    if (added.includes(false) && !outage.isTold) {
      outage.isTold = true;
      log.warn('Figures for ECS are dropped until the telemetry service is connected again');
    }
  } catch (error) {
    log.error('Figures for ECS could not be taken', { error: String(error) });
  }
  return {};
}

/** One connection to TCS, from its opening to its end; leaving the state ends it. */
const connection = (ports: TelemetryPorts, backlog: Backlog, outage: Outage) =>
  fromCallback<ConnectionCommand, ConnectionInput>(({ input, sendBack, receive, system }) => {
    const tell = (event: TelemetryEvent) => sendBack(event);
    const { log, settings } = ports;
    const line = ports.tcs.connect(
      { ...input, cluster: settings.cluster, dockerVersion: ports.dockerVersion() },
      {
        opened: () => {
          outage.isTold = false;
          tell({ type: 'connection.opened', ...stamp(ports) });
        },
        message: (message) => {
          note(message, log);
          if (message.kind === 'alive') tell({ type: 'service.heard', ...stamp(ports) });
        },
        malformed: (error) => log.warn(error.message, { code: error.code }),
        closed: ({ reason, clean }) => {
          log.info('TCS connection closed', { reason, clean });
          tell({ type: 'connection.closed', clean, because: reason, ...stamp(ports) });
        },
      },
    );
    const publish = publisher(line, log);
    const send = sender(publish, backlog);
    receive((command) => {
      if (command.type === 'backlog.send') void send();
      else if (command.type === 'status.tell') void tellStatus(publish, ports, system);
      else line.close(1_000, command.reason);
    });
    return () => line.terminate();
  });

/** Errors of the service are told only: it keeps the connection, and nothing is sent again. */
function note(message: InboundTelemetry, log: Log): void {
  const { kind, type } = message;
  if (kind === 'error') log.warn('TCS tells of an error', { type, message: message.remark });
  if (kind === 'other') log.info('TCS sent a message that asks nothing', { type });
}

type Publish = (publication: Publication) => Promise<boolean>;

/** Answers whether all of it has left. */
const publisher =
  (line: TcsConnection, log: Log): Publish =>
  async (publication) => {
    try {
      return await line.publish(publication);
    } catch (error) {
      log.warn('Telemetry was not sent', { error: String(error) });
      return false;
    }
  };

/** Sends what waits, one after the other, until one cannot be sent: that one is lost. */
function sender(publish: Publish, backlog: Backlog): () => Promise<void> {
  let isSending = false;
  return async () => {
    if (isSending) return;
    isSending = true;
    let next = backlog.take();
    while (next && (await publish(next))) next = backlog.take();
    isSending = false;
  };
}

async function tellStatus(publish: Publish, { random }: Pulse, system: System): Promise<void> {
  const health: AnyActorRef | undefined = system.get('health');
  const context: HealthContext | undefined = health?.getSnapshot().context;
  const statuses = context && statusesOf(context);
  if (!statuses) return;
  if (await publish({ kind: 'status', messageId: random.uuid(), statuses }))
    health?.send({ type: 'status.told', run: context.run });
}
