import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentPorts } from '../../../actors/agent.ts';
import type { Pulse } from '../../../actors/effect.ts';
import { explain } from '../../../actors/explain.ts';
import { type LogFields, stateName } from '../../../actors/recorder.ts';
import { sortRows } from '../../../actors/restore.ts';
import { taskIdOf } from '../../../machines/names/arn.ts';
import { allStopped } from '../../../machines/plane/decide.ts';
import { LevelStore } from '../../../persistence/level.ts';
import type { WireTask } from '../../../transport/acs/task-definition.ts';
import type { EngineEvent, EnginePort } from '../../../transport/docker/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import type { Explanation } from '../../../transport/http/port.ts';
import { noMetadata } from '../../../transport/instance/none.ts';
import { assemble, connectEngine, waitLimits } from '../../commands/assemble.ts';
import { callsOf } from '../../commands/calls.ts';
import { LocalPlane, localTaskArn } from '../../commands/local-plane.ts';
import type { Config } from '../../config/config.ts';
import { counted } from '../../service/repeats.ts';
import type { Environment } from '../../variables/variables.ts';
import { told } from '../../world/told.ts';
import { heard } from '../../world/world.ts';
import type { AcsStep, Scenario } from '../model.ts';
import { configOf } from '../settings.ts';
import { keysOf, wireOf } from '../sketch.ts';
import { Mortal } from './mortal.ts';
import { Sockets } from './sockets.ts';
import { type Deed, NotHere, type Seen, type Stage } from './stage.ts';

/** What a real Engine is reached by, and the image that it has for all others. */
export interface DockerOptions {
  image: string;
  environment: Environment;
}

/** How often what is waited for is looked at, and how long the end may take. */
const glanceMs = 20;
const endMs = 60_000;

/** Opens a stage on the Engine of the environment, with a control plane on loopback. */
export async function openDockerStage(
  scenario: Scenario,
  { image, environment }: DockerOptions,
): Promise<Stage> {
  const pulse = { clock: realClock(), random: realRandom };
  const id = pulse.random.uuid().slice(0, 8);
  const cluster = `scenario-${id}`;
  const tasks = Object.entries(scenario.tasks ?? {}).map(([name, sketch]): [string, WireTask] => {
    const arn = localTaskArn(cluster, `${name}-${id}`);
    return [name, wireOf(name, sketch, { arn, image })];
  });
  const folder = mkdtempSync(join(tmpdir(), 'ecs-agent-scenario-'));
  const config = configOf(scenario, { cluster, folder, environment });
  const docker = await reached(config, pulse);
  const unheard = { submitted: [], acknowledged: [], asked: [] };
  const seen: Seen = { ...unheard, happened: [], answered: [], logged: [] };
  const names = new Map(tasks.map(([name, { arn }]) => [arn, name]));
  const plane = new LocalPlane(pulse, cluster, (report) => {
    const name = names.get(report.taskArn) ?? '';
    // Reasons name the task by its ARN, whose end is its own each time.
    seen.submitted.push(`${name} ${told(report).replaceAll(`${name}-${id}`, name)}`);
  });
  await plane.open();
  return new DockerStage({ pulse, config, docker, plane, seen, folder, tasks: new Map(tasks) });
}

/** The Engine, once it answers: without it every step would be waited for in vain. */
async function reached(config: Config, { clock }: Pulse): Promise<EnginePort> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const { docker } = connectEngine({ config, clock, log });
  await docker.ping().catch((error) => {
    rmSync(config.dataDirectory, { recursive: true });
    throw error;
  });
  return docker;
}

interface Parts {
  pulse: Pulse;
  config: Config;
  docker: EnginePort;
  plane: LocalPlane;
  seen: Seen;
  folder: string;
  tasks: Map<string, WireTask>;
}

