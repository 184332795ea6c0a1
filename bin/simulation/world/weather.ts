import type { AgentPorts } from '../../../actors/agent.ts';
import type { ContainerRef } from '../../../transport/docker/port.ts';
import { EcsError, type EcsErrorCode } from '../../../transport/ecs/port.ts';
import { clockOver } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import type { PlaneCall, PlaneFault } from '../../../transport/sim/plane/api.ts';
import { simRandom } from '../../../transport/sim/random.ts';
import type { World } from '../../world/world.ts';
import { type FaultKind, faultKinds } from '../plan/faults.ts';
import { Draw, type Fault, type Plan } from '../plan/plan.ts';
import { portsUnder } from './ports.ts';

/** What becomes of the agent's process, and what is said of it. */
export interface Fate {
  /** Whether there is a process. */
  isUp(): boolean;
  /** The process is dead; another one begins after `downMs`. */
  died(downMs: number): void;
  /** It is asked to end, and another one begins. */
  stop(downMs: number): void;
  tell(line: string): void;
  /** A message of ACS reaches the agent, or the agent says that it has it. */
  heard(messageId: string): void;
  acknowledged(messageId: string): void;
  /** The agent has the Engine stop a container. */
  stops(ref: ContainerRef): void;
  /** A fault has struck: a call, an image or a container, as the kind has it; '' for no such thing. */
  struck(kind: FaultKind, on: string): void;
}

/** The faults of a simulation: which of them there are now, and how often each has struck. */
export class Weather {
  readonly struck = new Map<FaultKind, number>();
  readonly draw: Draw;
  /** How far the time of day is from the time that has passed. */
  jumpedMs = 0;
  readonly fate: Fate;
  readonly #world: () => World;
  readonly #active = new Map<FaultKind, Set<Fault>>();
  readonly #ends = new Set<() => void>();
  #isOver = false;

  constructor({ seed }: Pick<Plan, 'seed'>, world: () => World, fate: Fate) {
    this.draw = new Draw(simRandom(seed ^ 0x5eed));
    this.#world = world;
    this.fate = fate;
  }

  /** The time of day on the host, and waits for time to pass there. */
  hostClock(ticks: Clock): Clock {
    return {
      now: () => ticks.now() + this.jumpedMs,
      at: (time, wake) => ticks.at(time - this.jumpedMs, wake),
      afterTurn: (work) => ticks.afterTurn(work),
    };
  }

