import { createHash } from 'node:crypto';
import type { ContainerFacts, ContainerPlan } from '../../machines/container/model.ts';
import type { Signal } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { TaskPlan, VolumePlan } from '../../machines/task/model.ts';
import type { StatsPort } from '../stats/port.ts';

/** What the Engine says of itself. `apiVersion` and `minApiVersion` are texts such as `1.41`. */
export interface EngineVersion {
  version: string;
  apiVersion: string;
  minApiVersion: string;
}

/** What the Engine says of its machine and of its own set-up. */
export interface EngineInfo {
  /** Where it keeps images and containers, e.g. `/var/lib/docker`; '' where it does not tell. */
  rootDirectory: string;
  cgroupDriver: 'cgroupfs' | 'systemd' | 'none';
  cgroupVersion: 1 | 2;
  /** As the Engine words them, e.g. `name=seccomp,profile=default`. */
  securityOptions: string[];
}

/** Names a container before its runtime id is known: its Docker name follows from these. */
export interface ContainerRef {
  task: TaskPlan;
  container: ContainerPlan;
}

/**
 * The Docker name of a container, in the format of the Amazon ECS agent. Its digits follow from the task and
 * the container, so that a create that is tried again meets what the first try left. One that another
 * agent made keeps its name.
 */
export function dockerNameOf({ task, container }: ContainerRef): string {
  const known = container.dockerName ?? names.get(container);
  if (known !== undefined) return known;
  const plainName = container.name.replaceAll(/[^A-Za-z0-9-]/g, '');
  const name = `ecs-${task.family}-${task.version}-${plainName}-${digits(task, container.name)}`;
  names.set(container, name);
  return name;
}

/** Asked for by every call, and a digest each: worked out once a container. */
const names = new WeakMap<ContainerPlan, string>();

/** What of a volume its name follows from. */
type NamedVolume = Pick<Extract<VolumePlan, { kind: 'docker' }>, 'name' | 'scope' | 'dockerName'>;

/** The Docker name of a task's volume: a shared one has its own, as other tasks know it too. */
export const volumeNameOf = (task: TaskPlan, { name, scope, dockerName }: NamedVolume): string =>
  scope === 'shared'
    ? name
    : (dockerName ??
      `ecs-${task.family}-${task.version}-${name}-${digits(task, `volume/${name}`)}`);

const digits = ({ arn }: TaskPlan, what: string): string =>
  createHash('sha256').update(`${arn}/${what}`).digest('hex').slice(0, 20);

/** Everything that makes one container of a task. */
export interface CreateRequest extends ContainerRef {
  /** The container instance that the container is made for, to tell it from another agent's. */
  containerInstanceArn: string;
  /** Host folders that the agent itself mounts, as Docker's `Binds` names them, and what tells of them. */
  extraBinds: string[];
  extraEnvironment: Record<string, string>;
}

/** A container as a list shows it: enough to know whose it is and how it is. */
export interface ListedContainer {
  runtimeId: string;
  /** Without the leading slash. */
  dockerName: string;
  /** '' for a container that is not of a task. */
  taskArn: string;
  /** The container's name in its task. */
  name: string;
  /** The container instance that our own label names; '' where the label is missing. */
  containerInstanceArn: string;
  /** Family and revision of its task definition, by its labels; '' where they are missing. */
  family: string;
  version: string;
  /** The reference and the id, `sha256:…`, of the image it was made of. */
  image: string;
  imageId: string;
  state: 'created' | 'running' | 'exited';
  /** Epoch milliseconds. */
  createdAt: number;
}

/** A hint from the Engine's event stream: this container of ours may have changed. */
export interface EngineEvent {
  action: 'start' | 'die' | 'destroy' | 'health';
  runtimeId: string;
  taskArn: string;
  name: string;
  /** Of a `die` event. */
  exitCode: number | null;
  /** Epoch milliseconds, by the Engine's clock. */
  at: number;
}

/**
 * The Docker Engine's containers, in the agent's own terms. Every call may be made twice, every call
 * has a deadline of its own and ends early when `signal` aborts. All reject with {@link DockerError}.
 */
export interface DockerPort {
  version(signal?: Signal): Promise<EngineVersion>;
  /** Answers once the Engine does: the cheapest question there is. */
  ping(signal?: Signal): Promise<void>;
  info(signal?: Signal): Promise<EngineInfo>;
  /** Creates the container; one that has its name already is adopted. Answers its runtime id. */
  create(request: CreateRequest, signal?: Signal): Promise<string>;
  /** Starts a created or ended container; one that runs already is left alone. */
  start(ref: ContainerRef, signal?: Signal): Promise<void>;
  /** SIGTERM, and SIGKILL after `graceS` seconds; one that does not run is left alone. */
  stop(ref: ContainerRef, graceS: number, signal?: Signal): Promise<void>;
  inspect(ref: ContainerRef, signal?: Signal): Promise<ContainerFacts>;
  /**
   * Removes a container by its runtime id or Docker name, and its anonymous volumes; one that is
   * gone is left alone, one that runs is refused.
   */
  remove(idOrName: string, signal?: Signal): Promise<void>;
  /** All containers of the Engine, running or not, of tasks and of others. */
  list(signal?: Signal): Promise<ListedContainer[]>;
  /**
   * Follows the Engine's events, from `since` on (epoch ms; null for from now on). Calls `opened`
   * when the stream stands, then `event` for each event of a container of this cluster; settles only
   * by rejecting, when the stream ends.
   */
  watch(
    on: { since: number | null; opened: () => void; event: (event: EngineEvent) => void },
    signal: Signal,
  ): Promise<never>;
}

