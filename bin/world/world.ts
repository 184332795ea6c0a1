import {
  type Agent,
  type AgentPorts,
  type AgentSettings,
  createAgent,
} from '../../actors/agent.ts';
import type { LogFields } from '../../actors/recorder.ts';
import { stateName } from '../../actors/recorder.ts';
import { sortRows } from '../../actors/restore.ts';
import type { AgentExit } from '../../machines/agent/model.ts';
import type { Measurements } from '../../machines/stats/model.ts';
import { FaultyStore } from '../../persistence/faulty.ts';
import { MemoryFlightLog } from '../../persistence/flight/memory.ts';
import type { Row } from '../../persistence/store.ts';
import { type EnginePort, engineNames } from '../../transport/docker/port.ts';
import type { Ec2Port } from '../../transport/ec2/port.ts';
import type { EcsPort } from '../../transport/ecs/port.ts';
import type { Random } from '../../transport/host/port.ts';
import { type MetadataFilePort, noMetadataFiles } from '../../transport/metadata/port.ts';
import { pauseReference } from '../../transport/pause/image.ts';
import type { LoginRequest, RegistryPort } from '../../transport/registry/port.ts';
import { SimCgroups } from '../../transport/sim/cgroups.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { SimEngine, type SimEngineOptions } from '../../transport/sim/engine.ts';
import { SimInstance, simHost } from '../../transport/sim/host.ts';
import { SimPlane } from '../../transport/sim/plane.ts';
import { simRandom } from '../../transport/sim/random.ts';
import type { TcsPort } from '../../transport/tcs/port.ts';
import type { UpdatePort } from '../../transport/update/port.ts';
import { Life } from './life.ts';
import { cluster, settings, taskArn } from './settings.ts';
import { told } from './told.ts';

/** What a story sets in place of the defaults. */
export type WorldSettings = Partial<Omit<AgentSettings, 'rules' | 'cleanup'>> & {
  rules?: Partial<AgentSettings['rules']>;
  cleanup?: Partial<AgentSettings['cleanup']>;
  /** The images that the Engine has and can get, and what it says of itself. */
  engine?: Partial<Omit<SimEngineOptions, 'random'>>;
  metadataFiles?: MetadataFilePort;
  loginFor?: RegistryPort['loginFor'];
  /** How long calls of the ECS API and the opening of a connection take. */
  planeLatencyMs?: number;
  instanceTags?: Ec2Port['instanceTags'];
  download?: UpdatePort['download'];
  /** What chance makes of everything; 1 where it is not given. */
  seed?: number;
  /** Where figures of tasks go; without it the agent tells none. */
  telemetry?: { tcs: TcsPort; measurements: Measurements; endpoint?: string | null };
  clock?: SimClock;
  /** What lies between each life of the agent and its ports, e.g. faults. */
  around?: (ports: AgentPorts) => AgentPorts;
  /** Told of each life of the agent before it begins. */
  watch?: (agent: Agent) => void;
};

/** The calls that a story of tasks is not about. */
const housekeeping = ['version', 'info', 'volumePlugins', 'ping', 'list', 'watch', 'listImages'];

/** A whole agent under virtual time, with a simulated Engine, control plane and store. */
export class World {
  readonly clock: SimClock;
  readonly random: Random;
  readonly engine: SimEngine;
  readonly plane: SimPlane;
  readonly host = simHost();
  readonly instance: SimInstance;
  readonly cgroups = new SimCgroups((parent) => this.engine.core.isBusy(parent));
  /** What the agent logged: `<level> <message>`. */
  readonly logged: string[] = [];
  /** What the agent asked of the Engine for its tasks, in order: `<call> <what>`. */
  readonly asked: string[] = [];
  /** Whose credentials it asked for. */
  readonly logins: LoginRequest[] = [];
  store = new FaultyStore();
  /** What outlives the process of its flight record. */
  readonly flightLog = new MemoryFlightLog();
  agent: Agent | undefined;
  exit: AgentExit | undefined;
  readonly #settings: AgentSettings;
  readonly #metadataFiles: MetadataFilePort;
  readonly #loginFor: RegistryPort['loginFor'];
  readonly #instanceTags: Ec2Port['instanceTags'];
  readonly #download: UpdatePort['download'];
  readonly #telemetry: WorldSettings['telemetry'];
  readonly #around: (ports: AgentPorts) => AgentPorts;
  readonly #watch: (agent: Agent) => void;
  #life = new Life();

