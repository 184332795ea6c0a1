import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import { EngineRefusal, orNull, unless } from '../docker/calls.ts';
import { engineEventOf, linesOf, patiently, readPull } from '../docker/events.ts';
import { factsOf, listedOf } from '../docker/facts.ts';
import {
  type ContainerRef,
  type DockerError,
  type DockerPort,
  dockerNameOf,
  type EngineInfo,
  type EnginePort,
  engineNames,
  type ImagePort,
  type VolumePort,
} from '../docker/port.ts';
import { createBody, labels, type Placement } from '../docker/translate.ts';
import type { StatsPort } from '../stats/port.ts';
import { Connection, type EngineCall } from './engine/connection.ts';
import { type CoreOptions, EngineCore } from './engine/core.ts';
import { type CreateBody, has, type PullLine } from './engine/wire.ts';
import { simHost } from './host.ts';

/** What a simulated Engine is made of. */
export interface SimEngineOptions extends CoreOptions {
  /** How long each call takes; 1 ms where it is not given. */
  latencyMs?: number;
  /** What it says of itself, other than usual. */
  info?: Partial<EngineInfo>;
}

const usualInfo: EngineInfo = {
  rootDirectory: '/var/lib/docker',
  cgroupDriver: 'cgroupfs',
  cgroupVersion: 1,
  securityOptions: ['name=seccomp,profile=default'],
};

/**
 * A Docker Engine without containers behind it. `port` is its face without sockets, for virtual
 * time, with the faults a real one can have; `engine-http.ts` serves the same core over HTTP.
 */
