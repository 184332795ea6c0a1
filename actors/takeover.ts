import type { AgentIdentity } from '../machines/agent/model.ts';
import { changeOf } from '../machines/container/decide.ts';
import {
  containerActorId,
  outboxActorId,
  resourceActorId,
  taskActorId,
} from '../machines/names/arn.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import { newOutbox, newsOf } from '../machines/report/order.ts';
import { resourcesOf } from '../machines/resource/decide.ts';
import type { ResourceContext, ResourcePlan } from '../machines/resource/model.ts';
import {
  newTask,
  reportOf,
  type TaskRules,
  taskInput,
  withChange,
} from '../machines/task/decide.ts';
import type { KnownContainer, TaskContext, TaskPlan } from '../machines/task/model.ts';
import type { Change } from '../persistence/store.ts';
import type { FoundContainer, FoundState, FoundTask } from '../transport/takeover/port.ts';
import { type Pulse, stamp } from './effect.ts';
import type { ImageRecord } from './images.ts';
import { planKey } from './plans.ts';
import { active, effectChild, type Persisted } from './restore.ts';
import {
  type Course,
  contextIn,
  courseOf,
  furthest,
  isBegun,
  snapshotIn,
  statusIn,
  type Taking,
  toldIn,
} from './takeover-container.ts';

/** What a take-over goes by. */
export type TakeoverPorts = Pulse & { rules: TaskRules };

/** What becomes of a task that is taken over. */
export interface TakenTask {
  found: FoundTask;
  course: Course;
  /** What the task is told to ECS to be, where it is not known there yet; null for nothing. */
  news: ReturnType<typeof newsOf>;
  records: Change[];
}

/** All records of an agent that takes the place of another one, as if they were its own. */
export function takeOver(
  state: FoundState,
  ports: TakeoverPorts,
): { tasks: TakenTask[]; records: Change[] } {
  const tasks = state.tasks.map((found) => takenTask(found, ports));
  const { cluster, containerInstanceArn, ec2InstanceId, manifestSequence } = state;
  const identity: AgentIdentity = {
    ...{ cluster, containerInstanceArn },
    ec2InstanceId: ec2InstanceId || null,
    manifestSeqNum: manifestSequence,
  };
  const images = state.images satisfies ImageRecord[];
  return {
    tasks,
    records: [
      { key: 'agent', body: identity },
      ...images.map((image) => ({ key: `image/${image.id}`, body: image })),
      ...tasks.flatMap(({ records }) => records),
    ],
  };
}

function takenTask(found: FoundTask, ports: TakeoverPorts): TakenTask {
  const task = new Taken(found, ports);
  return { found, course: task.course, news: task.news, records: task.records() };
}

/** One task, put together as it would be had it been this agent's all along. */
class Taken {
  readonly course: Course;
  readonly #found: FoundTask;
  readonly #plan: TaskPlan;
  readonly #ports: TakeoverPorts;
  readonly #at: number;
  readonly #taking: Taking;
  readonly #context: TaskContext;
  readonly #outbox: OutboxContext;