/** Real time, a real Engine, real sockets; the agent is in this process. */
class DockerStage implements Stage {
  readonly patience = { usualMs: 60_000, leastMs: 20_000 };
  readonly seen: Seen;
  readonly #parts: Parts;
  /** The state of containers by `TASK/CONTAINER`, as the Engine's events tell. */
  readonly #containers = new Map<string, string>();
  readonly #made = new Set<string>();
  readonly #sockets = new Sockets();
  readonly #ending = new AbortController();
  #mortal = new Mortal();
  #agent: Agent | undefined;
  #store: LevelStore | undefined;
  #exitCode: number | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.seen = parts.seen;
    void this.#follow();
  }

  /** How often the agent looks is a matter of time, and time is real here. */
  isRepeatable(asked: string): boolean {
    return !asked.startsWith('inspect');
  }

  now(): number {
    return this.#parts.pulse.clock.now();
  }

  advance(ms: number): Promise<void> {
    const { clock } = this.#parts.pulse;
    return new Promise((resolve) => void clock.at(clock.now() + ms, resolve));
  }

  async until(holds: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.now() + limitMs;
    while (!holds() && this.now() < end) await this.advance(glanceMs);
    return holds();
  }

  async begin(): Promise<void> {
    const { config, plane, pulse } = this.#parts;
    await this.#store?.close(); // One that ended by itself has it open still.
    const mortal = new Mortal();
    this.#mortal = mortal;
    const store = new LevelStore(config.dataDirectory);
    this.#store = store;
    const { rows } = await store.open();
    const clock = mortal.clock(pulse.clock);
    const say = (level: string) => (message: string, fields?: LogFields) =>
      this.seen.logged.push(`${level} ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}`);
    const assembly = {
      config: { ...config, backendHost: plane.url },
      clock,
      log: counted(
        { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
        clock,
      ),
      store,
      saved: sortRows(rows),
      ...{ ec2InstanceId: null, metadata: noMetadata },
    };
    const around = (ports: AgentPorts): AgentPorts => {
      const docker = { ...ports.docker, create: this.#noting(ports.docker.create) };
      const bound = mortal.ports({ ...ports, docker });
      return { ...bound, docker: heard(bound.docker, (line) => this.#hear(line)) };
    };
    const engine = connectEngine(assembly);
    const calls = callsOf(assembly, engine.host);
    const agent = assemble(assembly, engine, { way: calls, around });
    this.#agent = agent;
    this.#exitCode = null;
    void agent.ended.then(({ code }) => {
      if (this.#agent === agent) this.#exitCode = code;
    });
    agent.start();
    await this.#sockets.open(agent, { ...assembly, ...engine, calls });
    await this.until(() => plane.isConnected() || this.#exitCode !== null, endMs);
  }

  async act(deed: Deed): Promise<void> {
    if ('start' in deed) return this.begin();
    if ('crash' in deed) return this.#crash();
    if ('stop' in deed) return this.#stop();
    if ('ask' in deed) {
      void this.#sockets.answersTo(deed.ask).then((line) => this.seen.answered.push(line));
      return;
    }
    if ('session' in deed && deed.session === 'breaks') return this.#parts.plane.drop();
    if (!('acs' in deed)) throw new NotHere(Object.keys(deed).join());
    return this.#say(deed.acs);
  }

  async #say(acs: AcsStep): Promise<void> {
    const isPlain = !('messageId' in acs);
    if ('credentials' in acs && isPlain) return this.#refresh(acs.credentials, acs.role);
    const stops = 'stop' in acs ? (acs.stop ?? []) : [];
    const runs = 'run' in acs ? acs.run : [];
    if (!isPlain || stops.length + runs.length === 0)
      throw new NotHere(`acs ${Object.keys(acs).join(', ')}`);
    for (const name of stops) this.#parts.plane.stop(this.#task(name).arn);
    for (const name of runs) this.#parts.plane.run(this.#task(name));
  }

  /** An actor is named by the task's name, not by its id. */
  stateOf(actorId: string): string | undefined {
    const [kind, name = '', ...rest] = actorId.split('/');
    const task = this.#parts.tasks.get(name);
    const id = task ? [kind, taskIdOf(task.arn), ...rest].join('/') : actorId;
    const actor = this.#agent?.system.get(id);
    return actor && stateName(actor.getSnapshot().value);
  }

  explain(task: string | null): Explanation[] {
    if (!this.#agent) return [];
    const limits = waitLimits(this.#parts.config);
    const about = task === null ? null : this.#task(task).arn;
    return explain({ ...this.#agent, limits }, about).map((one) => ({
      ...one,
      ...(task !== null && { subject: `task ${task}` }),
    }));
  }

  container(name: string): string {
    return this.#containers.get(name) ?? 'gone';
  }

  exitCode(): number | null {
    return this.#exitCode;
  }

  /** Stops and removes all that its tasks have made, by an agent that is alive. */
  async close(): Promise<void> {
    const { plane, folder } = this.#parts;
    if (!this.#mortal.life.alive || this.#exitCode !== null) await this.begin();
    plane.stopAll();
    await this.until(() => allStopped(plane.context()), endMs);
    await this.#agent?.clear();
    await this.#stop();
    this.#ending.abort();
    await plane.close();
    rmSync(folder, { recursive: true, force: true });
  }

  /** As if the process was killed: nothing is answered, nothing wakes, nothing more is saved. */
  async #crash(): Promise<void> {
    const { plane } = this.#parts;
    this.#mortal.kill();
    await this.#sockets.close();
    plane.drop();
    await this.until(() => !plane.isConnected(), endMs);
    await this.#store?.close();
  }

  async #stop(): Promise<void> {
    this.#agent?.stop();
    await this.#agent?.ended;
    await this.#sockets.close();
    await this.until(() => !this.#parts.plane.isConnected(), endMs);
    this.#mortal.kill();
    await this.#store?.close();
  }

  #refresh(name: string, role: 'task' | 'execution'): void {
    const { credentialsId, roleArn, expiration, ...keys } = keysOf(name, role);
    const of = { taskArn: this.#task(name).arn, credentialsId, roleArn, expiration, keys };
    this.#parts.plane.refresh(of, role === 'task' ? 'TaskApplication' : 'TaskExecution');
  }

  #hear(line: string): void {
    if (this.isRepeatable(line)) this.seen.asked.push(line);
  }

  /** That a container was made the agent learns of no event; one that it finds was made before. */
  #noting(create: EnginePort['create']): EnginePort['create'] {
    return async (request, signal) => {
      const runtimeId = await create(request, signal);
      const { task, container } = request;
      if (!this.#made.has(runtimeId)) this.seen.happened.push(`create ${container.name}`);
      this.#made.add(runtimeId);
      const name = `${this.#nameOf(task.arn)}/${container.name}`;
      this.#sockets.note(name, request, this.#parts.config.region);
      return runtimeId;
    };
  }

  async #follow(): Promise<void> {
    const on = { since: null, opened: () => {}, event: (event: EngineEvent) => this.#note(event) };
    await this.#parts.docker.watch(on, this.#ending.signal).catch(() => {});
  }

  #note({ action, taskArn, name, exitCode }: EngineEvent): void {
    if (action === 'health') return;
    const task = this.#nameOf(taskArn);
    const states = { start: 'running', die: `exited ${exitCode}`, destroy: 'gone' };
    this.#containers.set(`${task}/${name}`, states[action]);
    this.seen.happened.push(`${action} ${name}`);
  }

  #nameOf(taskArn: string): string {
    return [...this.#parts.tasks].find(([, { arn }]) => arn === taskArn)?.[0] ?? taskArn;
  }

  #task(name: string): WireTask {
    const task = this.#parts.tasks.get(name);
    if (!task) throw new Error(`the scenario has no task ${name}`);
    return task;
  }
}
