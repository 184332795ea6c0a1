import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { bounded, type CallLimit, dockerErrorOf, dockerLimits } from '../docker/calls.ts';
import { engineEventOf } from '../docker/events.ts';
import { factsOf, listedOf } from '../docker/facts.ts';
import { type ContainerRef, DockerError, type DockerPort } from '../docker/port.ts';
import { createBody, dockerNameOf, labels } from '../docker/translate.ts';
import type { Clock, Random } from '../host/port.ts';
import { type CreateBody, EngineCore, EngineRefusal, has } from './engine-core.ts';
import { simHost } from './host.ts';

/** What a simulated Engine is made of. */
export interface SimEngineOptions {
  clock: Clock;
  random: Random;
  /** How long each call takes; 1 ms where it is not given. */
  latencyMs?: number;
  /** The images it has and can pull; every one where it is not given. */
  images?: string[];
}

type Call = Exclude<keyof DockerPort, 'watch'>;
/** What is asked, by whom, and of a stop with which grace. */
interface Asked {
  call: Call;
  signal: AbortSignal | undefined;
  graceS?: number;
}
type Fault = { is: 'error'; error: DockerError } | { is: 'hang' } | { is: 'lost reply' };

const unreachable = () =>
  new DockerError('DOCKER_UNREACHABLE', 'The simulated Engine cannot be reached');
const givenUp = () => new DockerError('DOCKER_ABORTED', 'The call was given up');

/**
 * A Docker Engine without containers behind it. `port` is its face without sockets, for virtual
 * time, with the faults a real one can have; `engine-http.ts` serves the same core over HTTP.
 */
export class SimEngine {
  readonly core: EngineCore;
  readonly #options: SimEngineOptions;
  readonly #faults = new Map<Call, Fault[]>();
  /** Calls and streams under way. */
  readonly #open = new Set<AbortController>();
  /** One for all agents, so that no two of them are given the same ports. */
  readonly #host = simHost();
  #reachable = true;
  /** How often each call was made. */
  readonly calls = new Map<Call, number>();

  constructor(options: SimEngineOptions) {
    this.#options = options;
    this.core = new EngineCore(options.clock, options.random);
  }

  /** The next call of this kind is refused; it takes no effect. */
  failNext(call: Call, error: DockerError): void {
    this.#plan(call, { is: 'error', error });
  }

  /** The next call of this kind takes no effect and is not answered: its deadline passes. */
  hangNext(call: Call): void {
    this.#plan(call, { is: 'hang' });
  }

  /** The next call of this kind takes effect, and the connection breaks before its answer. */
  loseReply(call: Call): void {
    this.#plan(call, { is: 'lost reply' });
  }

  /** While it is not reachable its containers go on; calls and streams under way break. */
  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
    if (!reachable) for (const connection of this.#open) connection.abort(unreachable());
  }

  hasImage(image: string): boolean {
    return this.#options.images?.some((one) => tagged(one) === tagged(image)) ?? true;
  }

