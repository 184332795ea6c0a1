import type { Backoff } from '../names/backoff.ts';
import type { Failure } from '../names/errors.ts';
import type { ContainerInput } from './events.ts';
import type {
  ContainerChange,
  ContainerContext,
  ContainerFacts,
  ContainerStatus,
  PullBehavior,
  Step,
} from './model.ts';
import { exitOfNeverReady, failureOfExit, neverReady, reasonOf, vanished } from './reasons.ts';

/** How long to wait before the Engine is asked again after a failed call. */
export const engineBackoff: Backoff = { firstMs: 1_000, maxMs: 5_000, factor: 1.3, jitter: 0.2 };

/** How often a step that a registry answers is tried, how long in all, and the delays between. */
export const resolving = {
  tries: 9,
  withinMs: 60_000,
  backoff: { firstMs: 10, maxMs: 5_000, factor: 3, jitter: 0.2 },
} as const;
export const pulling = {
  tries: 5,
  withinMs: 7_200_000,
  /** The time for all of a pull is over: another try would have none left. */
  lastCode: 'DOCKER_TIMEOUT',
  backoff: { firstMs: 1_100, maxMs: 5_000, factor: 2, jitter: 0.2 },
} as const;

/** How long a step is tried again while the Engine cannot be reached. */
export const engineAwayMs = 240_000;

/** How often a container is told to stop before it is asked whether the Engine lives at all. */
export const stopTries = 5;

/** Registries that gave no credentials give none again, and an image keeps its digests. */
const isFinal = ({ code }: Failure): boolean =>
  code.startsWith('REGISTRY_') || code === 'IMAGE_DIGEST_UNKNOWN';

/** An Engine that cannot be reached has said nothing about what was asked of it. */
export const isAway = (failure: Failure | null): boolean => failure?.code === 'DOCKER_UNREACHABLE';

/** How often in a row a step has failed in this manner: answered so, or not reached at all. */
export const failedBefore = (
  { attempts, trouble }: Pick<ContainerContext, 'attempts' | 'trouble'>,
  failure: Failure | null,
): number => (isAway(trouble) === isAway(failure) ? attempts : 0);

/** Whether a step that failed may be tried again. */
export const mayTryAgain = (
  rule: { tries: number; withinMs: number; lastCode?: string },
  context: ContainerContext,
  failure: Failure,
): boolean => {
  const forMs = failure.at - context.begunAt;
  if (isAway(failure)) return forMs < engineAwayMs;
  if (isFinal(failure) || failure.code === rule.lastCode) return false;
  return failedBefore(context, failure) + 1 < rule.tries && forMs < rule.withinMs;
};

/** A container of which nothing has been done yet. */
export const newContainer = (input: ContainerInput): ContainerContext => ({
  taskArn: input.taskArn,
  name: input.name,
  desired: 'RUNNING',
  pullBehavior: input.pullBehavior,
  allowed: 'resolve',
  hold: null,
  needsRole: input.needsRole,
  restartPolicy: input.restartPolicy,
  digest: null,
  digestResolved: false,
  mustPull: false,
  runtimeId: null,
  imageId: null,
  createdAt: null,
  exitCode: null,
  diedWith: null,
  failure: null,
  fatal: false,
  health: 'UNKNOWN',
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  startedAt: null,
  finishedAt: null,
  restarts: 0,
  lastRestartAt: null,
  knownAt: input.at,
  attempts: 0,
  begunAt: input.at,
  trouble: null,
});

const steps: Step[] = ['resolve', 'pull', 'create', 'start'];

/** Whether `upTo` lets a container take this step. */
export const isAsFar = (upTo: Step, step: Step): boolean =>
  steps.indexOf(step) <= steps.indexOf(upTo);

/** Whether a container's task lets it take this step. */
export const mayGo = ({ allowed }: ContainerContext, step: Step): boolean => isAsFar(allowed, step);

/**
 * Whether a container that has ended is started again, by its restart policy (`restartPolicy` of a
 * task definition): not if it was to stop, if its exit code is ignored or not known, or if it ran
 * for less than the period of attempts.
 */
