import type {
  AnyActorRef,
  AnyMachineSnapshot,
  InspectedEventEvent,
  InspectedMicrostepEvent,
  InspectedSnapshotEvent,
} from 'xstate';
import type { AdmissionContext } from '../machines/admission/model.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import { type KnownStatus, knownStatus } from '../machines/task/known.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { Clock } from '../transport/host/port.ts';
import type { System } from './effect.ts';
import { stateName } from './recorder.ts';

/** How an effect ended: `cancelled` where the state that had invoked it was left before. */
export interface EffectEnd {
  outcome: 'done' | 'failed' | 'cancelled';
  seconds: number;
}

/** Who is told what actors do, as they do it. All names come from the charts: they are few. */
export interface ActorMeter {
  transition(machine: string): void;
  effectBegan(effect: string): void;
  effectEnded(effect: string, end: EffectEnd): void;
  /** A connection to this service of ECS was opened. */
  connected(service: Service): void;
}

/** The services of ECS to which a connection is kept. */
export type Service = 'acs' | 'tcs';

/** Whose connection is whose. */
const services: Partial<Record<string, Service>> = { session: 'acs', telemetry: 'tcs' };

/** Waits are no work: how long they take says nothing. */
const wait = 'timer';

/** Tells of every transition and every effect of a system that has not started yet. */
export function meterActors(system: System, clock: Clock, meter: ActorMeter): void {
  const begun = new WeakMap<AnyActorRef, number>();
  const tell = {
    '@xstate.microstep': ({ actorRef, event, _transitions }: InspectedMicrostepEvent) => {
      if (_transitions.length === 0) return;
      const machine = machineOf(actorRef as AnyActorRef);
      meter.transition(machine);
      const service = services[machine];
      if (service && event.type === 'connection.opened') meter.connected(service);
    },
    // Not its making: an effect that is taken up after a restart is made before anybody listens.
    '@xstate.event': ({ actorRef, event }: InspectedEventEvent) => {
      const actor = actorRef as AnyActorRef;
      if (event.type !== 'xstate.init' || !isEffect(actor)) return;
      begun.set(actor, clock.now());
      meter.effectBegan(machineOf(actor));
    },
    '@xstate.snapshot': ({ actorRef, snapshot: { status } }: InspectedSnapshotEvent) => {
      const actor = actorRef as AnyActorRef;
      const since = begun.get(actor);
      if (since === undefined || status === 'active') return;
      begun.delete(actor);
      const seconds = Math.max(0, clock.now() - since) / 1_000;
      meter.effectEnded(machineOf(actor), { outcome: outcomes[status], seconds });
    },
  };
  system.inspect((event) => {
    if (event.type === '@xstate.microstep') tell[event.type](event);
    else if (event.type === '@xstate.event') tell[event.type](event);
    else if (event.type === '@xstate.snapshot') tell[event.type](event);
  });
}

const outcomes = { done: 'done', error: 'failed', stopped: 'cancelled' } as const;

/** An actor's name in the chart that invokes or spawns it; the root has none. */
const machineOf = ({ src }: AnyActorRef): string => (typeof src === 'string' ? src : 'agent');

const isEffect = (actor: AnyActorRef): boolean =>
  actor.src !== wait && (actor.getSnapshot() as Partial<AnyMachineSnapshot>).value === undefined;

/** What the actors of a system are at one moment. */
export interface ActorCounts {
  /** How many there are, by machine and state. */
  actors: Map<string, Map<string, number>>;
  tasks: Record<KnownStatus, number>;
  /** Reports that ECS has not taken, and tasks that the host has no room for. */
  queues: { reports: number; admission: number };
  /** Since when each service is connected, in epoch ms; null while it is not. */
  sessions: Partial<Record<Service, number | null>>;
}

/** Counts the actors of a system, by walking through its tree. */
export function countActors(system: System): ActorCounts {
  const counts: ActorCounts = {
    actors: new Map(),
    tasks: { NONE: 0, MANIFEST_PULLED: 0, CREATED: 0, RUNNING: 0, STOPPED: 0 },
    queues: { reports: 0, admission: 0 },
    sessions: {},
  };
  count(system.get('agent'), counts);
  return counts;
}

function count(actor: AnyActorRef, counts: ActorCounts): void {
  const { value, context, children } = actor.getSnapshot() as Partial<AnyMachineSnapshot>;
  if (value === undefined) return;
  const machine = machineOf(actor);
  const state = stateName(value);
  const states = counts.actors.get(machine) ?? new Map<string, number>();
  counts.actors.set(machine, states.set(state, (states.get(state) ?? 0) + 1));
  const service = services[machine];
  if (service) {
    const { connectedAt } = context as { connectedAt: number | null };
    counts.sessions[service] = /\bserving\b/.test(state) ? connectedAt : null;
  } else if (machine === 'task')
    counts.tasks[knownStatus(state.replace(/\..*/, ''), context as TaskContext)]++;
  else if (machine === 'report') counts.queues.reports += (context as OutboxContext).queue.length;
  else if (machine === 'admission')
    counts.queues.admission = (context as AdmissionContext).waiting.length;
  for (const child of Object.values<AnyActorRef>(children ?? {})) count(child, counts);
}