  /** The Engine as an agent of `cluster` sees it. */
  port(cluster: string): DockerPort {
    const { core } = this;
    const placement = {
      cluster,
      region: 'local',
      host: this.#host,
      taskCgroupParent: (taskId: string) => `/ecs/${taskId}`,
    };
    const nameOf = (ref: ContainerRef) => dockerNameOf(ref);
    const info = (ref: ContainerRef) =>
      core.inspect(nameOf(ref)) as unknown as ContainerInspectInfo;
    return {
      version: (signal) =>
        this.#call({ call: 'version', signal }, () => ({
          version: '20.10.24-simulated',
          apiVersion: '1.41',
          minApiVersion: '1.12',
        })),
      hasImage: (image, signal) =>
        this.#call({ call: 'hasImage', signal }, () => this.hasImage(image)),
      pull: (image, signal) => this.#call({ call: 'pull', signal }, () => this.requirePull(image)),
      create: async (request, signal) => {
        const body = await createBody(request, placement, []);
        return this.#call({ call: 'create', signal }, () => this.#createOrAdopt(request, body));
      },
      start: (ref, signal) =>
        this.#call({ call: 'start', signal }, () => unless(304, () => core.start(nameOf(ref)))),
      stop: (ref, graceS, signal) =>
        this.#call({ call: 'stop', signal, graceS }, () =>
          unless(304, () => core.stop(nameOf(ref), graceS)),
        ),
      inspect: (ref, signal) =>
        this.#call({ call: 'inspect', signal }, () => factsOf(info(ref), ref.container)),
      remove: (id, signal) =>
        this.#call({ call: 'remove', signal }, () =>
          unless(404, () => core.remove(id, { force: false })),
        ),
      list: (signal) =>
        this.#call({ call: 'list', signal }, () =>
          core.list({ [labels.cluster]: cluster }).map((one) => listedOf(one as ContainerInfo)),
        ),
      watch: (on, signal) => this.#watch(cluster, on, signal),
    };
  }

  /** Throws what the Engine answers of an image that no registry gives it. */
  requirePull(image: string): void {
    if (image.startsWith('127.0.0.1:1/'))
      throw new EngineRefusal(500, 'dial tcp 127.0.0.1:1: connect: connection refused');
    if (!this.hasImage(image))
      throw new EngineRefusal(404, `manifest for ${image} not found: manifest unknown`);
  }

  create(name: string, body: CreateBody): string {
    const { Image = '' } = body;
    if (!this.hasImage(Image)) throw new EngineRefusal(404, `No such image: ${Image}`);
    return this.core.create(name, body);
  }

  #createOrAdopt(ref: ContainerRef, body: CreateBody): string {
    try {
      return this.create(dockerNameOf(ref), body);
    } catch (error) {
      if (!(error instanceof EngineRefusal) || error.statusCode !== 409) throw error;
      const { Id, Config } = this.core.inspect(dockerNameOf(ref));
      if (has(Config.Labels, { [labels.taskArn]: ref.task.arn })) return Id;
      throw error;
    }
  }

  #plan(call: Call, fault: Fault): void {
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), fault]);
  }

  async #call<Answer>(asked: Asked, work: () => Answer | Promise<Answer>): Promise<Answer> {
    const { call, signal } = asked;
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    const fault = this.#faults.get(call)?.shift();
    const answer = async () => {
      if (fault?.is === 'error') throw fault.error;
      if (fault?.is === 'hang') await new Promise(() => {});
      const answered = await work();
      if (fault?.is === 'lost reply') throw unreachable();
      return answered;
    };
    try {
      const bounds = { limit: limitOf(asked), clock: this.#options.clock, signal };
      return await bounded(bounds, (ending) => this.#connected(ending, answer));
    } catch (error) {
      throw dockerErrorOf(error, 'simulated');
    }
  }

  /**
   * Rejects when the caller loses interest or the connection breaks, whatever `work` does; `work`
   * is not begun if that happens on the way to the Engine.
   */
  async #connected<Answer>(
    signal: AbortSignal,
    work: (ending: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    if (signal.aborted) throw givenUp();
    const connection = new AbortController();
    const ending = connection.signal;
    const onAbort = () => connection.abort(givenUp());
    signal.addEventListener('abort', onAbort, { once: true });
    this.#open.add(connection);
    const arrive = async () => {
      await this.#latency();
      ending.throwIfAborted();
      if (!this.#reachable) throw unreachable();
      return await work(ending);
    };
    try {
      return await new Promise<Answer>((resolve, reject) => {
        ending.addEventListener('abort', () => reject(ending.reason));
        arrive().then(resolve, reject);
      });
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#open.delete(connection);
    }
  }

  #latency(): Promise<void> {
    const { clock, latencyMs = 1 } = this.#options;
    return new Promise((resolve) => clock.at(clock.now() + latencyMs, resolve));
  }

  async #watch(
    cluster: string,
    on: Parameters<DockerPort['watch']>[0],
    signal: AbortSignal,
  ): Promise<never> {
    return await this.#connected(signal, (ending) => {
      const stop = this.core.listen((event) => {
        const ours = event.Actor.Attributes[labels.cluster] === cluster;
        const told = ours ? engineEventOf(JSON.stringify(event)) : null;
        if (told) on.event(told);
      });
      // At once, or what happens in the same turn as the break would still be told.
      ending.addEventListener('abort', stop);
      on.opened();
      return new Promise<never>(() => {});
    });
  }
}

/** The deadline that the client of a real Engine sets the same call. */
function limitOf({ call, graceS = 0 }: Asked): CallLimit {
  const { ms, transition } = dockerLimits[call === 'hasImage' ? 'imageInspect' : call];
  return { ms: graceS * 1_000 + ms, transition };
}

/** An image named without a tag or digest is its `latest`, as a pull takes it. */
const tagged = (image: string): string => (/[:@][^/]*$/.test(image) ? image : `${image}:latest`);

/** A call to which this status says that it was done before. */
async function unless(status: number, work: () => void | Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof EngineRefusal) || error.statusCode !== status) throw error;
  }
}
