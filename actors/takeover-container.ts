import { newContainer } from '../machines/container/decide.ts';
import type {
  ContainerContext,
  ContainerStatus,
  PullBehavior,
} from '../machines/container/model.ts';
import type { KnownContainer, TaskPlan } from '../machines/task/model.ts';
import type { FoundContainer, FoundTask } from '../transport/takeover/port.ts';
import { active, effectChild, type Persisted } from './restore.ts';

/**
 * How a task goes on that is taken over. `watched`: its containers are looked at, and it is as they
 * are. `stopping`: the same, and they are to stop. `queued`: nothing of it runs yet. `stopped`: only its
 * remains are left.
 */
export type Course = 'watched' | 'stopping' | 'queued' | 'stopped';

/** A task that is being taken over; times are epoch milliseconds. */
export interface Taking {
  task: FoundTask;
  course: Course;
  plan: TaskPlan;
  pullBehavior: PullBehavior;
  /** When it was last known to have changed. */
  at: number;
  now: number;
}

const isLive = ({ status, runtimeId }: FoundContainer): boolean =>
  status !== 'STOPPED' && (runtimeId !== null || status === 'RUNNING');

/** Whether it had been started, or never will be. */
export const isBegun = ({ status }: FoundContainer): boolean =>
  status === 'RUNNING' || status === 'STOPPED';

/**
 * What runs goes on. What has not begun is begun here, unless its task lacks something: then what runs
 * of it is stopped, as the rest could only be begun without that.
 */
export function courseOf({ containers, desired, lacks }: FoundTask): Course {
  const runs = containers.some(({ status }) => status === 'RUNNING');
  const mayBegin = desired === 'RUNNING' && lacks.length === 0;
  if (containers.every(isBegun)) {
    if (!runs) return 'stopped';
    return desired === 'STOPPED' ? 'stopping' : 'watched';
  }
  if (mayBegin) return runs ? 'watched' : 'queued';
  return containers.some(isLive) ? 'stopping' : 'stopped';
}

/** What has no container yet begins anew; of a task that has stopped, nothing does. */
export function statusIn({ course }: Taking, { status, runtimeId }: FoundContainer) {
  if (course === 'stopped') return 'STOPPED';
  const isThere = status === 'RUNNING' || status === 'STOPPED' || runtimeId !== null;
  return isThere ? status : 'NONE';
}

/** Whether the Engine is asked at once how it is. */
function looks(taking: Taking, found: FoundContainer): boolean {
  const status = statusIn(taking, found);
  return status === 'RUNNING' || (status === 'CREATED' && taking.course === 'stopping');
}

/** How far its task had let it go. */
export function toldIn(taking: Taking, found: FoundContainer): KnownContainer['told'] {
  if (statusIn(taking, found) === 'NONE') return 'nothing';
  return looks(taking, found) ? 'start' : 'create';
}

/** How far one had come that has ended; whether it ran is told by what it left. */
export function furthest({ exitCode, startedAt, runtimeId }: FoundContainer): ContainerStatus {
  if (exitCode !== null || startedAt !== null) return 'RUNNING';
  return runtimeId === null ? 'NONE' : 'CREATED';
}

/** What its actor would remember had it been this agent's all along. */
export function contextIn(taking: Taking, found: FoundContainer): ContainerContext {
  const { task, plan, pullBehavior, at } = taking;
  const { name, failure, exitCode, runtimeId, imageId, digest } = found;
  const planned = plan.containers.find((container) => container.name === name);
  const { restartPolicy = null, ecr = null } = planned ?? {};
  const needsRole = ecr?.useExecutionRole ?? false;
  const ended = statusIn(taking, found) === 'STOPPED';
  // Old files do not tell when a container that has ended was started.
  const startedAt = found.startedAt ?? (ended && exitCode !== null ? at : null);
  return {
    ...newContainer({ taskArn: plan.arn, name, pullBehavior, needsRole, restartPolicy, at }),
    ...{ runtimeId, imageId, digest, startedAt, exitCode },
    allowed: 'start',
    // One that was never started need not be any more.
    desired: looks(taking, found) && found.status === 'CREATED' ? 'STOPPED' : 'RUNNING',
    failure: failure && { code: 'UNKNOWN', ...failure, retry: false, at, roll: 0 },
    bindings: ended ? found.bindings : [],
    pullStartedAt: task.pullStartedAt,
    pullStoppedAt: task.pullStoppedAt,
    finishedAt: ended ? (task.executionStoppedAt ?? at) : null,
    restarts: found.restarts,
    lastRestartAt: found.lastRestartAt,
  };
}

/** Its actor, with the effect that runs as soon as it is restored. */
export function snapshotIn(taking: Taking, found: FoundContainer): Persisted {
  const context = contextIn(taking, found);
  const { taskArn, name } = context;
  if (looks(taking, found))
    return active({ starting: 'inspecting' }, context, {
      inspectStarted: effectChild('inspectContainer', { taskArn, name, since: taking.now }),
    });
  switch (statusIn(taking, found)) {
    case 'STOPPED':
      return active({ stopped: 'ended' }, context);
    case 'CREATED':
      // Whether it has run after all is looked at before it is started.
      return active({ preparing: 'awaitingStart' }, { ...context, allowed: 'create' });
    default:
      return active({ preparing: 'none' }, { ...context, allowed: 'resolve' });
  }
}
