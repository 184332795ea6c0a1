import type { Agent } from '../../../actors/agent.ts';
import { explain } from '../../../actors/explain.ts';
import { readTask } from '../../../transport/acs/task.ts';
import type { WireTask } from '../../../transport/acs/task-definition.ts';
import { EngineRefusal } from '../../../transport/docker/calls.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import type { Explanation } from '../../../transport/http/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { SimInstance } from '../../../transport/sim/host.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import { SimRegistry } from '../../../transport/sim/registry.ts';
import { Members } from '../../../transport/wire/members.ts';
import { settingsOf, waitLimits } from '../../commands/assemble.ts';
import { readConfig } from '../../config/config.ts';
import { counted } from '../../service/repeats.ts';
import { taskArn } from '../../world/settings.ts';
import { told } from '../../world/told.ts';
import { World, type WorldSettings } from '../../world/world.ts';
import { Frames } from '../acs.ts';
import { msOf } from '../file/shapes.ts';
import type { AskStep, Scenario } from '../model.ts';
import { environmentOf } from '../settings.ts';
import { wireOf } from '../sketch.ts';
import { type Asker, answersTo, thisHost, variablesOf } from './asking.ts';
import { deedsOn, type Scene } from './deeds.ts';
import { anotherHost, Doors } from './doors.ts';
import { acknowledged, type Deed, type Seen, type Stage } from './stage.ts';

/** What the registry says of every image where a scenario speaks of images. */
const digest = `sha256:${'d'.repeat(64)}`;

/** How long a call takes. */
const usualLatency = '1ms';

/** How long an agent that starts may take to connect, or to end. */
const startMs = 30_000;

/** Virtual time, with a simulated Engine, control plane, store and host. */
export class VirtualStage implements Stage {
  readonly patience = { usualMs: 3_600_000, leastMs: 0 };
  readonly #scene: Scene;
  readonly #limits: Record<string, number>;
  readonly #names: Map<string, string>;
  readonly #answered: string[] = [];
  #open: (agent: Agent) => Doors | undefined = () => undefined;
  #doors: Doors | undefined;

  constructor(scenario: Scenario) {
    const { config } = readConfig(environmentOf(scenario), 'linux');
    const { port: metadata } = new SimInstance(new SimClock());
    const settings = settingsOf({ config, metadata, ec2InstanceId: null });
    const world = new World({
      ...settings,
      planeLatencyMs: msOf(scenario.latency?.ecs ?? usualLatency),
      ...engineOf(scenario),
      seed: scenario.seed ?? 1,
      around: (given) => {
        const ports = { ...given, log: counted(given.log, given.clock) };
        this.#open = (agent) => new Doors(agent, { config, ports, forTasks: world.plane.forTasks });
        return ports;
      },
    });
    const tasks = new Map(
      Object.entries(scenario.tasks ?? {}).map(([name, sketch]): [string, WireTask] => [
        name,
        wireOf(name, sketch, { arn: taskArn(name), image: null }),
      ]),
    );
    for (const [name, { tags }] of Object.entries(scenario.tasks ?? {}))
      if (tags) world.plane.forTasks.tagged.set(taskArn(name), tags);
    this.#limits = waitLimits(config);
    this.#names = new Map([...tasks].map(([name, { arn }]) => [arn, name]));
    this.#scene = { world, frames: new Frames(tasks), dockerName: (of) => dockerNameIn(tasks, of) };
  }

