import type { Failure } from '../names/errors.ts';
import type { ContainerFacts } from './model.ts';

/** The step of a container's life in which something failed. */
export type Step = 'pull' | 'create' | 'start';

const stepNames: Record<Step, string> = {
  pull: 'CannotPullContainerError',
  create: 'CannotCreateContainerError',
  start: 'CannotStartContainerError',
};

const codeNames: Record<string, string> = {
  DOCKER_TIMEOUT: 'DockerTimeoutError',
  DOCKER_BAD_CONFIG: 'DockerClientConfigError',
  DOCKER_BAD_HOST_CONFIG: 'HostConfigError',
};

/** Gives a failure the error name under which Amazon ECS shows it. */
export const named = (failure: Failure, step: Step): Failure => ({
  ...failure,
  name: codeNames[failure.code] ?? stepNames[step],
});

/** What ECS is told of a failure: `<error name>: <text>`. */
export const reasonOf = (failure: Failure | null): string | null =>
  failure && `${failure.name}: ${failure.message}`;

/** The failure that an exited container's own facts tell of, or null. Memory comes first. */
export function failureOfExit(facts: ContainerFacts, at: number): Failure | null {
  const base = { retry: false, at, roll: 0 };
  if (facts.outOfMemory)
    return {
      ...base,
      code: 'OUT_OF_MEMORY',
      name: 'OutOfMemoryError',
      message: 'Container killed due to memory usage',
    };
  if (facts.error)
    return { ...base, code: 'DOCKER_STATE', name: 'DockerStateError', message: facts.error };
  return null;
}

/** A container that is gone from the Engine although nobody saw it end. */
export const vanished = (at: number): Failure => ({
  code: 'CONTAINER_VANISHED',
  name: 'ContainerVanishedError',
  message: 'No container matching saved ID found',
  retry: false,
  at,
  roll: 0,
});
