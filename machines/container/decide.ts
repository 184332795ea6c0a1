import type { Backoff } from '../names/backoff.ts';
import type { Failure } from '../names/errors.ts';
import type { ContainerInput } from './events.ts';
import type {
  ContainerChange,
  ContainerContext,
  ContainerFacts,
  ContainerStatus,
  PullBehavior,
} from './model.ts';
import { failureOfExit, reasonOf, vanished } from './reasons.ts';

/** How long to wait before the Engine is asked again after a failed stop or inspect. */
export const engineBackoff: Backoff = { firstMs: 1_000, maxMs: 5_000, factor: 1.3, jitter: 0.2 };

/** A container of which nothing has been done yet. */
export const newContainer = (input: ContainerInput): ContainerContext => ({
  taskArn: input.taskArn,
  name: input.name,
  desired: 'RUNNING',
  pullBehavior: input.pullBehavior,
  runtimeId: null,
  exitCode: null,
  diedWith: null,
  failure: null,
  bindings: [],
  pullStartedAt: null,
  pullStoppedAt: null,
  startedAt: null,
  finishedAt: null,
  knownAt: input.at,
  attempts: 0,
});

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

/** Takes over what an inspect said. Ports once seen stay: an exited container shows none. */
export function withFacts(
  context: ContainerContext,
  facts: ContainerFacts,
  at: number,
): ContainerContext {
  const exited = facts.state === 'exited';
  return {
    ...context,
    runtimeId: facts.runtimeId,
    bindings: context.bindings.length > 0 ? context.bindings : facts.bindings,
    startedAt: facts.startedAt ?? context.startedAt,
    finishedAt: exited ? (facts.finishedAt ?? at) : null,
    exitCode: exited ? (facts.exitCode ?? context.diedWith) : null,
    failure: context.failure ?? (exited ? failureOfExit(facts, at) : null),
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

/** What the task is told of a container that has reached `status`. */
export const changeOf = (context: ContainerContext, status: ContainerStatus): ContainerChange => ({
  name: context.name,
  status,
  at: context.knownAt,
  runtimeId: context.runtimeId,
  exitCode: context.exitCode,
  reason: reasonOf(context.failure),
  bindings: context.bindings,
  pullStartedAt: context.pullStartedAt,
  pullStoppedAt: context.pullStoppedAt,
});
