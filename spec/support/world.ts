import { type Agent, type AgentSettings, createAgent } from '../../actors/agent.ts';
import type { LogFields } from '../../actors/recorder.ts';
import { stateName } from '../../actors/recorder.ts';
import { sortRows } from '../../actors/restore.ts';
import type { AgentExit } from '../../machines/agent/model.ts';
import { FaultyStore } from '../../persistence/faulty.ts';
import type { Row } from '../../persistence/store.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { SimEngine } from '../../transport/sim/engine.ts';
import { simHost } from '../../transport/sim/host.ts';
import { SimPlane } from '../../transport/sim/plane.ts';
import { simRandom } from '../../transport/sim/random.ts';

const cluster = 'specs';

const settings: AgentSettings = {
  cluster,
  pullBehavior: 'prefer-cached',
  stopTimeoutMs: 30_000,
  identity: null,
  reservedMemoryMiB: 512,
  reservedTcpPorts: [22],
  reservedUdpPorts: [],
  capabilities: {
    loggingDrivers: ['json-file'],
    privilegedDisabled: false,
    external: true,
    custom: {},
  },
};

/** A whole agent under virtual time, with a simulated Engine, control plane and store. */
export class World {
  readonly clock = new SimClock(1_700_000_000_000);
  readonly random = simRandom(1);
  readonly engine = new SimEngine({ clock: this.clock, random: this.random });
  readonly plane = new SimPlane(this.clock);
  /** What the agent logged: `<level> <message>`. */
  readonly logged: string[] = [];
  store = new FaultyStore();
  agent: Agent | undefined;
  exit: AgentExit | undefined;
  readonly #settings: AgentSettings;
  #life = new Life();

  constructor(more: Partial<AgentSettings> = {}) {
    this.#settings = { ...settings, ...more };
  }

  /** Starts the agent on what the store holds, and lets it connect. `mend` may change the rows. */
  async start(mend?: (rows: Row[]) => Row[]): Promise<void> {
    const before = this.plane.connections;
    await this.begin(mend);
    await this.clock.until(
      () => this.plane.connections > before || this.exit !== undefined,
      10_000,
    );
    await this.clock.settle();
  }

  /** Starts the agent, and lets no time pass. */
  async begin(mend: (rows: Row[]) => Row[] = (rows) => rows): Promise<void> {
    const { rows } = await this.#opened();
    const say = (level: string) => (message: string, fields?: LogFields) =>
      this.logged.push(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}`);
    const { clock, random, engine, plane } = this;
    const life = new Life();
    this.#life = life;
    this.agent = createAgent(
      {
        clock: {
          now: () => clock.now(),
          at: (time, wake) => clock.at(time, () => life.alive && wake()),
          afterTurn: (work) => clock.afterTurn(() => life.alive && work()),
        },
        random,
        host: simHost(),
        store: this.store,
        docker: life.bound(engine.port(cluster)),
        ecs: life.bound(plane.ecs),
        acs: plane.acs,
        log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
      },
      this.#settings,
      sortRows(mend(rows)),
    );
    void this.agent.ended.then((exit) => {
      this.exit = exit;
    });
    this.agent.start();
  }

  /** Kills the agent: whatever was not on disk is lost. Its containers go on. */
  async kill(): Promise<void> {
    this.#life.alive = false;
    this.store = this.store.crash();
    await this.clock.settle();
  }

  /** The state of an actor in one word, e.g. `running.steady`; undefined where there is none. */
  stateOf(actorId: string): string | undefined {
    const actor = this.agent?.system.get(actorId);
    return actor && stateName(actor.getSnapshot().value);
  }

  /** The events of the Engine in order: `<action> <container name>`. */
  happened(): string[] {
    return this.engine.core.log.map(
      ({ Action, Actor }) => `${Action} ${Actor.Attributes['com.amazonaws.ecs.container-name']}`,
    );
  }

  #opened() {
    const opening = this.store.open();
    return this.clock.settle().then(() => opening);
  }
}

/** The life of one process: its ports answer nothing any more once it has ended. */
class Life {
  alive = true;

  bound<Port extends object>(port: Port): Port {
    const methods = Object.entries(port).map(([name, method]) => [
      name,
      (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          if (!this.alive) return;
          (method as (...given: unknown[]) => Promise<unknown>)(...given).then(
            (answer) => this.alive && resolve(answer),
            (error: unknown) => this.alive && reject(error),
          );
        }),
    ]);
    return Object.fromEntries(methods) as Port;
  }
}
