import type { Backoff } from '../names/backoff.ts';
import type { Failure } from '../names/errors.ts';
import type { TaskPlan } from '../task/model.ts';
import type { ResourceChange, ResourceContext, ResourcePlan, ResourceStatus } from './model.ts';

/** Delays between tries to reach the Engine, or to remove what is still in use. */
export const resourceBackoff: Backoff = {
  firstMs: 1_000,
  maxMs: 30_000,
  factor: 2,
  jitter: 0.2,
};

/** How often a removal is tried before the resource is left behind. */
export const removalTries = 10;

export const isUnreachable = ({ code }: Failure): boolean => code === 'DOCKER_UNREACHABLE';

/** Whether a removal that failed was the last: an Engine out of reach is asked for ever. */
export const isTriedEnough = (context: ResourceContext, failure: Failure): boolean =>
  !isUnreachable(failure) && withTrouble(context, failure).attempts >= removalTries;

/** Counts a try that failed. What failed while the Engine could not be reached was no try. */
export function withTrouble(
  { attempts, trouble }: ResourceContext,
  failure: Failure,
): Pick<ResourceContext, 'attempts' | 'trouble'> {
  const isAnswered = trouble !== null && isUnreachable(trouble) && !isUnreachable(failure);
  return { attempts: isAnswered ? 1 : attempts + 1, trouble: failure };
}

/** The kernel lets go of a container's cgroup a moment after the container has ended. */
export const lingerMs = 1_000;

/** What a task needs before its images are pulled: its cgroup, and the volumes that are mounted. */
export function resourcesOf(
  { containers, volumes }: TaskPlan,
  { taskLimits }: { taskLimits: boolean },
): ResourcePlan[] {
  const mounted = new Set(
    containers.flatMap(({ mountPoints }) => mountPoints.map(({ volume }) => volume)),
  );
  return [
    ...(taskLimits ? [{ kind: 'cgroup' as const, name: 'cgroup' }] : []),
    ...volumes
      .filter(({ kind, name }) => kind === 'docker' && mounted.has(name))
      .map(({ name }) => ({ kind: 'volume' as const, name })),
  ];
}

/** What ECS is told of a resource that failed, in its own manner: blanks collapsed, a capital first. */
export function resourceReason({ kind }: ResourcePlan, { message }: Failure): string {
  if (kind === 'cgroup') return "CgroupError: Agent could not create task's platform resources";
  const text = message.replace(/\s+/g, ' ').trim();
  if (text === '') return "VolumeError: Agent could not create task's volume resources";
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const resourceChange = (
  context: ResourceContext,
  status: ResourceStatus,
): ResourceChange => ({
  kind: context.kind,
  name: context.name,
  status,
  reason: context.failure ? resourceReason(context, context.failure) : '',
  at: context.knownAt,
});