  /** The ports of one life of the agent under this weather; its clock is the shipping one. */
  around(ports: AgentPorts): AgentPorts {
    const { clock } = ports;
    const agents = clockOver({
      now: () => clock.now() + this.jumpedMs,
      passed: () => clock.now(),
      after: (ms, wake) => clock.at(clock.now() + ms, wake),
      afterTurn: (work) => clock.afterTurn(work),
    });
    return { ...portsUnder(this, this.#world(), ports), clock: agents };
  }

  /** What lasts must be put upon what is new with a process. */
  renew(): void {
    this.#world().store.setFull(this.has('store.disk full'));
  }

  begin(fault: Fault): void {
    const { kind, forMs } = fault;
    if (this.#isOver) return;
    this.fate.tell(`fault ${kind} for ${forMs} ms`);
    const active = this.#active.get(kind) ?? new Set();
    this.#active.set(kind, active.add(fault));
    const onset = this.#onset(fault);
    const end = () => {
      if (!this.#ends.delete(end)) return;
      active.delete(fault);
      onset?.();
    };
    this.#ends.add(end);
    const { clock } = this.#world();
    if (forMs === 0) end();
    else clock.at(clock.now() + forMs, end);
  }

  /** Ends all that lasts; nothing begins any more. */
  calm(): void {
    this.#isOver = true;
    for (const end of [...this.#ends]) end();
  }

  has(kind: FaultKind): boolean {
    return (this.#active.get(kind)?.size ?? 0) > 0;
  }

  /** Whether a fault of this kind strikes now, and what, which is counted. */
  meets(kind: FaultKind, on = ''): boolean {
    const [fault] = this.#active.get(kind) ?? [];
    if (!fault || (fault.share < 1 && !this.draw.chance(fault.share))) return false;
    this.count(kind, on);
    return true;
  }

  count(kind: FaultKind, on = ''): void {
    this.fate.struck(kind, on);
    this.struck.set(kind, (this.struck.get(kind) ?? 0) + 1);
  }

  /** What is wrong with a call of the ECS API. */
  ofEcs(call: PlaneCall): PlaneFault | null {
    const error = (code: EcsErrorCode, type: string): PlaneFault => ({
      is: 'error',
      error: new EcsError(code, type, `${type}: a simulated one`),
    });
    if (this.meets('ecs.throttles', call)) return error('ECS_THROTTLED', 'ThrottlingException');
    if (this.meets('ecs.fails', call)) return error('ECS_FAILED', 'ClientException');
    if (this.meets('ecs.denies', call)) return error('ECS_DENIED', 'AccessDeniedException');
    if (this.meets('ecs.hangs', call)) return { is: 'hang' };
    return this.meets('ecs.loses reply', call) ? { is: 'lost reply' } : null;
  }

  /** Does what a fault does at once; the answer undoes it. */
  #onset({ kind, forMs }: Fault): (() => void) | undefined {
    const { engine, plane, store } = this.#world();
    switch (kind) {
      case 'docker.unreachable':
        return this.#away(kind, () => {});
      case 'docker.restarts with live restore':
      case 'docker.restarts with its containers':
        engine.core.goDown({ liveRestore: kind === 'docker.restarts with live restore' });
        return this.#away(kind, () => engine.core.comeBack());
      case 'docker.disk full':
        engine.core.setDiskFull(true);
        return () => engine.core.setDiskFull(this.has(kind));
      case 'container.killed':
      case 'container.out of memory':
      case 'container.process out of memory':
      case 'container.removed':
        return this.#hitContainer(kind);
      case 'acs.closes':
      case 'acs.breaks':
      case 'acs.half open':
        return this.#hitLine(kind);
      case 'acs.refuses':
        plane.refusal = { clean: false, reason: '1006 status 503' };
        this.count(kind);
        return () => {
          if (!this.has(kind)) plane.refusal = null;
        };
      case 'store.disk full':
        store.setFull(true);
        return () => this.renew();
      case 'store.slow':
        store.hold();
        return () => this.#world().store.release();
      case 'host.clock jumps ahead':
      case 'host.clock jumps back':
        this.count(kind);
        this.jumpedMs += kind === 'host.clock jumps ahead' ? forMs : -forMs;
        return undefined;
      default:
        return kind.startsWith('agent.') ? this.#hitAgent(kind, forMs) : undefined;
    }
  }

  #away(kind: FaultKind, back: () => void): () => void {
    const { engine } = this.#world();
    this.count(kind);
    engine.setReachable(false);
    return () => {
      back();
      const kinds = Object.keys(faultKinds) as FaultKind[];
      const away = kinds.filter((one) => /docker\.(unreachable|restarts)/.test(one));
      if (!away.some((one) => this.has(one))) engine.setReachable(true);
    };
  }

  #hitLine(kind: FaultKind): undefined {
    const { plane } = this.#world();
    this.count(kind);
    if (kind === 'acs.half open') plane.silence();
    else plane.drop({ clean: kind === 'acs.closes' });
  }

  #hitContainer(kind: FaultKind): undefined {
    const { core } = this.#world().engine;
    const [first, ...rest] = core.list({}).filter(({ State }) => State === 'running');
    if (!first) return;
    const { Id, Names } = this.draw.pick([first, ...rest]);
    this.count(kind, Names[0]?.replace('/', ''));
    if (kind === 'container.removed') core.remove(Id, { force: true });
    else if (kind === 'container.process out of memory') core.setOutOfMemory(Id);
    else core.exit(Id, 137, { outOfMemory: kind === 'container.out of memory' });
  }

  #hitAgent(kind: FaultKind, forMs: number): undefined {
    // That comes with a call.
    if (kind === 'agent.killed in a call') return;
    const { store, clock } = this.#world();
    if (!this.fate.isUp()) return;
    const die = () => {
      if (this.#world().store !== store) return;
      this.count(kind);
      this.fate.tell(`the agent dies: ${kind}`);
      this.fate.died(forMs);
    };
    if (kind === 'agent.killed') die();
    else if (kind === 'agent.stopped') {
      this.count(kind);
      this.fate.stop(forMs);
    } else if (kind === 'agent.killed with an unsynced disk') {
      store.hold();
      clock.at(clock.now() + this.draw.between(1, 3_000), die);
    } else
      store.dieWithNextWrite(kind === 'agent.killed before a commit' ? 'before' : 'after', die);
  }
}
