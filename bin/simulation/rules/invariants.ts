import type { AnyActorRef, AnyMachineSnapshot, StateNode } from 'xstate';
import type { Agent } from '../../../actors/agent.ts';
import { hasRecord, recordOf } from '../../../actors/journal.ts';
import { stateName } from '../../../actors/recorder.ts';
import type { AdmissionContext } from '../../../machines/admission/model.ts';
import type { ContainerContext } from '../../../machines/container/model.ts';
import { containerActorId, taskActorId, taskIdOf } from '../../../machines/names/arn.ts';
import type { TaskReport } from '../../../machines/report/model.ts';
import type { TaskContext, TaskPlan } from '../../../machines/task/model.ts';
import { decode, encode } from '../../../persistence/record.ts';
import { type ContainerRef, dockerNameOf } from '../../../transport/docker/port.ts';
import type { World } from '../../world/world.ts';
import type { SimEcs } from '../world/ecs.ts';
import { Starts } from './starts.ts';

/** A rule that the agent broke, and how. */
export interface Violation {
  rule: string;
  what: string;
  /** Ms from the beginning. */
  at: number;
}

/** The disk is looked at so often, at most: it takes long to work out what must be there. */
const checkStoreMs = 10_000;

const taskRanks = { PENDING: 0, MANIFEST_PULLED: 1, RUNNING: 2, STOPPED: 3 } as const;

/** What others do for an actor that itself invokes nothing to end its wait. */
const endedByOthers = new Set(['admission', 'containers', 'resources', 'submit', 'task', 'start']);

/** Checks after every step of a simulation whether the agent keeps its promises. */
export class Invariants {
  readonly #world: World;
  readonly #ecs: SimEcs;
  readonly #plans: ReadonlyMap<string, TaskPlan>;
  readonly #starts: Starts;
  readonly #began: number;
  readonly #told = new Map<string, number>();
  readonly #heard = new Map<string, number>();
  #changed = new Set<AnyActorRef>();
  readonly #unsaved = new Set<string>();
  #restlessUntil = 0;
  #linesRead = 0;
  violation: Violation | null = null;

  constructor(world: World, ecs: SimEcs, plans: ReadonlyMap<string, TaskPlan>) {
    this.#world = world;
    this.#ecs = ecs;
    this.#plans = plans;
    this.#began = world.clock.now();
    this.#starts = new Starts(plans, (rule, what) => this.break(rule, what));
  }

