import type { AnyStateMachine, StateValue } from 'xstate';
import { newAgent } from '../machines/agent/decide.ts';
import type { AgentInput } from '../machines/agent/events.ts';
import type { AgentIdentity } from '../machines/agent/model.ts';
import { changeOf, newContainer } from '../machines/container/decide.ts';
import { containerMachine } from '../machines/container/machine.ts';
import type { ContainerContext } from '../machines/container/model.ts';
import type { FaultRecord } from '../machines/fault/model.ts';
import {
  containerActorId,
  outboxActorId,
  resourceActorId,
  taskActorId,
} from '../machines/names/arn.ts';
import { reportMachine } from '../machines/report/machine.ts';
import { newOutbox } from '../machines/report/order.ts';
import { resourceMachine } from '../machines/resource/machine.ts';
import { newTask, reportOf, taskInput, verdict, withChange } from '../machines/task/decide.ts';
import { taskMachine } from '../machines/task/machine.ts';
import type { KnownContainer, TaskContext, TaskPlan, TaskStatus } from '../machines/task/model.ts';
import type { Row } from '../persistence/store.ts';
import type { ImageRecord } from './images.ts';

/** A snapshot as XState persists it: plain JSON. */
export interface Persisted {
  status: string;
  value: StateValue;
  context: unknown;
  children: Record<string, Child>;
  historyValue?: unknown;
}
interface Child {
  snapshot: unknown;
  src: string;
  systemId?: string;
  syncSnapshot: boolean;
}

/** What the store held, sorted. */
export interface Saved {
  identity: AgentIdentity | null;
  plans: TaskPlan[];
  images: ImageRecord[];
  /** What an earlier agent left in the network of its host. */
  faults: FaultRecord[];
  /** Snapshots of actors by their id. */
  snapshots: Map<string, Persisted>;
}

/** What a composition goes by besides the records: how a new agent would begin, and the time. */
type Beginning = AgentInput & { now: number };

/** Sorts the store's rows by the subject that their keys name. */
export function sortRows(rows: Row[]): Saved {
  const saved: Saved = { identity: null, plans: [], images: [], faults: [], snapshots: new Map() };
  for (const { key, body } of rows) {
    const subject = key.split('/', 1)[0];
    if (subject === 'agent') saved.identity = identityIn(body as AgentIdentity);
    else if (subject === 'plan') saved.plans.push(body as TaskPlan);
    else if (subject === 'image') saved.images.push(body as ImageRecord);
    else if (subject === 'fault') saved.faults.push(body as FaultRecord);
    else saved.snapshots.set(key, body as Persisted);
  }
  return saved;
}

/** Records of earlier versions of this agent do not know of EC2 instances. */
const identityIn = (body: Omit<AgentIdentity, 'ec2InstanceId'>): AgentIdentity => ({
  ec2InstanceId: null,
  ...body,
});

/**
 * Composes the root's snapshot of the records of its tasks, their containers and resources, and
 * outboxes, because XState restores only whole trees. Every task that has a plan comes back; a record
 * of it that was lost, or that names a state of no chart, is made anew from the others (`lost` tells
 * which), so that one bad record harms no other task.
 */
export function composeRoot(
  saved: Saved,
  beginning: Beginning,
): { root: Persisted; lost: string[] } {
  const lost: string[] = [];
  const children: Record<string, Child> = {};
  const composer = new Composer(saved, beginning, lost);
  const admission = structuredClone(beginning.admission);
  for (const plan of saved.plans) {
    const task = composer.task(plan);
    children[taskActorId(plan.arn)] = child('task', taskActorId(plan.arn), task);
    const outbox = composer.outbox(plan.arn, task);
    if (outbox)
      children[outboxActorId(plan.arn)] = child('report', outboxActorId(plan.arn), outbox);
    readmit(task, admission);
  }
  // Of tasks that could not be understood: they have an outbox only.
  for (const [id, snapshot] of saved.snapshots)
    if (id.startsWith('outbox/') && !children[id] && intact(snapshot, reportMachine))
      children[id] = child('report', id, snapshot);
  const identity = {
    ...beginning.identity,
    ...saved.identity,
    cluster: beginning.identity.cluster,
    // Where nobody tells at this start which EC2 instance this is, what was known stays known.
    ec2InstanceId: beginning.identity.ec2InstanceId ?? saved.identity?.ec2InstanceId ?? null,
  };
  admission.waiting.sort((one, other) => one.since - other.since);
  const context = newAgent({ ...beginning, identity, admission });
  return { root: { status: 'active', value: 'idle', context, children, historyValue: {} }, lost };
}

/** A task that waited for its host waits on; one that was let in and has not ended holds what it has. */
function readmit({ value, context }: Persisted, admission: AgentInput['admission']): void {
  const { arn: taskArn, needs, knownAt: since } = context as TaskContext;
  const top = topOf(value);
  if (top === 'queued') admission.waiting.push({ taskArn, needs, since, overtakenSince: null });
  else if (top === 'pending' || top === 'running' || top === 'stopping')
    admission.holders.push({ taskArn, needs });
}

const topOf = (value: StateValue): string =>
  typeof value === 'string' ? value : (Object.keys(value)[0] ?? '');

const child = (src: string, id: string, snapshot: unknown): Child => ({
  snapshot,
  src,
  systemId: id,
  syncSnapshot: false,
});

/** What ECS is to know of a task in these states; in all others it is told when the task moves on. */
const toldIn: Record<string, TaskStatus> = {
  running: 'RUNNING',
  stopped: 'STOPPED',
  cleaning: 'STOPPED',
};

/** Puts the parts of one task together, and tells of records that were lost. */
class Composer {
  readonly #saved: Saved;
  readonly #beginning: Beginning;
  readonly #lost: string[];

