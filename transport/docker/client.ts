import Docker from 'dockerode';
import type { Signal } from '../../machines/names/ending.ts';
import type { Clock } from '../host/port.ts';
import { stats } from '../stats/stream.ts';
import {
  bounded,
  type CallLimit,
  type DockerLimits,
  dockerErrorOf,
  dockerLimits,
  hasStatus,
  unless,
  unreadable,
} from './calls.ts';
import { follow } from './events.ts';
import {
  apiVersionFor,
  engineInfoOf,
  engineVersionOf,
  factsOf,
  listedOf,
  minorOf,
  type ToldBindings,
} from './facts.ts';
import { Gate, type GateOptions } from './gate/gate.ts';
import { type Apart, addressOf, type Connections, connectionsTo, Modem } from './gate/modem.ts';
import {
  type ContainerRef,
  type CreateRequest,
  DockerError,
  type DockerPort,
  dockerNameOf,
  type EnginePort,
  type EngineVersion,
  engineNames,
} from './port.ts';
import { type ImageLook, imageOf, images, read, volumes } from './store.ts';
import { createBody, labels, needsImageEnvironment, type Placement } from './translate.ts';

/** What an Engine is connected to by; `dockerHost` as {@link addressOf} reads it. */
export interface DockerOptions extends Placement, GateOptions, ToldBindings {
  /** The limits that the agent's configuration changes, in place of the defaults. */
  limits?: Partial<{ pullMs: number; manifestMs: number; createMs: number; startMs: number }>;
}

/** The Docker Engine at `dockerHost`. Nothing is asked of it before the first call. */
export function connectDocker(options: DockerOptions): EnginePort {
  const engine = new Connection(options);
  return {
    ...containers(engine, options),
    ...images(engine),
    ...volumes(engine),
    ...stats(engine),
    names: engineNames,
  };
}

/** Windows takes longer to start a container. */
const windowsStartMs = 480_000;

function limitsWith({ limits: given = {}, host }: DockerOptions): DockerLimits {
  const { pull, resolveDigest, create, start } = dockerLimits;
  const startMs = host.facts().platform === 'windows' ? windowsStartMs : start.ms;
  return {
    ...dockerLimits,
    pull: { ...pull, ms: given.pullMs ?? pull.ms },
    resolveDigest: { ...resolveDigest, ms: given.manifestMs ?? resolveDigest.ms },
    create: { ...create, ms: given.createMs ?? create.ms },
    start: { ...start, ms: given.startMs ?? startMs },
  };
}

/** What is asked of the Engine; `docker` asks for this one call, and is ended with it. */
type Call<T> = (docker: Docker) => Promise<T>;

/** The version of its API that an Engine is spoken to in, and the first part of all paths for it. */
interface Agreed {
  version: EngineVersion;
  path: string;
}

/** One Engine: the version of its API that is spoken, and the way every call to it goes. */
export class Connection {
  readonly limits: DockerLimits;
  readonly clock: Clock;
  readonly dockerHost: string;
  /** What was lately seen of images, by reference. */
  readonly looks = new Map<string, { look: Promise<ImageLook | null>; until: number }>();
  readonly #gate: Gate;
  readonly #connections: Connections;
  /** What was agreed on; null until the Engine has been asked. */
  #agreed: Agreed | null = null;

  constructor(options: DockerOptions) {
    this.limits = limitsWith(options);
    this.clock = options.clock;
    this.dockerHost = options.dockerHost;
    this.#gate = new Gate(options);
    this.#connections = connectionsTo(addressOf(options.dockerHost));
  }

  /** What the Engine speaks, as it was told when the version was agreed on. */
  async spoken(signal?: Signal): Promise<EngineVersion> {
    return this.#agreed?.version ?? (await this.agree(signal));
  }

  /** Asks the Engine what it speaks, and agrees on a version of its API. */
  async agree(signal?: Signal): Promise<EngineVersion> {
    const { version } = this.limits;
    return (await this.#gate.pass(version, signal, () => this.#ask(signal))).version;
  }

  /** Makes one call within its limit. Rejects with {@link DockerError}. */
  call<T>(limit: CallLimit, signal: Signal | undefined, work: Call<T>): Promise<T> {
    const made = ({ path }: Agreed) => this.#bounded({ limit, signal, path }, work);
    return this.#gate.pass(limit, signal, () =>
      this.#agreed ? made(this.#agreed) : this.#ask(signal).then(made),
    );
  }