  constructor(found: FoundTask, ports: TakeoverPorts) {
    this.course = courseOf(found);
    this.#found = found;
    this.#ports = ports;
    this.#at = found.knownAt ?? ports.clock.now();
    // Containers that are there already can be watched whatever the task would need to begin.
    this.#plan = this.course === 'queued' ? found.plan : { ...found.plan, fault: null };
    this.#taking = {
      task: found,
      course: this.course,
      plan: this.#plan,
      pullBehavior: ports.rules.pullBehavior,
      at: this.#at,
      now: ports.clock.now(),
    };
    this.#outbox = this.#sent();
    this.#context = this.#known();
  }

  /** What ECS does not know yet; of what may be running the Engine is asked first. */
  get news(): ReturnType<typeof newsOf> {
    if (this.course !== 'stopped') return null;
    return newsOf(this.#outbox, reportOf(this.#context, 'STOPPED'));
  }

  records(): Change[] {
    const { arn } = this.#plan;
    const record = (key: string, body: Persisted): Change => ({ key, body });
    const resources = this.#context.resources.filter(({ status }) => status === 'CREATED');
    return [
      { key: planKey(arn), body: this.#plan },
      record(taskActorId(arn), this.#task()),
      ...this.#found.containers.map((container) =>
        record(containerActorId(arn, container.name), snapshotIn(this.#taking, container)),
      ),
      ...resources.map((resource) =>
        record(resourceActorId(arn, resource), this.#resource(resource)),
      ),
      ...(this.#context.settled ? [] : [record(outboxActorId(arn), this.#report())]),
    ];
  }

  #sent(): OutboxContext {
    const { sent: status, containers } = this.#found;
    const told = containers.flatMap(({ name, sent }) => (sent ? [[name, sent] as const] : []));
    const input = { taskArn: this.#plan.arn, roll: stamp(this.#ports).roll };
    return { ...newOutbox(input), sent: { status, containers: Object.fromEntries(told) } };
  }

  #known(): TaskContext {
    const { sent, lacks, executionStoppedAt } = this.#found;
    const { rules } = this.#ports;
    const desired = this.course === 'stopping' ? 'STOPPED' : this.#found.desired;
    const arrival = { plan: this.#plan, desired, roll: this.#outbox.roll } as const;
    const input = { ...taskInput(arrival, rules, this.#at), resources: this.#resources() };
    const wasRefused = lacks.length > 0 && this.#found.desired === 'RUNNING' && this.#cannotBegin;
    const begun = newTask({
      ...input,
      refusal: null,
      reason: wasRefused ? notSupported(lacks) : '',
    });
    const changed = this.#found.containers.reduce(
      (context, container) => this.#withContainer(context, container),
      { ...begun, executionStoppedAt },
    );
    const status = this.course === 'queued' ? 'NONE' : 'CREATED';
    return {
      ...changed,
      resources: changed.resources.map((one) => ({ ...one, status })),
      manifestTold: sent !== null,
      settled: sent === 'STOPPED',
      knownAt: this.#at,
    };
  }

  /** Whether something of it would have to be begun that cannot be. */
  get #cannotBegin(): boolean {
    return !this.#found.containers.every(isBegun);
  }

  #resources(): ResourcePlan[] {
    const { hasCgroup } = this.#found;
    const { taskLimits } = this.#ports.rules;
    return resourcesOf(this.#plan, {
      taskLimits: this.course === 'queued' ? taskLimits : hasCgroup,
    });
  }

  #withContainer(context: TaskContext, found: FoundContainer): TaskContext {
    const status = statusIn(this.#taking, found);
    const changed = withChange(context, changeOf(contextIn(this.#taking, found), status));
    const known = changed.containers[found.name];
    if (!known) return changed;
    const told = toldIn(this.#taking, found);
    const reached = status === 'STOPPED' ? furthest(found) : known.reached;
    const now: KnownContainer = { ...known, told, reached };
    return { ...changed, containers: { ...changed.containers, [found.name]: now } };
  }

  #task(): Persisted {
    switch (this.course) {
      case 'stopped': {
        const deadline = this.#at + this.#context.cleanupAfterMs;
        return active({ stopped: 'keeping' }, this.#context, {
          keep: effectChild('timer', { deadline }),
        });
      }
      case 'queued':
        return active('queued', this.#context);
      default:
        return active('pending', this.#context);
    }
  }

  /** Of a task that has stopped, only what its remains need is kept. */
  #resource({ kind, name }: ResourcePlan): Persisted {
    const key = { taskArn: this.#plan.arn, kind, name };
    const at = this.#at;
    const context: ResourceContext = {
      ...key,
      failure: null,
      attempts: 0,
      trouble: null,
      knownAt: at,
    };
    if (kind === 'volume' || this.course !== 'stopped') return active('created', context);
    return active({ removing: 'calling' }, context, {
      remove: effectChild('removeResource', { ...key, since: at }),
    });
  }

  /** An outbox with something to tell begins with that. */
  #report(): Persisted {
    const { news } = this;
    if (!news) return active('idle', this.#outbox);
    const context = { ...this.#outbox, queue: [news] };
    const { taskArn } = this.#outbox;
    return active('sending', context, { submit: effectChild('submit', { taskArn }) });
  }
}

const notSupported = (lacks: string[]): string =>
  `TaskNotSupportedError: this agent does not support ${lacks.join(', ')}`;