  constructor(saved: Saved, beginning: Beginning, lost: string[]) {
    this.#saved = saved;
    this.#beginning = beginning;
    this.#lost = lost;
  }

  /**
   * The outbox of a task; null where it has told all there is to tell. What ECS accepted is lost with
   * a record: the task's state is then told again, because it may be one that ECS does not know.
   */
  outbox(taskArn: string, { value, context }: Persisted): Persisted | null {
    const task = context as TaskContext;
    const kept = this.#find(outboxActorId(taskArn), reportMachine, { isMissed: !task.settled });
    if (kept || task.settled) return kept ?? null;
    const outbox = newOutbox({ taskArn, roll: 0 });
    const status = toldIn[topOf(value)];
    if (!status) return active('idle', outbox);
    return active(
      'sending',
      { ...outbox, queue: [reportOf(task, status)] },
      {
        submit: effectChild('submit', { taskArn }),
      },
    );
  }

  /**
   * A task with its containers and resources. Where the task's own record is lost, its containers
   * look at the Engine first and tell it anew how they are.
   */
  task(plan: TaskPlan): Persisted {
    const task = this.#find(taskActorId(plan.arn), taskMachine);
    let context = (task?.context as TaskContext | undefined) ?? this.#newTask(plan);
    const children: Record<string, Child> = {};
    for (const known of Object.values(context.containers)) {
      const id = containerActorId(plan.arn, known.name);
      const kept = this.#find(id, containerMachine);
      const container = kept ?? this.#newContainer(plan, known);
      const ended = topOf(container.value) === 'stopped';
      const trusted = ended || (task !== undefined && kept !== undefined);
      children[id] = child('container', id, trusted ? resumed(container) : looking(container));
      if (ended)
        context = withChange(context, changeOf(container.context as ContainerContext, 'STOPPED'));
    }
    Object.assign(children, this.#resources(plan, context, task));
    if (task) return { ...task, children: { ...task.children, ...children } };
    return active(
      verdict(context) === 'stopped' ? { stopped: 'settling' } : 'pending',
      context,
      children,
    );
  }

  /** Those of a task that was let in. For one that never was, be it stopped by now, none is made. */
  #resources(
    plan: TaskPlan,
    { resources }: TaskContext,
    task: Persisted | undefined,
  ): Record<string, Child> {
    const children: Record<string, Child> = {};
    for (const { kind, name, status } of resources) {
      const id = resourceActorId(plan.arn, { kind, name });
      const isBegun = task === undefined || topOf(task.value) === 'pending';
      const isMade = status === 'NONE' ? isBegun : status !== 'REMOVED';
      const kept = this.#find(id, resourceMachine, { isMissed: isMade });
      if (!kept && !isMade) continue;
      const key = { taskArn: plan.arn, kind, name };
      children[id] = child('resource', id, kept ?? this.#newResource(key));
    }
    return children;
  }

  /** A record's snapshot if its machine knows the state it names; one that is missed is told of. */
  #find(
    id: string,
    machine: AnyStateMachine,
    { isMissed } = { isMissed: true },
  ): Persisted | undefined {
    const kept = intact(this.#saved.snapshots.get(id), machine);
    if (!kept && isMissed) this.#lost.push(id);
    return kept;
  }

  #newTask(plan: TaskPlan): TaskContext {
    const { rules, now } = this.#beginning;
    return newTask(taskInput({ plan, desired: 'RUNNING', roll: 0 }, rules, now));
  }

  #newContainer({ arn }: TaskPlan, known: KnownContainer): Persisted {
    const { name, needsRole, restartPolicy, status } = known;
    const { pullBehavior } = this.#beginning.rules;
    const at = this.#beginning.now;
    const input = { taskArn: arn, name, pullBehavior, needsRole, restartPolicy, at };
    const value = status === 'STOPPED' ? { stopped: 'ended' } : { preparing: 'none' };
    return active(value, newContainer(input));
  }

  /** Making it again finds it made. */
  #newResource(key: { taskArn: string; kind: 'cgroup' | 'volume'; name: string }): Persisted {
    const knownAt = this.#beginning.now;
    const context = { ...key, failure: null, attempts: 0, trouble: null, knownAt };
    return active({ creating: 'calling' }, context, {
      create: effectChild('createResource', { ...key, since: knownAt }),
    });
  }
}

function intact(snapshot: Persisted | undefined, machine: AnyStateMachine): Persisted | undefined {
  try {
    if (snapshot?.status !== 'active') return undefined;
    machine.resolveState({ value: snapshot.value, context: snapshot.context });
    return snapshot;
  } catch {
    return undefined;
  }
}

/** A snapshot of an actor that lives. */
export const active = (
  value: StateValue,
  context: unknown,
  children: Record<string, Child> = {},
): Persisted => ({ status: 'active', value, context, children, historyValue: {} });

/** An effect that runs anew as soon as its actor is restored. */
export const effectChild = (src: string, input: object): Child => ({
  snapshot: { status: 'active', input },
  src,
  syncSnapshot: false,
});

/** A start that was asked for may have been done: the container looks before it asks again. */
function resumed(container: Persisted): Persisted {
  const { value } = container;
  if (typeof value !== 'object') return container;
  if (value.starting === 'calling') return looking(container);
  if (value.restarting !== 'calling') return container;
  return lookingFrom('restarting', 'inspectRestarted', container);
}

const looking = (container: Persisted): Persisted =>
  lookingFrom('starting', 'inspectStarted', container);

function lookingFrom(state: string, id: string, { context }: Persisted): Persisted {
  const { taskArn, name, begunAt: since } = context as ContainerContext;
  return active({ [state]: 'inspecting' }, context, {
    [id]: effectChild('inspectContainer', { taskArn, name, since }),
  });
}
