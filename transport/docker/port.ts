import type { ContainerFacts, ContainerPlan } from '../../machines/container/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { TaskPlan } from '../../machines/task/model.ts';

/** What the Engine says of itself. `apiVersion` and `minApiVersion` are texts such as `1.41`. */
export interface EngineVersion {
  version: string;
  apiVersion: string;
  minApiVersion: string;
}

/** Names a container before its runtime id is known: its Docker name follows from these. */
export interface ContainerRef {
  task: TaskPlan;
  container: ContainerPlan;
}

/** Everything that makes one container of a task. */
export interface CreateRequest extends ContainerRef {
  /** The container instance that the container is made for, to tell it from another agent's. */
  containerInstanceArn: string;
}

/** A container as a list shows it: enough to know whose it is. */
export interface ListedContainer {
  runtimeId: string;
  taskArn: string;
  name: string;
  running: boolean;
}

/** A hint from the Engine's event stream: this container of ours may have changed. */
export interface EngineEvent {
  action: 'start' | 'die' | 'destroy';
  runtimeId: string;
  taskArn: string;
  name: string;
  /** Of a `die` event. */
  exitCode: number | null;
}

/**
 * The Docker Engine, in the agent's own terms. Every call may be made twice, every call has a
 * deadline of its own and ends early when `signal` aborts. All reject with {@link DockerError}.
 */
export interface DockerPort {
  version(signal?: AbortSignal): Promise<EngineVersion>;
  /** Whether the image is in the Engine's own store. */
  hasImage(image: string, signal?: AbortSignal): Promise<boolean>;
  pull(image: string, signal?: AbortSignal): Promise<void>;
  /** Creates the container; one that has its name already is adopted. Answers its runtime id. */
  create(request: CreateRequest, signal?: AbortSignal): Promise<string>;
  /** Starts a created container; one that runs already is left alone. */
  start(ref: ContainerRef, signal?: AbortSignal): Promise<void>;
  /** SIGTERM, and SIGKILL after `graceS` seconds; one that does not run is left alone. */
  stop(ref: ContainerRef, graceS: number, signal?: AbortSignal): Promise<void>;
  inspect(ref: ContainerRef, signal?: AbortSignal): Promise<ContainerFacts>;
  /** Removes a container and its anonymous volumes; one that is gone is left alone. */
  remove(runtimeId: string, signal?: AbortSignal): Promise<void>;
  /** All containers of this agent's cluster, running or not. */
  list(signal?: AbortSignal): Promise<ListedContainer[]>;
  /**
   * Follows the Engine's events. Calls `opened` when the stream stands, then `event` for each event
   * of a container of this cluster; settles only by rejecting, when the stream ends.
   */
  watch(
    on: { opened: () => void; event: (event: EngineEvent) => void },
    signal: AbortSignal,
  ): Promise<never>;
}

/** Stable codes of what can go wrong between the agent and the Engine. */
export type DockerErrorCode =
  | 'DOCKER_UNREACHABLE' // no connection, or it broke
  | 'DOCKER_TIMEOUT' // our own deadline passed
  | 'DOCKER_NOT_FOUND' // no such container or image
  | 'DOCKER_REFUSED' // the Engine answered with an error
  | 'DOCKER_BAD_CONFIG' // a dockerConfig text cannot be decoded
  | 'DOCKER_BAD_HOST_CONFIG' // a hostConfig text cannot be decoded, or no host port is free
  | 'DOCKER_ABORTED'; // the caller lost interest

/** Raised by every call of {@link DockerPort}. `status` is the HTTP status where there was one. */
export class DockerError extends AgentError {
  readonly status: number | undefined;

  constructor(
    code: DockerErrorCode,
    message: string,
    options: { status?: number | undefined; cause?: unknown } = {},
  ) {
    super(code, message, {
      retry: code === 'DOCKER_UNREACHABLE' || code === 'DOCKER_TIMEOUT',
      cause: options.cause,
    });
    this.status = options.status;
  }
}
