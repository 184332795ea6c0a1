import type { Failure } from '../names/errors.ts';

/**
 * How far a container has come. `NONE` to `RUNNING` are steps, `STOPPED` is the end whatever the
 * step it was reached from. `MANIFEST_PULLED` means that the digest of its image is settled.
 */
export type ContainerStatus =
  | 'NONE'
  | 'MANIFEST_PULLED'
  | 'PULLED'
  | 'CREATED'
  | 'RUNNING'
  | 'STOPPED';

/** What a Docker health check says; `UNKNOWN` before its first verdict and where there is none. */
export type Health = 'UNKNOWN' | 'HEALTHY' | 'UNHEALTHY';

/**
 * What a container waits for of another one (`dependsOn` of a task definition). `CREATE` is what
 * volumesFrom asks for, and no condition of a task definition.
 */
export type Condition = 'CREATE' | 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY';

/** One dependency of a container on another of its task. */
export interface Dependency {
  container: string;
  condition: Condition;
}

/** A volume of the task, mounted into a container. */
export interface MountPoint {
  volume: string;
  containerPath: string;
  readOnly: boolean;
}

/** When a container that has ended is started again (`restartPolicy` of a task definition). */
export interface RestartPolicy {
  ignoredExitCodes: number[];
  /** How long it must have run, in seconds, before it may be started again. */
  attemptPeriodS: number;
}

/** Where Amazon ECR gives the credentials for a container's image (`ecrAuthData` of ACS). */
export interface EcrLogin {
  region: string;
  registryId: string;
  /** '' for the region's own endpoint. */
  endpointOverride: string;
  useExecutionRole: boolean;
}

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
  /** One that the agent itself adds to the task: ECS is never told of it. */
  internal: boolean;
  /** CPU shares as the payload gives them, 1024 to a vCPU; 0 where none are asked for. */
  cpu: number;
  /** Hard memory limit in MiB; 0 where there is none. */
  memoryMiB: number;
  /** Replaces the image's command; container overrides are already applied. */
  command: string[] | null;
  entryPoint: string[] | null;
  environment: Record<string, string>;
  portMappings: PortMapping[];
  /** Other containers by the name under which this one reaches them, on the default bridge. */
  links: { container: string; alias: string }[];
  volumesFrom: { container: string; readOnly: boolean }[];
  mountPoints: MountPoint[];
  /** Those of the task definition, and those that links and volumesFrom imply. */
  dependsOn: Dependency[];
  /** Seconds after its start within which others wait for it; null for no limit. */
  startTimeoutS: number | null;
  /** Seconds between SIGTERM and SIGKILL; null means the agent's own default. */
  stopTimeoutS: number | null;
  /** JSON texts in Docker Engine field names, laid over what the agent computes; '' for none. */
  dockerConfig: string;
  dockerHostConfig: string;
  /** The least version of the Docker Engine API it needs, a text such as `1.25`; '' for any. */
  dockerVersion: string;
  /** Whether ECS heeds its Docker health check. */
  healthChecked: boolean;
  restartPolicy: RestartPolicy | null;
  /** Null where the registry asks for no credentials, or for those of the agent's configuration. */
  ecr: EcrLogin | null;
  /** Whether its log driver signs with the task's execution role. */
  logsByExecutionRole: boolean;
  /** Random id under which the metadata endpoints know this container (a UUID). */
  metadataId: string;
  /** Its name or id in the Engine, if another agent made it; those of this agent's follow from its task. */
  dockerName?: string;
  /** ARN of the container; absent where ECS names none. */
  arn?: string;
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
  health: Health;
  /** Id of the image it was made of, `sha256:…`. */
  imageId: string;
  createdAt: number | null;
  /** The networks it is on; `mode` is Docker's name of one, e.g. `bridge`. */
  networks: { mode: string; ipv4: string[]; ipv6: string[] }[];
  details: ContainerDetails;
}

/**
 * What of an inspect only those are shown who look at a container. Times are as the Engine writes
 * them, to the nanosecond; null where they have not come.
 */
export interface ContainerDetails {
  createdAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  labels: Record<string, string>;
  mounts: { name: string; source: string; destination: string }[];
  /** What its latest health check answered; null where there was none. */
  healthCheck: { exitCode: number; output: string } | null;
}

/**
 * Why a container may not take its next step yet: the dependencies it waits for, when that wait ends
 * (epoch ms, null for never), and the text of its failure then.
 */
export interface Hold {
  on: Dependency[];
  until: number | null;
  otherwise: string;
}

/** How far a container's task lets it go: to settle its image's digest, to pull, create, start. */
export type Step = 'resolve' | 'pull' | 'create' | 'start';

/**
 * What a container's actor remembers, all of it plain JSON. `failure` is the first error ever and
 * stays, as ECS shows it as the container's reason.
 */
export interface ContainerContext {
  taskArn: string;
  name: string;
  desired: 'RUNNING' | 'STOPPED';
  pullBehavior: PullBehavior;
  allowed: Step;
  hold: Hold | null;
  /** Whether its image comes from a registry that asks for the task's execution role. */
  needsRole: boolean;
  restartPolicy: RestartPolicy | null;
  /** Digest of its image, `sha256:…`, and whether the agent found it out (it is then told early). */
  digest: string | null;
  digestResolved: boolean;
  mustPull: boolean;
  runtimeId: string | null;
  imageId: string | null;
  createdAt: number | null;
  exitCode: number | null;
  /** Exit code that a `die` event named, for a container that is gone before it can be inspected. */
  diedWith: number | null;
  failure: Failure | null;
  /** Whether its failure ends the task even if the task could do without it. */
  fatal: boolean;
  health: Health;
  bindings: NetworkBinding[];
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
  /** When its process first started. */
  startedAt: number | null;
  finishedAt: number | null;
  restarts: number;
  lastRestartAt: number | null;
  /** When the container's status last changed. */
  knownAt: number;
  /** How often in a row the present step has failed, and when it was begun, for back-off. */
  attempts: number;
  begunAt: number;
  /** What the latest of these tries met. */
  trouble: Failure | null;
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
  fatal: boolean;
  /** Told to ECS; `digestResolved` says whether it is told before the container runs. */
  digest: string | null;
  digestResolved: boolean;
  bindings: NetworkBinding[];
  health: Health;
  startedAt: number | null;
  pullStartedAt: number | null;
  pullStoppedAt: number | null;
}