  async #ask(signal: Signal | undefined): Promise<Agreed> {
    const bounds = { limit: this.limits.version, signal, path: '' };
    const answer = await this.#bounded(bounds, (docker) => read<object>(docker, '/version'));
    const version = engineVersionOf(answer);
    this.#agreed = { version, path: `/v${apiVersionFor(version)}` };
    return this.#agreed;
  }

  async #bounded<T>(
    { path, ...bounds }: { limit: CallLimit; signal: Signal | undefined; path: string },
    work: Call<T>,
  ): Promise<T> {
    try {
      return await bounded({ ...bounds, clock: this.clock }, (ending) =>
        work(dockerOver(new Modem(this.#connections, path, ending))),
      );
    } catch (error) {
      throw dockerErrorOf(error, this.dockerHost);
    }
  }
}

function dockerOver(modem: Modem): Docker {
  const options: Docker.DockerOptions & { modem: Modem } = { modem };
  return new Docker(options);
}

const containers = (engine: Connection, options: DockerOptions): DockerPort => ({
  version: (signal) => engine.agree(signal),
  ping: async (signal) => {
    await engine.call(engine.limits.ping, signal, (docker) => read(docker, '/_ping'));
  },
  info: async (signal) =>
    engineInfoOf(
      await engine.call(engine.limits.info, signal, (docker) => read<object>(docker, '/info')),
    ),
  create: (request, signal) => create(engine, { request, placement: options }, signal),
  start: (ref, signal) =>
    unless(
      304,
      engine.call(engine.limits.start, signal, (docker) =>
        containerOf(docker, dockerNameOf(ref)).start(),
      ),
    ),
  stop: (ref, graceS, signal) => stop(engine, { ref, graceS }, signal),
  inspect: async (ref, signal) =>
    factsOf(await inspect(engine, ref, signal), ref.container, options),
  remove: (idOrName, signal) =>
    unless(
      404,
      engine.call(engine.limits.remove, signal, (docker) =>
        containerOf(docker, idOrName).remove({ v: true }),
      ),
    ),
  list: async (signal) => {
    const found = await engine.call(engine.limits.list, signal, (docker) =>
      docker.listContainers({ all: true }),
    );
    if (!Array.isArray(found)) throw unreadable('list of containers');
    return found.map(listedOf);
  },
  watch: (on, signal) => follow(engine, { ...on, cluster: options.cluster }, signal),
});

async function create(
  engine: Connection,
  { request, placement }: { request: CreateRequest; placement: Placement },
  signal?: Signal,
): Promise<string> {
  const { image, dockerVersion } = request.container;
  await requireVersion(engine, dockerVersion, signal);
  const found = needsImageEnvironment(request) ? await imageOf(engine, image) : null;
  const body = await createBody(request, placement, found?.environment ?? []);
  const parts: Docker.ContainerCreateOptions & Apart = {
    _query: { name: dockerNameOf(request) },
    _body: body,
  };
  try {
    return await engine.call(engine.limits.create, signal, async (docker) => {
      const { id } = await docker.createContainer(parts);
      if (!id) throw unreadable('container id');
      return id;
    });
  } catch (error) {
    if (!hasStatus(error, 409)) throw error;
    return await adopt(engine, request, signal);
  }
}

/** The version that a container names is the least it needs; '' is any. */
async function requireVersion(engine: Connection, version: string, signal?: Signal): Promise<void> {
  if (version === '') return;
  const { apiVersion } = await engine.spoken(signal);
  if (minorOf(version) <= minorOf(apiVersion)) return;
  throw new DockerError(
    'DOCKER_BAD_VERSION',
    `docker client factory: client not found for docker version: ${version}`,
  );
}

/** Answers the id of the container that an earlier create of this request has left. */
async function adopt(engine: Connection, ref: ContainerRef, signal?: Signal): Promise<string> {
  const found = await inspect(engine, ref, signal);
  const has = found.Config?.Labels ?? {};
  if (has[labels.taskArn] === ref.task.arn && has[labels.containerName] === ref.container.name) {
    return found.Id;
  }
  const message = `Another container has the name ${dockerNameOf(ref)} and is not of this task`;
  throw new DockerError('DOCKER_REFUSED', message, { status: 409 });
}

async function inspect(
  engine: Connection,
  ref: ContainerRef,
  signal?: Signal,
): Promise<Docker.ContainerInspectInfo> {
  return await engine.call(engine.limits.inspect, signal, (docker) =>
    containerOf(docker, dockerNameOf(ref)).inspect(),
  );
}

async function stop(
  engine: Connection,
  { ref, graceS }: { ref: ContainerRef; graceS: number },
  signal?: Signal,
): Promise<void> {
  const { ms } = engine.limits.stop;
  const limit = { ...engine.limits.stop, ms: graceS * 1_000 + ms };
  const stopped = engine.call(limit, signal, (docker) =>
    containerOf(docker, dockerNameOf(ref)).stop({ t: graceS }),
  );
  await unless(304, stopped);
}

/** A name made from a payload's words must stay one segment of the address. */
const containerOf = (docker: Docker, nameOrId: string): Docker.Container =>
  docker.getContainer(encodeURIComponent(nameOrId));