export class SimEngine {
  readonly core: EngineCore;
  readonly info: EngineInfo;
  readonly version = {
    version: '20.10.24-simulated',
    apiVersion: '1.41',
    minApiVersion: '1.12',
  };
  readonly #options: SimEngineOptions;
  readonly #connection: Connection;
  /** One host for all agents, so that no two of them are given the same ports. */
  readonly #placement: Omit<Placement, 'cluster'> = {
    region: 'local',
    host: simHost(),
    taskCgroupParent: (taskId) => `/ecs/${taskId}`,
  };

  constructor(options: SimEngineOptions) {
    this.#options = options;
    this.core = new EngineCore(options);
    this.info = { ...usualInfo, ...options.info };
    this.#connection = new Connection(options.clock, options.latencyMs ?? 1);
  }

  /** How often each call was made. */
  get calls(): ReadonlyMap<EngineCall, number> {
    return this.#connection.calls;
  }

  /** The next call of this kind is refused; it takes no effect. */
  failNext(call: EngineCall, error: DockerError): void {
    this.#connection.plan(call, { is: 'error', error });
  }

  /** The next call of this kind takes no effect and is not answered: its deadline passes. */
  hangNext(call: EngineCall): void {
    this.#connection.plan(call, { is: 'hang' });
  }

  /** The next call of this kind takes effect, and the connection breaks before its answer. */
  loseReply(call: EngineCall): void {
    this.#connection.plan(call, { is: 'lost reply' });
  }

  /** While it is not reachable its containers go on; calls and streams under way break. */
  setReachable(reachable: boolean): void {
    this.#connection.setReachable(reachable);
  }

  /** Calls `broken` when it cannot be reached, which may be at once; the answer ends that. */
  hold(broken: () => void): () => void {
    return this.#connection.hold(broken);
  }

  /**
   * The Engine's own process ends, and is there again after `downMs`. Its containers go on with live
   * restore; else they end with it, which shows when it is back. What happened before is forgotten.
   */
  restart({ liveRestore, downMs }: { liveRestore: boolean; downMs: number }): void {
    const { clock } = this.#options;
    this.setReachable(false);
    this.core.goDown({ liveRestore });
    clock.at(clock.now() + downMs, () => {
      this.core.comeBack();
      this.setReachable(true);
    });
  }

  /** Whether each event is told twice. */
  duplicateEvents(isDuplicating: boolean): void {
    this.core.events.isDuplicating = isDuplicating;
  }

  /** Whether events are lost: told to nobody, then or later. */
  dropEvents(isDropping: boolean): void {
    this.core.events.isDropping = isDropping;
  }

  /** Whether streams of statistics tell nothing. */
  dropSamples(isDropping: boolean): void {
    this.core.isSilent = isDropping;
  }

  /** The Engine as an agent of `cluster` sees it; `more` is what that agent's configuration says. */
  port(cluster: string, more: Partial<Placement> = {}): EnginePort {
    return {
      ...this.#engineCalls(cluster),
      ...this.#containerCalls({ ...this.#placement, ...more, cluster }),
      ...this.#imageCalls(),
      ...this.#volumeCalls(),
      ...this.#statsCalls(),
      names: engineNames,
    };
  }

  #engineCalls(cluster: string): Pick<DockerPort, 'version' | 'ping' | 'info' | 'list' | 'watch'> {
    const { core } = this;
    const connection = this.#connection;
    return {
      version: (signal) => connection.ask({ call: 'version', signal }, () => this.version),
      ping: (signal) => connection.ask({ call: 'ping', signal }, () => {}),
      info: (signal) => connection.ask({ call: 'info', signal }, () => this.info),
      list: (signal) =>
        connection.ask({ call: 'list', signal }, () =>
          core.list({}).map((one) => listedOf(one as unknown as ContainerInfo)),
        ),
      watch: (on, signal) =>
        connection.follow({ call: 'watch', signal }, () => {
          on.opened();
          return core.events.listen((event) => {
            const ours = event.Actor.Attributes[labels.cluster] === cluster;
            const told = ours ? engineEventOf(JSON.stringify(event)) : null;
            if (told) on.event(told);
          }, on.since);
        }),
    };
  }

  #containerCalls(
    placement: Placement,
  ): Pick<DockerPort, 'create' | 'start' | 'stop' | 'inspect' | 'remove'> {
    const { core } = this;
    const connection = this.#connection;
    const nameOf = (ref: ContainerRef) => dockerNameOf(ref);
    const look = (ref: ContainerRef) =>
      core.inspect(nameOf(ref)) as unknown as ContainerInspectInfo;
    return {
      create: async (request, signal) => {
        const body = await createBody(request, placement, []);
        return connection.ask({ call: 'create', signal }, () => this.#createOrAdopt(request, body));
      },
      start: (ref, signal) =>
        unless(
          304,
          connection.ask({ call: 'start', signal }, () => core.start(nameOf(ref))),
        ),
      stop: (ref, graceS, signal) =>
        unless(
          304,
          connection.ask({ call: 'stop', signal, graceS }, () => core.stop(nameOf(ref), graceS)),
        ),
      inspect: (ref, signal) =>
        connection.ask({ call: 'inspect', signal }, () => factsOf(look(ref), ref.container)),
      remove: (id, signal) =>
        unless(
          404,
          connection.ask({ call: 'remove', signal }, () => core.remove(id, { force: false })),
        ),
    };
  }

  #imageCalls(): ImagePort {
    const { images, registry } = this.core;
    const connection = this.#connection;
    const { clock } = this.#options;
    return {
      inspectImage: (image, signal) =>
        orNull(connection.ask({ call: 'inspectImage', signal }, () => images.inspect(image))),
      resolveDigest: (image, login, signal) =>
        connection.ask({ call: 'resolveDigest', signal }, () => registry.ask(image, login).digest),
      pull: (image, { login, inactivityMs, progress }, signal) =>
        connection.ask({ call: 'pull', signal }, (ending) => {
          const open = () => streamOf(images.pull(image, { login, ending }));
          const patience = { clock, inactivityMs };
          return readPull(linesOf(patiently(open, patience)), progress);
        }),
      tag: (image, reference, signal) =>
        connection.ask({ call: 'tag', signal }, () => images.tag(image, reference)),
      listImages: (signal) => connection.ask({ call: 'listImages', signal }, () => images.list()),
      removeImage: (image, signal) =>
        unless(
          404,
          connection.ask({ call: 'removeImage', signal }, () => images.remove(image)),
        ),
      importImage: (image, signal) =>
        connection.ask({ call: 'importImage', signal }, () =>
          images.load(`${image.repository}:${image.tag}`, Buffer.from(JSON.stringify(image))),
        ),
    };
  }

  #volumeCalls(): VolumePort {
    const { volumes } = this.core;
    const connection = this.#connection;
    return {
      volumePlugins: (signal) =>
        connection.ask({ call: 'volumePlugins', signal }, () => volumes.drivers()),
      inspectVolume: (name, signal) =>
        orNull(connection.ask({ call: 'inspectVolume', signal }, () => volumes.inspect(name))),
      createVolume: ({ driverOpts: options, ...volume }, signal) =>
        connection.ask({ call: 'createVolume', signal }, () => {
          volumes.create({ ...volume, options });
        }),
      removeVolume: (name, signal) =>
        unless(
          404,
          connection.ask({ call: 'removeVolume', signal }, () => volumes.remove(name)),
        ),
    };
  }

  #statsCalls(): StatsPort {
    const { core } = this;
    const connection = this.#connection;
    return {
      stats: (ref, signal) =>
        connection.ask({ call: 'stats', signal }, () => core.measure(dockerNameOf(ref))),
      followStats: (ref, sample, signal) =>
        connection.follow({ call: 'followStats', signal }, () =>
          core.followMeasures(dockerNameOf(ref), sample),
        ),
    };
  }

  #createOrAdopt(ref: ContainerRef, body: CreateBody): string {
    try {
      return this.core.create(dockerNameOf(ref), body);
    } catch (error) {
      if (!(error instanceof EngineRefusal) || error.statusCode !== 409) throw error;
      const { Id, Config } = this.core.inspect(dockerNameOf(ref));
      const ours = { [labels.taskArn]: ref.task.arn, [labels.containerName]: ref.container.name };
      if (has(Config.Labels, ours)) return Id;
      throw error;
    }
  }
}

/** A pull's progress as it comes over a connection: of a stream no more than its reader uses. */
async function streamOf(lines: AsyncIterable<PullLine>): Promise<NodeJS.ReadableStream> {
  async function* chunks(): AsyncGenerator<string> {
    for await (const line of lines) yield `${JSON.stringify(line)}\n`;
  }
  return Object.assign(chunks(), { on: () => {} }) as unknown as NodeJS.ReadableStream;
}
