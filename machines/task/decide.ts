import { needsOf } from '../admission/decide.ts';
import type { ContainerChange, Health } from '../container/model.ts';
import { isResolvable } from '../dependency/graph.ts';
import { stampOf } from '../names/effects.ts';
import type { ContainerReport, TaskReport } from '../report/model.ts';
import { resourcesOf } from '../resource/decide.ts';
import type { ResourceChange, ResourcePlan } from '../resource/model.ts';
import type { TaskInput } from './events.ts';
import type { KnownContainer, TaskArrival, TaskContext, TaskPlan, TaskStatus } from './model.ts';

/** What of the agent's configuration a task goes by; times in ms. */
export interface TaskRules {
  pullBehavior: TaskContext['pullBehavior'];
  pullUpfront: boolean;
  /** Whether tasks get a cgroup of their own, with their limits. */
  taskLimits: boolean;
  cleanupWaitMs: number;
  /** Most that chance adds to it. */
  cleanupJitterMs: number;
}

/** Why a task may not run here, in words for ECS and for people; null if it may. */
export function refusalOf(plan: TaskPlan, { taskLimits }: TaskRules): string | null {
  if (plan.unsupported.length > 0)
    return `TaskNotSupportedError: this agent does not support ${plan.unsupported.join(', ')}`;
  const fault = plan.fault ?? (taskLimits ? limitFault(plan) : null);
  if (fault !== null) return `resource cannot be initialized for task ${plan.arn}: ${fault}`;
  if (isResolvable(plan.containers)) return null;
  return `Task dependencies cannot be resolved, taskArn: ${plan.arn}`;
}

/** A container may not have more memory than its task. */
function limitFault({ memoryMiB, containers }: TaskPlan): string | null {
  const most = Math.max(0, ...containers.map((container) => container.memoryMiB));
  if (!memoryMiB || most <= memoryMiB) return null;
  const why = `container memory limit(${most}) greater than task memory limit(${memoryMiB})`;
  return `cgroup resource: unable to build resource spec for task: task memory spec builder: ${why}`;
}

/** How a task's actor begins. */
export function taskInput(
  { plan, desired, roll }: TaskArrival,
  rules: TaskRules,
  at: number,
): TaskInput {
  return {
    arn: plan.arn,
    desired,
    refusal: refusalOf(plan, rules),
    reason: '',
    containers: plan.containers.map((container) => ({
      name: container.name,
      image: container.image,
      essential: container.essential,
      internal: container.internal,
      dependsOn: container.dependsOn,
      startTimeoutS: container.startTimeoutS,
      healthChecked: container.healthChecked,
      restartPolicy: container.restartPolicy,
      needsRole: container.ecr?.useExecutionRole ?? false,
    })),
    resources: resourcesOf(plan, rules),
    needs: needsOf(plan),
    begins: 'fresh',
    pullBehavior: rules.pullBehavior,
    pullUpfront: rules.pullUpfront,
    cleanupAfterMs: rules.cleanupWaitMs + Math.round(roll * rules.cleanupJitterMs),
    at,
  };
}

/** A task of which nothing has been done yet. A refused one has no containers to tell of. */
export function newTask(input: TaskInput): TaskContext {
  const containers = input.refusal === null ? input.containers : [];
  return {
    arn: input.arn,
    desired: input.refusal === null ? input.desired : 'STOPPED',
    reason: input.refusal ?? input.reason,
    containers: Object.fromEntries(
      containers.map((planned) => [planned.name, untouched(planned, input)]),
    ),
    resources: input.refusal === null ? input.resources.map(unmade) : [],
    needs: input.needs,
    begins: input.begins,
    pullBehavior: input.pullBehavior,
    pullUpfront: input.pullUpfront,
    cleanupAfterMs: input.cleanupAfterMs,
    manifestTold: false,
    settled: false,
    executionStoppedAt: null,
    knownAt: input.at,
    attempts: 0,
  };
}

const unmade = (resource: TaskInput['resources'][number]) => ({
  ...resource,
  status: 'NONE' as const,
});

const untouched = (
  planned: TaskInput['containers'][number],
  { at, begins }: TaskInput,
): KnownContainer => ({
  ...planned,
  status: 'NONE',
  reached: 'NONE',
  desired: 'RUNNING',
  told: begins === 'adopted' ? 'start' : 'nothing',
  held: '',
  at,
  runtimeId: null,
  exitCode: null,
  reason: null,
  fatal: false,
  digest: null,
  digestResolved: false,
  bindings: [],
  health: 'UNKNOWN',
  startedAt: null,
  pullStartedAt: null,
  pullStoppedAt: null,
});

/** Takes over a container's change. The first essential container's end is the task's own. */
export function withChange(context: TaskContext, change: ContainerChange): TaskContext {
  const known = context.containers[change.name];
  if (!known) return context;
  const stopped = change.status === 'STOPPED';
  const reached = stopped ? known.reached : change.status;
  const ended = known.essential && stopped;
  return {
    ...context,
    containers: { ...context.containers, [change.name]: { ...known, ...change, reached } },
    executionStoppedAt: context.executionStoppedAt ?? (ended ? change.at : null),
    knownAt: change.at,
  };
}