  break(rule: string, what: string): void {
    this.violation ??= { rule, what, at: this.#world.clock.now() - this.#began };
  }

  /** Follows one life of the agent. */
  follow({ system }: Agent): void {
    const changed = new Set<AnyActorRef>();
    this.#changed = changed;
    this.#unsaved.clear();
    system.inspect((event) => {
      if (event.type === '@xstate.snapshot') changed.add(event.actorRef as AnyActorRef);
    });
  }

  /** A message reaches the agent. */
  heard(messageId: string): void {
    this.#heard.set(messageId, (this.#heard.get(messageId) ?? 0) + 1);
  }

  /** Acknowledged means stored, and once for each time that the message came. */
  acknowledged(messageId: string): void {
    const left = (this.#heard.get(messageId) ?? 0) - 1;
    this.#heard.set(messageId, left);
    if (left < 0) this.break('one acknowledgement', `${messageId} came less often`);
    const said = this.#ecs.said.get(messageId);
    if (!said || this.#told.get(said.taskArn) === taskRanks.STOPPED) return;
    const id = taskIdOf(said.taskArn);
    const text = this.#world.store.textOf(`task/${id}`);
    const record = text === undefined ? null : decode(`task/${id}`, text);
    if (record?.is !== 'record' || this.#world.store.textOf(`plan/${id}`) === undefined) {
      this.break('acknowledged is stored', `${messageId}: there is no record of task ${id}`);
      return;
    }
    const { value, context } = record.body as AnyMachineSnapshot & { context: TaskContext };
    const isStopped = /^(stopped|cleaning)/.test(stateName(value));
    if (said.desired === 'STOPPED' && context.desired !== 'STOPPED' && !isStopped)
      this.break('acknowledged is stored', `${messageId}: that task ${id} is to stop is not`);
  }

  /** Statuses go forward only, and what is told as stopped does not run. */
  reported({ taskArn, status, containers }: TaskReport): void {
    const id = taskIdOf(taskArn);
    const moves = (key: string, to: keyof typeof taskRanks) => {
      const was = this.#told.get(key) ?? 0;
      if (taskRanks[to] < was) this.break('statuses go forward', `${key} went back to ${to}`);
      this.#told.set(key, Math.max(was, taskRanks[to]));
    };
    moves(taskArn, status);
    for (const { name, status } of containers) moves(`${taskArn} ${name}`, status);
    const plan = this.#plans.get(taskArn);
    for (const container of plan?.containers ?? []) {
      const told = containers.find(({ name }) => name === container.name);
      if (status !== 'STOPPED' && told?.status !== 'STOPPED') continue;
      const dockerName = dockerNameOf({ task: plan as TaskPlan, container });
      this.#starts.ended(dockerName);
      if (this.#runs(dockerName) && !this.#isUnstoppable(taskArn, container.name))
        this.break('stopped is not running', `${container.name} of task ${id} runs`);
    }
  }

  /** The agent has the Engine stop a container: it, or its task, must be to stop. */
  stops({ task, container }: ContainerRef): void {
    const actor = this.#world.agent?.system.get(containerActorId(task.arn, container.name));
    const { context } = (actor?.getSnapshot() ?? {}) as { context?: ContainerContext };
    const state = this.#world.stateOf(containerActorId(task.arn, container.name)) ?? '';
    if (context?.desired !== 'STOPPED' && !/^stopp/.test(state))
      this.break('stopped for a reason', `${container.name} of ${task.arn} is stopped in ${state}`);
  }

  /** What must hold after every step. */
  check({ isHeld }: { isHeld: boolean }): void {
    this.#starts.check(this.#world.engine.core.log);
    this.#checkLog();
    const { agent, exit } = this.#world;
    if (!agent || exit || agent.system.get('agent')?.getSnapshot().status !== 'active') return;
    const tasksMoved = [...this.#changed].some(({ id }) => /^(task\/|admission)/.test(id));
    for (const actor of this.#changed) {
      this.#checkWaits(actor);
      if (hasRecord(actor.id)) this.#unsaved.add(actor.id);
    }
    this.#changed.clear();
    if (tasksMoved) this.#checkReserved(agent);
    const now = this.#world.clock.now();
    if (isHeld) this.#restlessUntil = Math.max(this.#restlessUntil, now + 2_000);
    if (now < this.#restlessUntil || this.#world.store.writing > 0) return;
    this.#restlessUntil = now + checkStoreMs;
    this.#checkStore();
  }

  #runs(dockerName: string): boolean {
    try {
      return this.#world.engine.core.inspect(dockerName).State.Running;
    } catch {
      return false;
    }
  }

  #hasRunning = (arn: string): boolean => {
    const plan = this.#plans.get(arn);
    return (
      plan?.containers.some((one) => this.#runs(dockerNameOf({ task: plan, container: one }))) ??
      false
    );
  };

  /** ECS is told of one that five stops have not ended; it is stopped on. */
  #isUnstoppable(taskArn: string, name: string): boolean {
    const state = this.#world.stateOf(containerActorId(taskArn, name)) ?? '';
    return /^stopped\.(halting|looking|backingOff)/.test(state);
  }

  #checkLog(): void {
    const { logged } = this.#world;
    for (; this.#linesRead < logged.length; this.#linesRead++) {
      const line = logged[this.#linesRead] ?? '';
      if (/^error Actor |^warn Record .* was lost/.test(line)) this.break('no actor fails', line);
    }
  }

  /** Every wait has an end: what a state invokes is there, and one that invokes nothing says who. */
  #checkWaits(actor: AnyActorRef): void {
    const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
    if (snapshot.status !== 'active' || !snapshot._nodes) return;
    for (const node of snapshot._nodes as StateNode[]) {
      for (const { id } of node.invoke)
        if (snapshot.children[id]?.getSnapshot().status !== 'active')
          this.break('every wait has an end', `${actor.id} waits in ${node.key} without ${id}`);
      const deadline = (node.meta as { waits?: { deadline: string } } | undefined)?.waits?.deadline;
      if (deadline === undefined || node.invoke.length > 0 || endedByOthers.has(deadline)) continue;
      if (!node.parent || node.parent.invoke.length === 0)
        this.break('every wait has an end', `${actor.id} waits in ${node.key} for nothing`);
    }
  }

  /** Those that hold what they need are those that were let in and have not stopped. */
  #checkReserved({ plans, system }: Agent): void {
    const admission = system.get('admission')?.getSnapshot().context as
      | AdmissionContext
      | undefined;
    // An agent that ends has none any more.
    if (!admission) return;
    const holders = admission.holders.map(({ taskArn }) => taskArn);
    if (new Set(holders).size < holders.length) this.break('resources are held once', `${holders}`);
    for (const { arn } of plans.all()) {
      const state = this.#world.stateOf(taskActorId(arn)) ?? '';
      const isHolder = holders.includes(arn);
      // One that stops holds what it has until its last container has ended.
      const must =
        /^(pending|running)/.test(state) || (state === 'stopping' && this.#hasRunning(arn));
      const mustNot = /^(queued|stopped|cleaning)/.test(state);
      if ((must && !isHolder) || (mustNot && isHolder))
        this.break('resources are held once', `${arn} is ${state}, holders are ${holders}`);
    }
    for (const arn of holders)
      if (!plans.knows(arn)) this.break('resources are held once', `${arn} holds and is gone`);
  }

  /** At rest the store has what the actors are. */
  #checkStore(): void {
    for (const id of this.#unsaved) {
      const actor: AnyActorRef | undefined = this.#world.agent?.system.get(id);
      const text = this.#world.store.textOf(id);
      const isKept = actor?.getSnapshot().status === 'active';
      const wanted = actor && isKept ? encode(id, recordOf(actor)) : undefined;
      if (text !== wanted) {
        const what = `${id} is ${wanted?.slice(0, 400)} but on the disk ${text?.slice(0, 400)}`;
        this.break('the store is what the actors are', what);
      }
    }
    this.#unsaved.clear();
  }
}