  get seen(): Seen {
    const { plane, asked, logged } = this.#world;
    return {
      submitted: plane.reports.map((report) => `${this.#nameOf(report.taskArn)} ${told(report)}`),
      acknowledged: plane.acknowledgements.map((said) => acknowledged(said, this.#nameOf)),
      happened: this.#world.happened().filter((event) => !event.startsWith('health_status')),
      asked,
      answered: this.#answered,
      logged,
    };
  }

  isRepeatable(): boolean {
    return true;
  }

  now(): number {
    return this.#world.clock.now();
  }

  advance(ms: number): Promise<void> {
    return this.#world.clock.advance(ms);
  }

  until(holds: () => boolean, limitMs: number): Promise<boolean> {
    return this.#world.clock.until(holds, limitMs).then(
      () => true,
      () => false,
    );
  }

  async begin(): Promise<void> {
    const { world } = this.#scene;
    if (world.exit) await this.#kill();
    const before = world.plane.connections;
    world.exit = undefined;
    await world.begin();
    this.#doors = world.agent && this.#open(world.agent);
    await this.until(() => world.plane.connections > before || world.exit !== undefined, startMs);
    await world.clock.settle();
  }

  async act(deed: Deed): Promise<void> {
    const { world } = this.#scene;
    if ('start' in deed) return this.begin();
    if ('crash' in deed) return this.#kill();
    if ('stop' in deed) {
      world.agent?.stop();
      await this.until(() => world.exit !== undefined, startMs);
      return this.#kill();
    }
    if ('ask' in deed)
      void this.#answersTo(deed.ask).then((answered) => this.#answered.push(answered));
    else deedsOn(this.#scene, deed);
    await world.clock.settle();
  }

  #kill(): Promise<void> {
    this.#doors?.close();
    this.#doors = undefined;
    return this.#world.kill();
  }

  async #answersTo(step: AskStep): Promise<string> {
    const { from } = step;
    if (!this.#doors || this.#world.exit) return 'no answer: the agent does not run';
    const asker = from === undefined ? thisHost : from === 'another host' ? anotherHost : null;
    if (asker) return answersTo(step, asker, this.#doors.ask);
    if (from === undefined || this.container(from) !== 'running')
      return `no answer: ${from} does not run`;
    return answersTo(step, this.#asker(from), this.#doors.ask);
  }

  /** A container on the network of the host is known by the host's address. */
  #asker(container: string): Asker {
    const { core } = this.#world.engine;
    const { Config, NetworkSettings } = core.inspect(this.#scene.dockerName(container));
    const isOnHost = 'host' in NetworkSettings.Networks;
    const [network] = Object.values(NetworkSettings.Networks);
    const address = isOnHost ? thisHost.address : network?.IPAddress || null;
    return { variables: variablesOf(Config.Env ?? []), address, isOnHost };
  }

  stateOf(actorId: string): string | undefined {
    return this.#world.stateOf(actorId);
  }

  explain(task: string | null): Explanation[] {
    const { agent } = this.#world;
    return agent ? explain({ ...agent, limits: this.#limits }, task) : [];
  }

  container(name: string): string {
    const { core } = this.#world.engine;
    try {
      const { State } = core.inspect(this.#scene.dockerName(name));
      return State.Status === 'exited' ? `exited ${State.ExitCode}` : State.Status;
    } catch (error) {
      if (error instanceof EngineRefusal && error.statusCode === 404) return 'gone';
      throw error;
    }
  }

  exitCode(): number | null {
    return this.#world.exit?.code ?? null;
  }

  async close(): Promise<void> {
    await this.#kill();
  }

  get #world(): World {
    return this.#scene.world;
  }

  #nameOf = (arn: string): string => this.#names.get(arn) ?? arn;
}

/** The Engine with its images: without a word of them all, of which nobody knows a digest. */
const engineOf = ({ images, latency }: Scenario): Pick<WorldSettings, 'engine'> => ({
  engine: {
    latencyMs: msOf(latency?.engine ?? usualLatency),
    ...(images && {
      images: images.engine ?? [],
      registry: new SimRegistry(images.registry, { digest }),
    }),
  },
});

/** The Docker name of `TASK/CONTAINER`. */
function dockerNameIn(tasks: ReadonlyMap<string, WireTask>, of: string): string {
  const [name = '', containerName = ''] = of.split('/');
  const wire = tasks.get(name);
  const task = wire && readTask(new Members(wire, 'task'), simRandom(0))?.plan;
  const container = task?.containers.find((one) => one.name === containerName);
  if (!task || !container) throw new Error(`the scenario has no container ${of}`);
  return dockerNameOf({ task, container });
}