export function mayRestart(context: ContainerContext, facts: ContainerFacts, at: number): boolean {
  const { restartPolicy: policy, desired, lastRestartAt, startedAt, diedWith } = context;
  const exitCode = facts.exitCode ?? diedWith;
  if (!policy || desired === 'STOPPED' || facts.state !== 'exited' || exitCode === null)
    return false;
  if (policy.ignoredExitCodes.includes(exitCode)) return false;
  const ranSince = lastRestartAt ?? startedAt ?? facts.startedAt ?? at;
  return at - ranSince >= policy.attemptPeriodS * 1_000;
}

/** Whether a restart that was asked for has not taken place: its process is still the one before. */
export const restartIsDue = ({ lastRestartAt }: ContainerContext, facts: ContainerFacts): boolean =>
  facts.state === 'exited' && (facts.startedAt ?? 0) < (lastRestartAt ?? 0);

/**
 * Whether the image must be pulled, by the pull behaviour of the Amazon ECS agent configuration:
 * `once` trusts an image that this agent has pulled before, `prefer-cached` any that is there.
 */
export function mustPull(
  behavior: PullBehavior,
  image: { isThere: boolean; pulledBefore: boolean },
): boolean {
  switch (behavior) {
    case 'default':
    case 'always':
      return true;
    case 'once':
      return !(image.isThere && image.pulledBefore);
    case 'prefer-cached':
      return !image.isThere;
  }
}

/** Whether an image already in the Engine's store may serve after a failed pull. */
export const cachedImageMayServe = (behavior: PullBehavior): boolean =>
  behavior === 'default' || behavior === 'prefer-cached';

/**
 * Takes over what an inspect said. Ports once seen stay: an exited container shows none. An end after
 * which it is started again is no failure.
 */
export function withFacts(
  context: ContainerContext,
  facts: ContainerFacts,
  at: number,
): ContainerContext {
  const exited = facts.state === 'exited';
  const failed = exited && !mayRestart(context, facts, at);
  return {
    ...context,
    runtimeId: facts.runtimeId,
    imageId: facts.imageId,
    createdAt: facts.createdAt,
    bindings: context.bindings.length > 0 ? context.bindings : facts.bindings,
    health: facts.health,
    startedAt: context.startedAt ?? facts.startedAt,
    finishedAt: exited ? (facts.finishedAt ?? at) : null,
    exitCode: exited ? (facts.exitCode ?? context.diedWith) : null,
    failure: context.failure ?? (failed ? failureOfExit(facts, at) : null),
    attempts: 0,
  };
}

/**
 * A container that is gone: an exit code that a `die` event told is all that is known of its end. It
 * is a failure only if nobody wanted it stopped and nobody saw it end.
 */
export const withoutTrace = (context: ContainerContext, at: number): ContainerContext => ({
  ...context,
  exitCode: context.diedWith,
  finishedAt: at,
  failure:
    context.failure ??
    (context.diedWith === null && context.desired === 'RUNNING' ? vanished(at) : null),
});

/** Keeps the first failure of a container: that is the one ECS shows. */
export const withFailure = (context: ContainerContext, failure: Failure): ContainerContext => ({
  ...context,
  failure: context.failure ?? failure,
});

/** A container that a dependency keeps from ever running. */
export const withoutDependency = (
  context: ContainerContext,
  because: string,
  at: number,
): ContainerContext => ({
  ...context,
  desired: 'STOPPED',
  exitCode: exitOfNeverReady,
  failure: context.failure ?? neverReady(because, at),
});

/** What the task is told of a container that has reached `status`. */
export const changeOf = (context: ContainerContext, status: ContainerStatus): ContainerChange => ({
  name: context.name,
  status,
  at: context.knownAt,
  runtimeId: context.runtimeId,
  exitCode: context.exitCode,
  reason: reasonOf(context.failure),
  fatal: context.fatal,
  digest: context.digest,
  digestResolved: context.digestResolved,
  bindings: context.bindings,
  health: context.health,
  startedAt: context.startedAt,
  pullStartedAt: context.pullStartedAt,
  pullStoppedAt: context.pullStoppedAt,
});
