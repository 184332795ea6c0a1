import type { Failure } from '../names/errors.ts';
import type { ContainerFacts } from './model.ts';

/** The call to the Engine or a registry in which something failed. */
export type FailedStep = 'resolve' | 'pull' | 'create' | 'start' | 'stop';

const stepNames: Record<FailedStep, string> = {
  resolve: 'CannotPullImageManifestError',
  pull: 'CannotPullContainerError',
  create: 'CannotCreateContainerError',
  start: 'CannotStartContainerError',
  stop: 'CannotStopContainerError',
};

const codeNames: Record<string, string> = {
  DOCKER_TIMEOUT: 'DockerTimeoutError',
  DOCKER_STALLED: 'DockerTimeoutError',
  DOCKER_BAD_CONFIG: 'DockerClientConfigError',
  DOCKER_BAD_HOST_CONFIG: 'HostConfigError',
  DOCKER_BAD_VERSION: 'CannotGetDockerClientVersionError',
  REGISTRY_ECR: 'CannotPullECRContainerError',
  REGISTRY_AUTH: 'CannotPullContainerAuthError',
};

/** What is put before a registry's words, for those who know the Amazon ECS console's. */
const advice: [RegExp, string][] = [
  [
    /denied: User: .+ is not authorized to perform: ecr:BatchGetImage on resource/,
    'Check that the role has the permissions to pull images from the registry. ',
  ],
  [/denied: requested access to the resource is denied/, 'Check whether the image exists. '],
  [/request canceled while waiting for connection/, 'Check your network configuration. '],
];

/** Gives a failure the error name under which Amazon ECS shows it. */
export function named(failure: Failure, step: FailedStep): Failure {
  const name = codeNames[failure.code] ?? stepNames[step];
  const isPull = name === stepNames.pull || name === codeNames.REGISTRY_ECR;
  const [, text] = (isPull && advice.find(([pattern]) => pattern.test(failure.message))) || [];
  const before = text ? `The task can’t pull the image. ${text}` : '';
  return { ...failure, name, message: before + failure.message };
}

/** What ECS is told of a failure: `<error name>: <text>`. */
export const reasonOf = (failure: Failure | null): string | null =>
  failure && `${failure.name}: ${failure.message}`;

/** A container whose dependencies can never be met; it counts as ended by SIGTERM. */
export const neverReady = (because: string, at: number): Failure => ({
  code: 'DEPENDENCY_IMPOSSIBLE',
  name: stepNames.start,
  message: because,
  retry: false,
  at,
  roll: 0,
});

/** The exit code that ECS shows of a container that a dependency kept from running. */
export const exitOfNeverReady = 143;

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

/** A container that runs on although the Engine says that it was stopped. */
export const stillRuns = (at: number): Failure => ({
  code: 'CONTAINER_STILL_RUNS',
  name: stepNames.stop,
  message: 'the container still runs after the Docker Engine stopped it',
  retry: false,
  at,
  roll: 0,
});