/** Takes over what a container's health check says. */
export function withHealth(
  context: TaskContext,
  { name, health, at }: { name: string; health: Health; at: number },
): TaskContext {
  const known = context.containers[name];
  if (!known) return context;
  const containers = { ...context.containers, [name]: { ...known, health } };
  return { ...context, containers, knownAt: at };
}

/** Takes over a resource's change; the first that fails gives the task its reason. */
export const withResource = (context: TaskContext, change: ResourceChange): TaskContext => ({
  ...context,
  resources: context.resources.map((known) =>
    known.kind === change.kind && known.name === change.name
      ? { ...known, status: change.status }
      : known,
  ),
  reason: context.reason || (change.status === 'FAILED' ? change.reason : ''),
  knownAt: change.at,
});

/**
 * What becomes of a task whose containers are as `context` says: it is stopped when all are, must
 * stop when an essential one has or one has failed it, and runs when every one runs or has run.
 */
export function verdict(context: TaskContext): 'stopped' | 'stopping' | 'running' | 'pending' {
  const containers = Object.values(context.containers);
  if (containers.every(({ status }) => status === 'STOPPED')) return 'stopped';
  const ends = ({ essential, fatal, status }: KnownContainer) =>
    status === 'STOPPED' && (essential || fatal);
  if (containers.some(ends) || context.resources.some(({ status }) => status === 'FAILED'))
    return 'stopping';
  if (containers.every(({ status }) => status === 'RUNNING' || status === 'STOPPED'))
    return 'running';
  return 'pending';
}

/** A resource that was never made is gone already. */
export const withoutResource = (
  { resources }: TaskContext,
  { kind, name }: ResourcePlan,
): Pick<TaskContext, 'resources'> => ({
  resources: resources.map((known) =>
    known.kind === kind && known.name === name ? { ...known, status: 'REMOVED' } : known,
  ),
});

/** Whether a container's change takes the task to a status of which ECS is told at once. */
export function movesTask(context: TaskContext, change: ContainerChange): boolean {
  const after = withChange(context, change);
  if (change.status === 'MANIFEST_PULLED') return manifestIsDue(after);
  const next = verdict(after);
  return next !== verdict(context) && (next === 'running' || next === 'stopped');
}

/** When an event happened; one without a time happened when the task last changed. */
export const timeOf = (event: object, { knownAt }: TaskContext): number =>
  stampOf(event).at || knownAt;

/** How long the remains of a task wait for ECS to know of its end: three days. */
export const settleWithinMs = 72 * 3_600_000;

/** Whether ECS is to be told of the digests of a task's images: all are settled, and some found out. */
export function manifestIsDue({ manifestTold, containers }: TaskContext): boolean {
  const all = Object.values(containers);
  return (
    !manifestTold &&
    all.every(({ status }) => status !== 'NONE') &&
    all.some(({ digestResolved, status }) => digestResolved && status !== 'STOPPED')
  );
}

/** A container's status as ECS is told of it; null while there is nothing to tell. */
export function toldStatus({
  status,
  digestResolved,
}: Pick<ContainerChange, 'status' | 'digestResolved'>): ContainerReport['status'] | null {
  if (status === 'RUNNING' || status === 'STOPPED') return status;
  return status !== 'NONE' && digestResolved ? 'MANIFEST_PULLED' : null;
}

/** Whether a container's change is one that ECS is told of, be it alone. */
export function isTold({ containers }: TaskContext, change: ContainerChange): boolean {
  const { name, status } = change;
  if (containers[name]?.internal) return false;
  return status !== 'PULLED' && status !== 'CREATED' && toldStatus(change) !== null;
}

const least = (times: (number | null)[]) => pick(times, Math.min);
const latest = (times: (number | null)[]) => pick(times, Math.max);
const pick = (times: (number | null)[], by: (...times: number[]) => number): number | null => {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? by(...known) : null;
};

/** The task's state as ECS is told of it (SubmitTaskStateChange of the Amazon ECS API). */
export function reportOf(context: TaskContext, status: TaskStatus): TaskReport {
  const containers = Object.values(context.containers);
  return {
    taskArn: context.arn,
    status,
    reason: context.reason,
    containers: containers.flatMap(reportOfContainer),
    pullStartedAt: least(containers.map(({ pullStartedAt }) => pullStartedAt)),
    pullStoppedAt: latest(containers.map(({ pullStoppedAt }) => pullStoppedAt)),
    executionStoppedAt: status === 'STOPPED' ? context.executionStoppedAt : null,
  };
}

function reportOfContainer(known: KnownContainer): ContainerReport[] {
  const status = toldStatus(known);
  if (status === null || known.internal) return [];
  const { name, runtimeId, exitCode, reason, digest, bindings } = known;
  return [{ name, status, runtimeId, exitCode, reason, digest, bindings }];
}