/** What a registry is told of the one who pulls: a name and a password, for one server. */
export interface RegistryLogin {
  username: string;
  password: string;
  serverAddress: string;
}

/** An image in the Engine's own store. */
export interface ImageFacts {
  /** `sha256:…`. */
  id: string;
  /** References with a tag, e.g. `nginx:1`. */
  tags: string[];
  /** References with a digest, e.g. `nginx@sha256:…`. */
  digests: string[];
  /** Epoch milliseconds at which it was built. */
  createdAt: number;
  sizeBytes: number;
}

/** What pulls tell of their progress: the whole stream of a pull says something at least so often. */
export interface PullOptions {
  login: RegistryLogin | null;
  /** How long the registry may say nothing before the pull fails, in ms. */
  inactivityMs: number;
  /** Told of the pull's state now and then: layers done, and all that are known of. */
  progress?: (layers: { done: number; all: number }) => void;
}

/** The images of the Docker Engine. As {@link DockerPort}: repeatable, bounded, {@link DockerError}. */
export interface ImagePort {
  /** What the Engine has under this reference or id; null if it has nothing. */
  inspectImage(image: string, signal?: Signal): Promise<ImageFacts | null>;
  /**
   * The digest that the registry has for this reference now (`GET /distribution`); null where the
   * Engine or the kind of manifest cannot tell one.
   */
  resolveDigest(
    image: string,
    login: RegistryLogin | null,
    signal?: Signal,
  ): Promise<string | null>;
  /** Pulls a reference; with neither tag nor digest it means `latest`. */
  pull(image: string, options: PullOptions, signal?: Signal): Promise<void>;
  /** Gives an image that the Engine has another reference. */
  tag(image: string, reference: string, signal?: Signal): Promise<void>;
  listImages(signal?: Signal): Promise<ImageFacts[]>;
  /** Removes one reference, or an image by id, never one in use; what is gone is left alone. */
  removeImage(image: string, signal?: Signal): Promise<void>;
  /** Makes an image of a few files, without a registry. */
  importImage(image: ImageRequest, signal?: Signal): Promise<void>;
}

/** One file of an image; `mode` is its permissions, e.g. 0o755. */
export interface ImageFile {
  path: string;
  mode: number;
  body: Buffer;
}

/** An image that is made of a few files, and how it starts. */
export interface ImageRequest {
  repository: string;
  tag: string;
  files: ImageFile[];
  /** Instructions of a Dockerfile, e.g. `ENTRYPOINT ["/serve"]`. */
  changes: string[];
}

/** A volume of the Engine. */
export interface VolumeFacts {
  name: string;
  driver: string;
  labels: Record<string, string>;
  options: Record<string, string>;
}

/** The volumes of the Docker Engine. As {@link DockerPort}: repeatable, bounded, {@link DockerError}. */
export interface VolumePort {
  /** The names of the Engine's volume plugins, `local` perhaps among them. */
  volumePlugins(signal?: Signal): Promise<string[]>;
  /** Null for a volume that there is not. */
  inspectVolume(name: string, signal?: Signal): Promise<VolumeFacts | null>;
  /** Makes a volume; one of that name and driver that exists already is taken. */
  createVolume(
    volume: {
      name: string;
      driver: string;
      driverOpts: Record<string, string>;
      labels: Record<string, string>;
    },
    signal?: Signal,
  ): Promise<void>;
  /** Removes a volume; one that is gone is left alone, one in use is refused. */
  removeVolume(name: string, signal?: Signal): Promise<void>;
}

/**
 * The names that the containers and volumes of tasks have in the Engine: the same at every try, so
 * that a create which is tried again meets what the first try left.
 */
export interface EngineNames {
  ofContainer(ref: ContainerRef): string;
  ofVolume(task: TaskPlan, volume: NamedVolume): string;
}

export const engineNames: EngineNames = { ofContainer: dockerNameOf, ofVolume: volumeNameOf };

/** All that the agent asks of a Docker Engine. */
export type EnginePort = DockerPort & ImagePort & VolumePort & StatsPort & { names: EngineNames };

/** Stable codes of what can go wrong between the agent and the Engine. */
export type DockerErrorCode =
  | 'DOCKER_UNREACHABLE' // no connection, or it broke
  | 'DOCKER_TIMEOUT' // our own deadline passed
  | 'DOCKER_STALLED' // a pull did not begin in time
  | 'DOCKER_NOT_FOUND' // no such container, image or volume
  | 'DOCKER_REFUSED' // the Engine answered with an error
  | 'DOCKER_BAD_CONFIG' // a dockerConfig text cannot be decoded
  | 'DOCKER_BAD_VERSION' // a container needs an API version that the Engine does not speak
  | 'DOCKER_BAD_HOST_CONFIG' // a hostConfig text cannot be decoded, or no host port is free
  | 'DOCKER_ABORTED'; // the caller lost interest

/** Raised by every call of {@link DockerPort}. `status` is the HTTP status where there was one. */
export class DockerError extends AgentError {
  declare readonly code: DockerErrorCode;
  readonly status: number | undefined;

  constructor(
    code: DockerErrorCode,
    message: string,
    options: { status?: number | undefined; cause?: unknown } = {},
  ) {
    super(code, message, {
      retry: ['DOCKER_UNREACHABLE', 'DOCKER_TIMEOUT', 'DOCKER_STALLED'].includes(code),
      cause: options.cause,
    });
    this.status = options.status;
  }
}
