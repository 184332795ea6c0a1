import type { ContainerChange } from '../container/model.ts';
import type { TaskReport } from '../report/model.ts';
import type { TaskInput } from './events.ts';
import type { TaskContext, TaskPlan, TaskStatus } from './model.ts';

/** Why a task may not run here, in words for ECS and for people; null if it may. */
export function refusalOf(plan: TaskPlan): string | null {
  if (plan.unsupported.length === 0) return null;
  return `TaskNotSupportedError: this agent does not support ${plan.unsupported.join(', ')}`;
}

/** A task of which nothing has been done yet. A refused one has no containers to tell of. */
export function newTask(input: TaskInput): TaskContext {
  const containers = input.refusal === null ? input.containers : [];
  return {
    arn: input.arn,
    desired: input.refusal === null ? input.desired : 'STOPPED',
    reason: input.refusal ?? input.reason,
    containers: Object.fromEntries(
      containers.map(({ name, essential }) => [name, { ...untouched(name, input.at), essential }]),
    ),
    mayBeRunning: input.mayBeRunning,
    pullBehavior: input.pullBehavior,
    executionStoppedAt: null,
    knownAt: input.at,
  };
}

const untouched = (name: string, at: number): ContainerChange => ({
  name,
  status: 'NONE',
  at,
  runtimeId: null,
  exitCode: null,
  reason: null,
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
});

/** Takes over a container's change. The first essential container's end is the task's own. */
export function withChange(context: TaskContext, change: ContainerChange): TaskContext {
  const known = context.containers[change.name];
  if (!known) return context;
  const ended = known.essential && change.status === 'STOPPED';
  return {
    ...context,
    containers: { ...context.containers, [change.name]: { ...change, essential: known.essential } },
    executionStoppedAt: context.executionStoppedAt ?? (ended ? change.at : null),
    knownAt: change.at,
  };
}

/**
 * What becomes of a task whose containers are as `context` says: it is stopped when all are, must
 * stop when an essential one has, and runs when every one runs or has run.
 */
export function verdict(context: TaskContext): 'stopped' | 'stopping' | 'running' | 'pending' {
  const containers = Object.values(context.containers);
  if (containers.every(({ status }) => status === 'STOPPED')) return 'stopped';
  if (containers.some(({ essential, status }) => essential && status === 'STOPPED'))
    return 'stopping';
  if (containers.every(({ status }) => status === 'RUNNING' || status === 'STOPPED'))
    return 'running';
  return 'pending';
}

/** Whether ECS is ever told of a container in this status. */
export const isTold = ({ status }: ContainerChange): boolean =>
  status === 'RUNNING' || status === 'STOPPED';

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
    containers: containers
      .filter(isTold)
      .map(({ name, status, runtimeId, exitCode, reason, bindings }) => ({
        name,
        status,
        runtimeId,
        exitCode,
        reason,
        bindings,
      })),
    pullStartedAt: least(containers.map(({ pullStartedAt }) => pullStartedAt)),
    pullStoppedAt: latest(containers.map(({ pullStoppedAt }) => pullStoppedAt)),
    executionStoppedAt: status === 'STOPPED' ? context.executionStoppedAt : null,
  };
}
