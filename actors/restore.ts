import type { AnyStateMachine, StateValue } from 'xstate';
import { newAgent, taskInput } from '../machines/agent/decide.ts';
import type { AgentIdentity } from '../machines/agent/model.ts';
import { changeOf, newContainer } from '../machines/container/decide.ts';
import { containerMachine } from '../machines/container/machine.ts';
import type {
  ContainerContext,
  ContainerStatus,
  PullBehavior,
} from '../machines/container/model.ts';
import { containerActorId, outboxActorId, taskActorId } from '../machines/names/arn.ts';
import { reportMachine } from '../machines/report/machine.ts';
import { newOutbox } from '../machines/report/order.ts';
import { newTask, verdict, withChange } from '../machines/task/decide.ts';
import { taskMachine } from '../machines/task/machine.ts';
import type { TaskContext, TaskPlan } from '../machines/task/model.ts';
import type { Row } from '../persistence/store.ts';

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

interface Settings {
  pullBehavior: PullBehavior;
  now: number;
}

/** What the store held, sorted. */
export interface Saved {
  identity: AgentIdentity | null;
  plans: TaskPlan[];
  pulledImages: string[];
  /** Snapshots of actors by their id. */
  snapshots: Map<string, Persisted>;
}

/** Sorts the store's rows by the subject that their keys name. */
export function sortRows(rows: Row[]): Saved {
  const saved: Saved = { identity: null, plans: [], pulledImages: [], snapshots: new Map() };
  for (const { key, body } of rows) {
    const subject = key.split('/', 1)[0];
    if (subject === 'agent') saved.identity = body as AgentIdentity;
    else if (subject === 'plan') saved.plans.push(body as TaskPlan);
    else if (subject === 'image') saved.pulledImages.push(key.slice('image/'.length));
    else saved.snapshots.set(key, body as Persisted);
  }
  return saved;
}

/**
 * Composes the root's snapshot of the records of its tasks, containers and outboxes, because XState
 * restores only whole trees. Every task that has a plan comes back; a record of it that was lost, or
 * that names a state of no chart, is made anew from the others (`lost` tells which), so that one bad
 * record harms no other task.
 */
export function composeRoot(
  saved: Saved,
  settings: Settings & { cluster: string },
): { root: Persisted; lost: string[] } {
  const lost: string[] = [];
  const children: Record<string, Child> = {};
  for (const plan of saved.plans) {
    const outboxId = outboxActorId(plan.arn);
    const outbox = intact(saved.snapshots.get(outboxId), reportMachine);
    if (!outbox) lost.push(outboxId);
    children[outboxId] = child(
      'report',
      outboxId,
      outbox ?? active('idle', newOutbox({ taskArn: plan.arn, roll: 0 })),
    );
    const task = taskSnapshot(plan, saved, settings, lost);
    children[taskActorId(plan.arn)] = child('task', taskActorId(plan.arn), task);
  }
  // Of tasks that could not be understood: they have an outbox only.
  for (const [id, snapshot] of saved.snapshots)
    if (id.startsWith('outbox/') && !children[id] && intact(snapshot, reportMachine))
      children[id] = child('report', id, snapshot);
  const identity = {
    cluster: settings.cluster,
    containerInstanceArn: saved.identity?.containerInstanceArn ?? null,
  };
  const context = newAgent({ identity, pullBehavior: settings.pullBehavior });
  return { root: { status: 'active', value: 'idle', context, children, historyValue: {} }, lost };
}

const child = (src: string, id: string, snapshot: unknown): Child => ({
  snapshot,
  src,
  systemId: id,
  syncSnapshot: false,
});

/**
 * A task and its containers. Where the task's own record is lost, its containers look at the Engine
 * first and tell it anew how they are.
 */
function taskSnapshot(plan: TaskPlan, saved: Saved, settings: Settings, lost: string[]): Persisted {
  const id = taskActorId(plan.arn);
  const task = intact(saved.snapshots.get(id), taskMachine);
  if (!task) lost.push(id);
  let context = (task?.context as TaskContext | undefined) ?? newTaskOf(plan, settings);
  const children: Record<string, Child> = {};
  for (const { name, status } of Object.values(context.containers)) {
    const id = containerActorId(plan.arn, name);
    const saidLast = intact(saved.snapshots.get(id), containerMachine);
    if (!saidLast) lost.push(id);
    const known = saidLast ?? remadeContainer(plan, name, status, settings);
    const ended = known.value === 'stopped';
    const trusted = ended || (task && saidLast && !isStarting(known));
    children[id] = child('container', id, trusted ? known : lookingFirst(known));
    if (ended)
      context = withChange(context, changeOf(known.context as ContainerContext, 'STOPPED'));
  }
  if (task) return { ...task, children: { ...task.children, ...children } };
  return active(verdict(context) === 'stopped' ? 'stopped' : 'pending', context, children);
}

/** A record's snapshot if its machine knows the state it names. */
function intact(snapshot: Persisted | undefined, machine: AnyStateMachine): Persisted | undefined {
  try {
    if (snapshot?.status !== 'active') return undefined;
    machine.resolveState({ value: snapshot.value, context: snapshot.context });
    return snapshot;
  } catch {
    return undefined;
  }
}

const active = (
  value: StateValue,
  context: unknown,
  children: Record<string, Child> = {},
): Persisted => ({ status: 'active', value, context, children, historyValue: {} });

const isStarting = ({ value }: Persisted): boolean =>
  typeof value === 'object' && value.starting === 'calling';

/** A start that was asked for may have been done: the container looks before it asks again. */
function lookingFirst({ context }: Persisted): Persisted {
  const { taskArn, name } = context as ContainerContext;
  return active({ starting: 'inspecting' }, context, {
    inspectStarted: {
      snapshot: { status: 'active', input: { taskArn, name } },
      src: 'inspectContainer',
      syncSnapshot: false,
    },
  });
}

const newTaskOf = (plan: TaskPlan, { pullBehavior, now }: Settings): TaskContext =>
  newTask(taskInput({ plan, desired: 'RUNNING' }, { pullBehavior }, now));

function remadeContainer(
  plan: TaskPlan,
  name: string,
  status: ContainerStatus,
  { pullBehavior, now }: Settings,
): Persisted {
  const context = newContainer({ taskArn: plan.arn, name, pullBehavior, at: now });
  return active(status === 'STOPPED' ? 'stopped' : 'none', context);
}
