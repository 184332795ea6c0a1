import Docker from 'dockerode';
import type { ContainerFacts } from '../../machines/container/model.ts';
import type { Clock } from '../host/port.ts';
import {
  bounded,
  type CallLimit,
  dockerErrorOf,
  dockerLimits,
  hasStatus,
  unreadable,
} from './calls.ts';
import { engineEventOf, eventFilters, linesOf, pullFailureOf } from './events.ts';
import { factsOf, listedOf } from './facts.ts';
import {
  type ContainerRef,
  type CreateRequest,
  DockerError,
  type DockerPort,
  type EngineEvent,
  type EngineVersion,
  type ListedContainer,
} from './port.ts';
import {
  cgroupParentOf,
  createBody,
  dockerNameOf,
  labels,
  needsImageEnvironment,
  type Placement,
} from './translate.ts';

export interface DockerOptions extends Omit<Placement, 'taskCgroupParent'> {
  /** `unix:///var/run/docker.sock`, `npipe:////./pipe/docker_engine`, or `tcp://host:port`. */
  dockerHost: string;
  clock: Clock;
}

/** The Docker Engine at `dockerHost`. Nothing is asked of it before the first call. */
export const connectDocker = (options: DockerOptions): DockerPort => new DockerClient(options);

/** The newest version of the Engine's API that this agent was written for. */
const newestApi = '1.44';

/** The API version for an Engine: the newest that both sides know, or the Engine's oldest. */
export function apiVersionFor({ apiVersion, minApiVersion }: EngineVersion): string {
  const older = (a: string, b: string) => (minorOf(a) < minorOf(b) ? a : b);
  const wanted = older(apiVersion, newestApi);
  return older(wanted, minApiVersion) === wanted ? minApiVersion : wanted;
}

/** API versions have all been `1.<minor>`. */
const minorOf = (version: string): number => Number(version.split('.')[1]);

type Call<T> = (docker: Docker, abortSignal: AbortSignal) => Promise<T>;

class DockerClient implements DockerPort {
  readonly #options: DockerOptions;
  /** Speaks the version that was agreed on; null until the Engine has been asked. */
  #agreed: Docker | null = null;
  /** Asked for once, by the first create. */
  #cgroupDriver: Promise<string> | null = null;

  constructor(options: DockerOptions) {
    this.#options = options;
  }

  async version(signal?: AbortSignal): Promise<EngineVersion> {
    const address = addressOf(this.#options.dockerHost);
    // The library takes options here as elsewhere; its types do not know.
    const unversioned: { version(options: object): Promise<Docker.DockerVersion> } = new Docker(
      address,
    );
    const answer = await this.#bounded(dockerLimits.version, signal, (abortSignal) =>
      unversioned.version({ abortSignal }),
    );
    if (!answer.ApiVersion) throw unreadable('version');
    const found = {
      version: answer.Version,
      apiVersion: answer.ApiVersion,
      minApiVersion: answer.MinAPIVersion ?? answer.ApiVersion,
    };
    this.#agreed = new Docker({ ...address, version: `v${apiVersionFor(found)}` });
    this.#cgroupDriver = null;
    return found;
  }

