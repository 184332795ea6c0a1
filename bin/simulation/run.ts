import type { AnyActorRef } from 'xstate';
import type { Agent } from '../../actors/agent.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import type { PlaneEvent } from '../../machines/plane/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import { realClock } from '../../transport/host/clock.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { World } from '../world/world.ts';
import { drawFaults, type FaultKind } from './plan/faults.ts';
import { Draw, type Plan, planOf } from './plan/plan.ts';
import { drawWorkload, simImages } from './plan/workload.ts';
import { remains, unsettled } from './rules/end.ts';
import { Invariants, type Violation } from './rules/invariants.ts';
import { SimEcs } from './world/ecs.ts';
import { Weather } from './world/weather.ts';

const second = 1_000;
const minute = 60 * second;

/** What came of a simulation. */
export interface Outcome {
  seed: number;
  violation: Violation | null;
  struck: Partial<Record<FaultKind, number>>;
  /** All simulated minutes, those after the end of the plan included. */
  minutes: number;
  steps: number;
}

/** The plan that a seed stands for. */
export function drawPlan(seed: number, size: { tasks: number; minutes: number }): Plan {
  const draw = new Draw(simRandom(seed));
  const workload = drawWorkload(draw, size);
  return { seed, minutes: size.minutes, ...workload, faults: drawFaults(draw, size.minutes) };
}

/** One time that a fault struck, ms from the beginning, and what: see {@link Fate.struck}. */
export interface Strike {
  at: number;
  /** Two are no faults: the agent has ended, asked or unasked, and is begun again. */
  kind: FaultKind | 'agent.ended' | 'agent.begun';
  on: string;
}

/**
 * Runs a plan to its end, or to the first rule that is broken; `tell` is told all that happens, and
 * `strikes` gets what the faults have struck.
 */
export const simulate = (
  plan: Plan,
  tell?: (line: string) => void,
  strikes?: Strike[],
): Promise<Outcome> => new Simulation(plan, tell, strikes).run();

/** How soon a process that has ended is begun anew, as service managers do. */
const respawnMs = 10 * second;

/** How long each call takes. */
export const latencyMs = { ecs: 40, engine: 5 } as const;

/** What the time that stopped tasks are kept differs by, at most. */
export const cleanupJitterMs = 30 * second;

const macrotask = realClock();

