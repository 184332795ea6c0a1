import type { Failure } from '../names/errors.ts';

/**
 * How far a container has come. `NONE` to `RUNNING` are steps, `STOPPED` is the end whatever the
 * step it was reached from.
 */
export type ContainerStatus = 'NONE' | 'PULLED' | 'CREATED' | 'RUNNING' | 'STOPPED';

/** When an image is pulled, and whether a failed pull ends the task (`ECS_IMAGE_PULL_BEHAVIOR`). */
export type PullBehavior = 'default' | 'always' | 'once' | 'prefer-cached';

export type Protocol = 'tcp' | 'udp';

/** One port mapping of a task definition; a range holds its first and last port. */
export type PortMapping =
  | { kind: 'single'; containerPort: number; hostPort: number | null; protocol: Protocol }
  | { kind: 'range'; from: number; to: number; protocol: Protocol };

/** What never changes about a container: its part of the payload, translated from the wire. */
export interface ContainerPlan {
  name: string;
  /** The image reference as the task definition gives it. */
  image: string;
  essential: boolean;
  /** CPU shares as the payload gives them, 1024 to a vCPU; 0 where none are asked for. */
  cpu: number;
  /** Hard memory limit in MiB; 0 where there is none. */
  memoryMiB: number;
  /** Replaces the image's command; container overrides are already applied. */
  command: string[] | null;
  entryPoint: string[] | null;
  environment: Record<string, string>;
  portMappings: PortMapping[];
  /** Seconds between SIGTERM and SIGKILL; null means the agent's own default. */
  stopTimeoutS: number | null;
  /** JSON texts in Docker Engine field names, laid over what the agent computes; '' for none. */
  dockerConfig: string;
  dockerHostConfig: string;
  /** Random id under which the metadata endpoints know this container (a UUID). */
  metadataId: string;
}

/** One published port as ECS is told of it (`networkBindings`); ranges are texts such as `8000-8010`. */
export type NetworkBinding =
  | { bindIP: string; protocol: Protocol; containerPort: number; hostPort: number }
  | { bindIP: string; protocol: Protocol; containerPortRange: string; hostPortRange: string };

/**
 * What an inspect of the Engine says about a container. All times are epoch milliseconds.
 * `exitCode` and `finishedAt` are null while it runs or if it never ran.
 */
export interface ContainerFacts {
  runtimeId: string;
  state: 'created' | 'running' | 'exited';
  exitCode: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  bindings: NetworkBinding[];
  outOfMemory: boolean;
  /** The Engine's own error text about the container, '' for none. */
  error: string;
}

/**
 * What a container's actor remembers, all of it plain JSON. `failure` is the first error ever and
 * stays, as ECS shows it as the container's reason.
 */
export interface ContainerContext {
  taskArn: string;
  name: string;
  desired: 'RUNNING' | 'STOPPED';
  pullBehavior: PullBehavior;
  runtimeId: string | null;
  exitCode: number | null;
  /** Exit code that a `die` event named, for a container that is gone before it can be inspected. */
  diedWith: number | null;
  failure: Failure | null;
  bindings: NetworkBinding[];
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  /** When the container's status last changed. */
  knownAt: number;
  /** How often in a row the present step has failed, for back-off. */
  attempts: number;
}

/** What a container tells its task whenever its status changes. */
export interface ContainerChange {
  name: string;
  status: ContainerStatus;
  at: number;
  runtimeId: string | null;
  exitCode: number | null;
  /** `<error name>: <text>`, or null where nothing went wrong. */
  reason: string | null;
  bindings: NetworkBinding[];
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
}