  constructor(given: WorldSettings = {}) {
    const { rules, cleanup, engine, metadataFiles, loginFor, planeLatencyMs, ...others } = given;
    const { instanceTags, download, telemetry, seed = 1, clock, around, watch, ...more } = others;
    this.clock = clock ?? new SimClock(1_700_000_000_000);
    this.instance = new SimInstance(this.clock);
    this.#around = around ?? ((ports) => ports);
    this.#watch = watch ?? (() => {});
    this.random = simRandom(seed);
    this.#telemetry = telemetry;
    this.#instanceTags = instanceTags ?? (() => Promise.resolve({}));
    this.plane = new SimPlane(this.clock, planeLatencyMs);
    this.engine = new SimEngine({ clock: this.clock, random: this.random, ...engine });
    this.#metadataFiles = metadataFiles ?? noMetadataFiles;
    this.#loginFor = loginFor ?? (() => Promise.resolve(null));
    this.#download = download ?? (() => Promise.resolve({ path: '/updates/new.tar' }));
    this.#settings = {
      ...settings,
      ...more,
      rules: { ...settings.rules, ...rules },
      cleanup: { ...settings.cleanup, ...cleanup },
    };
  }

  /** Starts the agent on what the store holds, and lets it connect. `mend` may change the rows. */
  async start(mend?: (rows: Row[]) => Row[]): Promise<void> {
    const before = this.plane.connections;
    await this.begin(mend);
    await this.clock.until(
      () => this.plane.connections > before || this.exit !== undefined,
      30_000,
    );
    await this.clock.settle();
  }

  /** Starts the agent, and lets no time pass. */
  async begin(mend: (rows: Row[]) => Row[] = (rows) => rows): Promise<void> {
    const { rows } = await this.#opened();
    const life = new Life();
    this.#life = life;
    const ports = this.#around(this.#portsOf(life));
    this.agent = createAgent(ports, this.#settings, sortRows(mend(rows)));
    void this.agent.ended.then((exit) => {
      this.exit = exit;
    });
    this.#watch(this.agent);
    this.agent.start();
  }

  /** What one life of the agent sees of the world. */
  #portsOf(life: Life): AgentPorts {
    const say = (level: string) => (message: string, fields?: LogFields) =>
      this.logged.push(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}`);
    const { clock, random, engine, plane, flightLog } = this;
    return {
      clock: {
        now: () => clock.now(),
        at: (time, wake) => clock.at(time, () => life.alive && wake()),
        afterTurn: (work) => clock.afterTurn(() => life.alive && work()),
      },
      random,
      host: this.host,
      metadata: life.bound(this.instance.port),
      cgroups: this.cgroups,
      registry: {
        loginFor: (request, signal) => {
          this.logins.push(request);
          return this.#loginFor(request, signal);
        },
      },
      metadataFiles: this.#metadataFiles,
      updates: { download: this.#download },
      ownImage: () => null,
      store: this.store,
      flightLog,
      docker: {
        ...life.bound(this.#heard(engine.port(cluster, { host: this.host }))),
        names: engineNames,
      },
      ecs: life.bound(this.#ecs()),
      ec2: { instanceTags: (instanceId) => this.#instanceTags(instanceId) },
      acs: {
        connect: (address, listener) => plane.acs.connect(address, life.hearing(listener)),
        flushed: () => plane.acs.flushed(),
      },
      tcs: this.#telemetry?.tcs ?? null,
      ...(this.#telemetry && { measurements: this.#telemetry.measurements }),
      log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    };
  }

  /** Kills the agent: whatever was not on disk is lost. Its containers go on. */
  async kill(): Promise<void> {
    this.die();
    await this.clock.settle();
  }

  /** The same at once, in the middle of a turn. */
  die(): void {
    this.#life.alive = false;
    this.store = this.store.crash();
  }

  /** The state of an actor in one word, e.g. `running.steady`; undefined where there is none. */
  stateOf(actorId: string): string | undefined {
    const actor = this.agent?.system.get(actorId);
    return actor && stateName(actor.getSnapshot().value);
  }

  /** Lets time pass until ECS has been told this status of a task. */
  async untilTold(id: string, status: string, limitMs?: number): Promise<void> {
    const statuses = () => this.plane.statusesOf(taskArn(id));
    await this.clock.until(() => statuses().includes(status), limitMs);
  }

  /** What ECS was told of a task, in order, a line each; see {@link told}. */
  told(id: string): string[] {
    const arn = taskArn(id);
    return this.plane.reports.filter(({ taskArn }) => taskArn === arn).map(told);
  }

  /** How often the agent has asked the Engine for this. */
  count(call: Exclude<keyof EnginePort, 'names'>): number {
    return this.engine.calls.get(call) ?? 0;
  }

  /** The events of the Engine in order: `<action> <container name>`. */
  happened(): string[] {
    return this.engine.core.log.map(
      ({ Action, Actor }) => `${Action} ${Actor.Attributes['com.amazonaws.ecs.container-name']}`,
    );
  }

  #heard = (port: EnginePort): EnginePort =>
    heard(port, (line) => this.asked.push(line), this.#settings.pauseImage);

  /** The ECS API, which names an endpoint of telemetry where a story is about that. */
  #ecs(): EcsPort {
    const { ecs } = this.plane;
    if (!this.#telemetry) return ecs;
    const { endpoint: telemetry = 'sim://tcs/' } = this.#telemetry;
    const discoverPollEndpoint: EcsPort['discoverPollEndpoint'] = async (...asked) => ({
      ...(await ecs.discoverPollEndpoint(...asked)),
      telemetry,
    });
    return { ...ecs, discoverPollEndpoint };
  }

  #opened() {
    const opening = this.store.open();
    return this.clock.settle().then(() => opening);
  }
}

/** The Engine's port, through which every call is heard that is about tasks: `<call> <what>`. */
export function heard(
  port: EnginePort,
  hear: (line: string) => void,
  pauseImage = pauseReference,
): EnginePort {
  const methods = Object.entries(port).map(([name, method]) => [
    name,
    (...given: unknown[]) => {
      const what = subjectOf(given[0]);
      if (!housekeeping.includes(name) && what !== pauseImage)
        hear(name === 'stop' ? `stop ${what} ${given[1]}` : `${name} ${what}`);
      return (method as (...given: unknown[]) => unknown)(...given);
    },
  ]);
  return { ...Object.fromEntries(methods), names: port.names };
}

/** What a call is about: a container by its name in its task, an image or a volume. */
function subjectOf(given: unknown): string {
  if (typeof given === 'string') return given;
  const { container, name } = given as { container?: { name: string }; name?: string };
  return container?.name ?? name ?? '';
}