  async hasImage(image: string, signal?: AbortSignal): Promise<boolean> {
    return (await this.#imageEnvironment(image, signal)) !== null;
  }

  async pull(image: string, signal?: AbortSignal): Promise<void> {
    await this.#call(dockerLimits.pull, signal, async (docker, abortSignal) => {
      // The library adds `:latest` where there is no tag; the Engine would pull all tags.
      const progress = await docker.pull(image, { abortSignal });
      for await (const line of linesOf(progress)) {
        const failure = pullFailureOf(line);
        if (failure !== null) throw new DockerError('DOCKER_REFUSED', failure);
      }
    });
  }

  async create(request: CreateRequest, signal?: AbortSignal): Promise<string> {
    const image = request.container.image;
    const environment = needsImageEnvironment(request)
      ? await this.#imageEnvironment(image, signal)
      : null;
    const driver = await this.#askCgroupDriver();
    const taskCgroupParent = (taskId: string) => cgroupParentOf(driver, taskId);
    const placement = { ...this.#options, taskCgroupParent };
    const body = await createBody(request, placement, environment ?? []);
    // Apart from the query, or the library would put the whole body into the address as well.
    const parts = { _query: { name: dockerNameOf(request) }, _body: body };
    try {
      return await this.#call(dockerLimits.create, signal, async (docker, abortSignal) => {
        const { id } = await docker.createContainer({ ...parts, abortSignal });
        if (!id) throw unreadable('container id');
        return id;
      });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
      return await this.#adopt(request, signal);
    }
  }

  /** Answers the id of the container that an earlier create of this request has left. */
  async #adopt(ref: ContainerRef, signal?: AbortSignal): Promise<string> {
    const found = await this.#inspect(ref, signal);
    const has = found.Config?.Labels ?? {};
    if (has[labels.taskArn] === ref.task.arn && has[labels.containerName] === ref.container.name) {
      return found.Id;
    }
    const message = `Another container has the name ${dockerNameOf(ref)} and is not of this task`;
    throw new DockerError('DOCKER_REFUSED', message, { status: 409 });
  }

  async start(ref: ContainerRef, signal?: AbortSignal): Promise<void> {
    await this.#unless(304, dockerLimits.start, signal, (docker, abortSignal) =>
      containerOf(docker, dockerNameOf(ref)).start({ abortSignal }),
    );
  }

  async stop(ref: ContainerRef, graceS: number, signal?: AbortSignal): Promise<void> {
    const { ms, transition } = dockerLimits.stop;
    const limit = { ms: graceS * 1_000 + ms, transition };
    await this.#unless(304, limit, signal, (docker, abortSignal) =>
      containerOf(docker, dockerNameOf(ref)).stop({ t: graceS, abortSignal }),
    );
  }

  async inspect(ref: ContainerRef, signal?: AbortSignal): Promise<ContainerFacts> {
    return factsOf(await this.#inspect(ref, signal), ref.container);
  }

  async remove(runtimeId: string, signal?: AbortSignal): Promise<void> {
    await this.#unless(404, dockerLimits.remove, signal, (docker, abortSignal) => {
      const options = { v: true, abortSignal };
      return containerOf(docker, runtimeId).remove(options);
    });
  }

  async list(signal?: AbortSignal): Promise<ListedContainer[]> {
    const filters = { label: [`${labels.cluster}=${this.#options.cluster}`] };
    const found = await this.#call(dockerLimits.list, signal, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    );
    if (!Array.isArray(found)) throw unreadable('list of containers');
    return found.map(listedOf);
  }

  async watch(
    on: { opened: () => void; event: (event: EngineEvent) => void },
    signal: AbortSignal,
  ): Promise<never> {
    // Another Engine may answer after a break: agree on a version anew.
    await this.version(signal);
    const life = new AbortController();
    const end = () => life.abort();
    signal.addEventListener('abort', end, { once: true });
    const options = { filters: eventFilters(this.#options.cluster), abortSignal: life.signal };
    try {
      const stream = await this.#call(dockerLimits.events, signal, (docker) =>
        docker.getEvents(options),
      );
      on.opened();
      for await (const line of linesOf(stream)) {
        const event = engineEventOf(line);
        if (event) on.event(event);
      }
      throw new Error('the event stream ended');
    } catch (error) {
      if (signal.aborted) throw new DockerError('DOCKER_ABORTED', 'The watch was given up');
      throw dockerErrorOf(error, this.#options.dockerHost);
    } finally {
      signal.removeEventListener('abort', end);
      life.abort();
    }
  }

  /** The `K=V` of an image's own environment; null for an image that the Engine does not have. */
  async #imageEnvironment(image: string, signal?: AbortSignal): Promise<string[] | null> {
    try {
      const found = await this.#call(dockerLimits.imageInspect, signal, (docker) =>
        docker.getImage(encodeURI(image)).inspect(),
      );
      return found.Config?.Env ?? [];
    } catch (error) {
      if (hasStatus(error, 404)) return null;
      throw error;
    }
  }

  /** Not ended by one caller's signal, as all first creates wait for the same answer. */
  #askCgroupDriver(): Promise<string> {
    this.#cgroupDriver ??= this.#call(dockerLimits.version, undefined, (docker) => docker.info())
      .then(({ CgroupDriver }: { CgroupDriver?: string }) => CgroupDriver ?? '')
      .catch((error: unknown) => {
        this.#cgroupDriver = null;
        throw error;
      });
    return this.#cgroupDriver;
  }

  async #inspect(ref: ContainerRef, signal?: AbortSignal): Promise<Docker.ContainerInspectInfo> {
    return await this.#call(dockerLimits.inspect, signal, (docker, abortSignal) =>
      containerOf(docker, dockerNameOf(ref)).inspect({ abortSignal }),
    );
  }

  /** A call whose answer is nothing, and to which this status says that it was done before. */
  async #unless(
    doneBefore: number,
    limit: CallLimit,
    signal: AbortSignal | undefined,
    work: Call<unknown>,
  ): Promise<void> {
    try {
      await this.#call(limit, signal, work);
    } catch (error) {
      if (!hasStatus(error, doneBefore)) throw error;
    }
  }

  async #call<T>(limit: CallLimit, signal: AbortSignal | undefined, work: Call<T>): Promise<T> {
    if (!this.#agreed) await this.version(signal);
    const docker = this.#agreed;
    if (!docker) throw unreadable('version');
    return await this.#bounded(limit, signal, (abortSignal) => work(docker, abortSignal));
  }

  async #bounded<T>(
    limit: CallLimit,
    signal: AbortSignal | undefined,
    work: (ending: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await bounded({ limit, clock: this.#options.clock, signal }, work);
    } catch (error) {
      throw dockerErrorOf(error, this.#options.dockerHost);
    }
  }
}

/** A name made from a payload's words must stay one segment of the address. */
const containerOf = (docker: Docker, nameOrId: string): Docker.Container =>
  docker.getContainer(encodeURIComponent(nameOrId));

/**
 * Where the Engine listens, in the library's terms. `host` is always given, or the library would
 * take it from the process's environment. No `agent`: the library prints one to a debug text that
 * nobody reads, with all its sockets, on every call.
 */
export function addressOf(dockerHost: string): Docker.DockerOptions {
  const [, scheme, rest] = /^(unix|npipe):\/\/(.+)$/.exec(dockerHost) ?? [];
  if (scheme && rest) return { host: undefined, socketPath: rest, protocol: 'http' };
  const { hostname, port } = new URL(dockerHost);
  return { host: hostname, port, protocol: 'http' };
}
