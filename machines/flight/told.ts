// What the flight record keeps of what an event told: this list, and nothing else.
import type {
  ContainerChange,
  ContainerFacts,
  ContainerPlan,
  Dependency,
  Hold,
  Step,
} from '../container/model.ts';
import { taskActorId, taskIdOf } from '../names/arn.ts';
import { asFailure } from '../names/errors.ts';
import type { TaskReport } from '../report/model.ts';
import type { ResourceChange } from '../resource/model.ts';
import type { Acknowledgement, InboundMessage, Payload } from '../session/model.ts';
import type { RefusedTask, TaskArrival } from '../task/model.ts';
import type { FlightFacts, FlightValue } from './model.ts';

/** An event as it comes to an actor: of any kind, with what its sender put into it. */
export type AnyEvent = { type: string } & Record<string, unknown>;

type Teller = (event: never) => FlightFacts | null;

/** The error name that a reason begins with; the text behind it is left out. */
const nameIn = (reason: string | null): string | null => {
  if (reason === null || reason === '') return null;
  return /^([A-Z][A-Za-z]+): /.exec(reason)?.[1] ?? 'with a reason';
};

const tellers = new Map<string, Teller>(
  Object.entries({
    'message.received': ({ message }: { message: InboundMessage }) => toldByAcs(message),
    acknowledge: ({ acknowledgements }: { acknowledgements: Acknowledgement[] }) => ({
      acknowledges: acknowledgements.map(({ kind }) => kind),
      messageId: acknowledgements[0]?.messageId ?? null,
    }),
    'connection.closed': ({
      clean,
      inactiveInstance,
    }: {
      clean: boolean;
      inactiveInstance: boolean;
    }) => ({
      clean,
      inactiveInstance,
    }),
    'engine.hint': ({ exitCode }: { exitCode: number | null }) => ({ exitCode }),
    'container.allow': ({ upTo }: { upTo: Step }) => ({ upTo }),
    'container.hold': ({ hold }: { hold: Hold }) => ({ on: hold.on.map(wish), until: hold.until }),
    'container.changed': ({ change }: { change: ContainerChange }) => ({
      container: change.name,
      status: change.status,
      ...(change.exitCode !== null && { exitCode: change.exitCode }),
    }),
    'container.health': ({ name, health }: { name: string; health: string }) => ({
      container: name,
      health,
    }),
    'resource.changed': ({ change }: { change: ResourceChange }) => ({
      resource: `${change.kind} ${change.name}`,
      status: change.status,
    }),
  }),
);

/** What tells the same that the record of another actor has: it is kept where it moves this one. */
const echoes = new Set(['container.changed', 'container.allow', 'resource.changed']);

/** Whether what an event tells is kept even where it moves nobody. */
export const isWorthTelling = (type: string): boolean => !echoes.has(type);

const done = 'xstate.done.actor.';
const failed = 'xstate.error.actor.';

/** What is kept of an event; null for nothing. */
export function toldBy(event: AnyEvent): FlightFacts | null {
  const { type } = event;
  if (type.startsWith(done)) {
    const { facts } = (event.output ?? {}) as { facts?: ContainerFacts };
    return facts ? seenOf(facts) : null;
  }
  if (type.startsWith(failed)) return { code: asFailure(event.error).code };
  return tellers.get(type)?.(event as never) ?? null;
}

const seenOf = ({ state, exitCode, outOfMemory, health }: ContainerFacts): FlightFacts => ({
  state,
  ...(exitCode !== null && { exitCode }),
  ...(outOfMemory && { outOfMemory }),
  ...(health !== 'UNKNOWN' && { health }),
});

/** The event's name in the record. */
export function nameOfEvent(type: string): string {
  if (type.startsWith(done)) return `done.${type.slice(done.length)}`;
  return type.startsWith(failed) ? `failed.${type.slice(failed.length)}` : type;
}

const wish = ({ container, condition }: Dependency): FlightValue => ({ container, condition });

/** What the session was told. Heartbeats are not kept: they come every minute and say nothing. */
function toldByAcs(message: InboundMessage): FlightFacts | null {
  const { kind } = message;
  switch (kind) {
    case 'heartbeat':
      return null;
    case 'payload': {
      const { messageId, seqNum, tasks, refused } = message.payload;
      return { kind, messageId, seqNum, tasks: tasks.length, refused: refused.length };
    }
    case 'manifest': {
      const { messageId, timeline, running } = message.manifest;
      return { kind, messageId, timeline, running: running.map(taskIdOf) };
    }
    case 'stopVerified':
      return { kind, messageId: message.messageId, tasks: message.taskArns.map(taskIdOf) };
    case 'credentials':
      return { kind, messageId: message.messageId, task: taskIdOf(message.taskArn) };
    case 'attachment':
      return { kind, of: message.attachment.of };
    case 'other':
      return { kind, is: message.is };
    default:
      return { kind };
  }
}

/** What a payload says of one task, for the record of that task. */
export interface ToldOfTask {
  actor: string;
  event: 'ecs.wants' | 'ecs.unreadable';
  told: FlightFacts;
}

/** What a payload says of each of its tasks. */
export const toldOfTasks = ({ messageId, seqNum, tasks, refused }: Payload): ToldOfTask[] => [
  ...tasks.map(({ plan, desired }: TaskArrival) => ({
    actor: taskActorId(plan.arn),
    event: 'ecs.wants' as const,
    told: {
      ...{ messageId, seqNum, arn: plan.arn, desired, family: plan.family, version: plan.version },
      containers: plan.containers.filter(({ internal }) => !internal).map(ofContainer),
    },
  })),
  ...refused.flatMap(({ arn }: RefusedTask) =>
    arn === null
      ? []
      : [
          {
            actor: taskActorId(arn),
            event: 'ecs.unreadable' as const,
            told: { messageId, seqNum, arn },
          },
        ],
  ),
];

function ofContainer(plan: ContainerPlan): FlightValue {
  const { name, image, essential, dependsOn, healthChecked, restartPolicy } = plan;
  return {
    ...{ name, image: imageName(image), essential },
    ...(dependsOn.length > 0 && { dependsOn: dependsOn.map(wish) }),
    ...(healthChecked && { healthChecked }),
    ...(restartPolicy !== null && { restarts: true }),
  };
}

/** An image reference, as far as it is one: what else is written in its place may be anything. */
const imageName = (image: string): string =>
  /^(?:[\w.-]+(?::\d+)?\/)?[\w.-]+(?:\/[\w.-]+)*(?::[\w.-]+)?(?:@sha\d+:[0-9a-f]+)?$/.test(image)
    ? image
    : '(no image reference)';

/** What ECS is about to be told, as the outbox of a task submits it. */
export const submitted = ({ status, reason, containers }: TaskReport): FlightFacts => ({
  status,
  ...(reason !== '' && { reason: nameIn(reason) }),
  containers: containers.map(({ name, status, exitCode, reason }) => ({
    ...{ name, status },
    ...(exitCode !== null && { exitCode }),
    ...(reason !== null && { reason: nameIn(reason) }),
  })),
});

/** Which actors belong to a container's task, by the id of one of them; '' for those of no task. */
export const taskIdIn = (actor: string): string => {
  const [kind, taskId = ''] = actor.split('/', 2);
  return ['task', 'container', 'resource', 'outbox'].includes(kind ?? '') ? taskId : '';
};