class Simulation {
  readonly #plan: Plan;
  readonly #plans: ReadonlyMap<string, TaskPlan>;
  readonly #tell: ((line: string) => void) | undefined;
  readonly #strikes: Strike[] | undefined;
  readonly #clock = new SimClock(
    1_700_000_000_000,
    () => new Promise((resolve) => macrotask.afterTurn(resolve)),
  );
  readonly #weather: Weather;
  readonly #world: World;
  readonly #ecs: SimEcs;
  readonly #invariants: Invariants;
  readonly #began = this.#clock.now();
  /** What has to be done between two steps. */
  readonly #due: (() => Promise<void>)[] = [];
  #isDown = true;
  #steps = 0;

  constructor(plan: Plan, tell?: (line: string) => void, strikes?: Strike[]) {
    this.#plan = plan;
    this.#tell = tell;
    this.#strikes = strikes;
    this.#weather = new Weather(plan, () => this.#world, {
      isUp: () => !this.#isDown,
      died: (downMs) => this.#died(downMs),
      stop: (downMs) => this.#stop(downMs),
      tell: (line) => this.#say(line),
      heard: (messageId) => this.#invariants.heard(messageId),
      stops: (ref) => this.#invariants.stops(ref),
      struck: (kind, on) => this.#struck(kind, on),
      acknowledged: (messageId) => this.#invariants.acknowledged(messageId),
    });
    this.#world = this.#newWorld();
    const plans = new Map(plan.tasks.map((task) => planOf(task)).map((task) => [task.arn, task]));
    this.#ecs = new SimEcs(this.#world, plans, this.#weather);
    this.#invariants = new Invariants(this.#world, this.#ecs, plans);
    const { plane, host } = this.#world;
    plane.api.weather = (call) => this.#weather.ofEcs(call);
    plane.follow((event) => this.#heard(event));
    host.setPortsTaken(() => this.#weather.meets('host.ports taken'));
    const gibibyte = 1_073_741_824;
    host.setDisk(() => {
      const free = this.#weather.meets('host.disk fills') ? 2 : 20;
      return { totalBytes: 40 * gibibyte, freeBytes: free * gibibyte };
    });
    this.#plans = plans;
  }

  async run(): Promise<Outcome> {
    await this.#begin();
    const { steps, faults, minutes } = this.#plan;
    for (const step of steps) this.#clock.at(this.#began + step.at, () => this.#ecs.take(step));
    for (const fault of faults)
      this.#clock.at(this.#began + fault.at, () => this.#weather.begin(fault));
    await this.#pass(this.#began + minutes * minute);
    this.#weather.calm();
    this.#say('faults are over');
    this.#world.plane.drop({ clean: true });
    const isTold = () => unsettled(this.#world, this.#ecs, this.#plans);
    await this.#until('everything settles', isTold, 120);
    this.#ecs.stopAll();
    await this.#until('everything settles', isTold, 30);
    const keptMinutes = this.#plan.cleanupWaitMs / minute;
    await this.#until('nothing is nobody’s', () => remains(this.#world), keptMinutes + 60);
    return {
      seed: this.#plan.seed,
      violation: this.#invariants.violation,
      struck: Object.fromEntries(this.#weather.struck),
      minutes: (this.#clock.now() - this.#began) / minute,
      steps: this.#steps,
    };
  }

  /** Lets time pass until nothing is missing any more; that it does is a rule. */
  async #until(rule: string, missing: () => string | null, withinMinutes: number): Promise<void> {
    const end = this.#clock.now() + withinMinutes * minute;
    while (missing() !== null && !this.#invariants.violation) {
      if (this.#clock.now() >= end)
        this.#invariants.break(rule, `${missing()} after ${withinMinutes} minutes`);
      await this.#pass(this.#clock.now() + minute);
    }
  }

  async #pass(end: number): Promise<void> {
    while (!this.#invariants.violation) {
      for (const work of this.#due.splice(0)) await work();
      if (!(await this.#clock.step(end))) break;
      this.#steps += 1;
      const isHeld = this.#weather.has('store.disk full') || this.#weather.has('store.slow');
      if (!this.#isDown) this.#invariants.check({ isHeld });
      const { exit } = this.#world;
      if (exit && !this.#isDown) this.#exited(exit);
    }
    await this.#clock.advance(Math.max(0, end - this.#clock.now()));
  }

  #exited({ code, reason }: { code: number; reason: string }): void {
    this.#say(`the agent ends with ${code}: ${reason}`);
    this.#struck('agent.ended');
    if (code === exitCodes.terminal || /failed:/.test(reason))
      this.#invariants.break('the agent lives', `it ends with ${code}: ${reason}`);
    this.#died(respawnMs);
  }

  #stop(downMs: number): void {
    if (this.#isDown) return;
    this.#world.agent?.stop();
    this.#clock.at(this.#clock.now() + 4 * second, () => {
      if (this.#world.exit && !this.#isDown) this.#died(downMs);
    });
  }

  /** The process is no more: nothing of it goes on, and its connection breaks. */
  #died(downMs: number): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#world.die();
    this.#world.plane.drop({ clean: false });
    this.#clock.at(this.#clock.now() + Math.max(downMs, 1), () => {
      this.#due.push(() => this.#begin());
    });
  }

  async #begin(): Promise<void> {
    this.#world.exit = undefined;
    this.#weather.renew();
    await this.#world.begin();
    this.#isDown = false;
    this.#struck('agent.begun');
  }

  #newWorld(): World {
    const { seed, pullBehavior, cleanupWaitMs, polls } = this.#plan;
    return new World({
      seed,
      clock: this.#clock,
      planeLatencyMs: latencyMs.ecs,
      engine: {
        clock: this.#weather.hostClock(this.#clock),
        images: ['amazon/amazon-ecs-pause:0.1.0'],
        registry: simImages(),
        latencyMs: latencyMs.engine,
      },
      rules: { pullBehavior, cleanupWaitMs, cleanupJitterMs },
      cleanup: { intervalMs: 10 * minute, minimumAgeMs: 5 * minute, imagesPerCycle: 2 },
      sampling: polls ? { by: 'poll', everyMs: 15 * second } : { by: 'nothing' },
      around: (ports) => this.#weather.around(ports),
      watch: (agent) => this.#follow(agent),
    });
  }

  #follow(agent: Agent): void {
    this.#invariants.follow(agent);
    if (!this.#tell) return;
    agent.system.inspect((event) => {
      if (event.type === '@xstate.event')
        this.#say(`${(event.actorRef as AnyActorRef).id} ${JSON.stringify(event.event)}`);
    });
  }

  #heard(event: PlaneEvent): void {
    if (this.#tell) this.#say(`ecs ${JSON.stringify(event)}`);
    if (event.type === 'task.reported') this.#invariants.reported(event.report);
    this.#ecs.hear(event);
  }

  #struck(kind: Strike['kind'], on = ''): void {
    this.#strikes?.push({ at: Math.round(this.#clock.now() - this.#began), kind, on });
  }

  #say(line: string): void {
    this.#tell?.(`${this.#clock.now() - this.#began} ${line}`);
  }
}
