import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import { actorOfLine, decodeEntry, encodeEntry } from '../machines/flight/entry.ts';
import { changesIn, type Fact, readingOf } from '../machines/flight/facts.ts';
import type { FlightEntry, FlightFacts } from '../machines/flight/model.ts';
import {
  type AnyEvent,
  nameOfEvent,
  submitted,
  taskIdIn,
  toldBy,
  toldOfTasks,
} from '../machines/flight/told.ts';
import { outboxActorId, taskActorId, taskIdOf } from '../machines/names/arn.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import type { InboundMessage } from '../machines/session/model.ts';
import type { FlightLog } from '../persistence/store.ts';
import type { Clock } from '../transport/host/port.ts';
import type { System } from './effect.ts';
import { type FlightBounds, FlightRings } from './flight-rings.ts';
import { stateName } from './recorder.ts';

/** What of an agent's ports its record is made with. */
export interface RecordedPorts {
  /** What outlives the process, and the lines that it held when this one began. */
  flight: { log: FlightLog; lines: string[] };
}

/** How an agent is set with regard to its record. */
export interface RecordedSettings {
  /** Whether there is one; only to learn what it costs there is none. */
  flightRecorded: boolean;
}

/** What a flight recorder needs. */
export interface FlightPorts extends RecordedPorts {
  clock: Clock;
  /** Told once, when the log takes no more, and when it does again. */
  log: { warn(message: string): void; info(message: string): void };
}

/** About 40 entries each of a thousand tasks’ actors; as much again, at most, lies on disk. */
export const flightBounds: FlightBounds = {
  ofTaskActor: 100,
  ofOther: 500,
  characters: 4 * 1_048_576,
};

/** How long entries wait to be written: what a crash may cost. */
const batchMs = 200;
/** How long the log is left alone after a batch that it did not take. */
const retryMs = 60_000;

/** What is known of an actor from its latest entry. */
interface Known {
  /** As XState has it, and in one word. */
  value: unknown;
  state: string;
  context: unknown;
  facts: Fact[];
  /** The event that is being handled; it may take several steps. */
  event: object | null;
}

/**
 * The flight record: what happened to every actor, in bounds, on disk across restarts. It is made only
 * of names, types of events, states, and the facts that `machines/flight` lists; see there. Entries
 * are written in batches and not synced: no actor and no commit ever waits for one.
 *
 * An event that neither moved its actor nor changed or told anything that is recorded is left out.
 */
export class FlightRecorder {
  readonly #ports: FlightPorts;
  readonly #rings: FlightRings;
  readonly #limit: number;
  readonly #known = new Map<string, Known>();
  #listeners: ((line: string) => void)[] = [];
  #seq = 0;
  #pending: string[] = [];
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();
  /** How many characters the log holds; what it holds beyond all bounds is replaced by what is kept. */
  #written = 0;
  #failed = false;
  #detach = () => {};

  constructor(ports: FlightPorts, bounds: FlightBounds = flightBounds) {
    this.#ports = ports;
    this.#rings = new FlightRings(bounds);
    this.#limit = 2 * bounds.characters;
    for (const line of ports.flight.lines) {
      this.#rings.add(actorOfLine(line), ++this.#seq, line);
      this.#written += line.length;
    }
    const [last] = ports.flight.lines.slice(-1).map(decodeEntry);
    this.#seq = Math.max(this.#seq, last?.seq ?? 0);
  }

  /** Records all that happens in the system that `root` heads; to be called before it starts. */
  follow(root: AnyActorRef): void {
    const system = root.system as System;
    for (const taskId of this.#rings.tasks())
      if (!system.get(taskActorId(taskId)) && !system.get(outboxActorId(taskId)))
        this.#rings.end(taskId);
    this.#add({ ...ofProcess, event: 'process.begun', from: '', to: 'running' });
    const { unsubscribe } = system.inspect((event) => {
      const actor = event.actorRef as AnyActorRef;
      if (event.type === '@xstate.microstep')
        this.#step(actor, event.event as AnyEvent, event.snapshot as AnyMachineSnapshot);
      else if (event.type === '@xstate.snapshot') this.#rest(actor.id, event.snapshot.status);
      else if (event.type === '@xstate.event' && event.event.type === 'xstate.init')
        this.#begin(actor, event.event);
    });
    this.#detach = unsubscribe;
  }

  /** Hears every entry from now on, as {@link encodeEntry} writes it. */
  hear(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The lines that are kept, in order; those of one task where its ARN or id is given. */
  lines(task: string | null = null): string[] {
    return this.#rings.lines(task === null ? null : taskIdOf(task));
  }

  /** The same, read. */
  entries(task: string | null = null): FlightEntry[] {
    return this.lines(task).flatMap((line) => decodeEntry(line) ?? []);
  }

  /** Ends the record of this process; resolves when it is written, or cannot be. */
  close(exitCode: number): Promise<void> {
    this.#detach();
    this.#add({
      ...ofProcess,
      ...{ event: 'process.ended', from: 'running', to: 'ended', told: { exitCode } },
    });
    this.#write();
    return this.#writing;
  }

  #begin(actor: AnyActorRef, event: object): void {
    const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
    if (snapshot.value === undefined || this.#known.has(actor.id)) return;
    this.#step(actor, event as AnyEvent, snapshot);
    this.#rest(actor.id, snapshot.status);
  }

  #step(actor: AnyActorRef, event: AnyEvent, { value, context }: AnyMachineSnapshot): void {
    const { id } = actor;
    const reading = readingOf(kindOf(id));
    const known = this.#known.get(id) ?? { ...unknown, facts: reading.fresh };
    const isFirst = known.event !== event;
    const from = known.state;
    const to = value === known.value ? from : stateName(value);
    const facts = context === known.context ? known.facts : reading.read(context as never);
    const became = changesIn(reading.names, known.facts, facts);
    const told = isSubmit(id, from, to) ? headOf(context) : isFirst ? toldBy(event) : null;
    this.#known.set(id, Object.assign(known, { value, state: to, context, facts, event }));
    if (from === to && became === null && told === null) return;
    const name = isFirst ? nameFor(actor, event) : '';
    this.#add({ actor: id, event: name, from, to, told: told ?? none, became: became ?? none });
    if (event.type === 'message.received' && told) this.#tellTasks(event);
    if (to === 'done' || to === 'settled') this.#end(id, to);
  }

  /** An actor has done with an event. */
  #rest(id: string, status: string): void {
    const known = this.#known.get(id);
    if (!known) return;
    known.event = null;
    if (status !== 'active') this.#known.delete(id);
  }

  /** What ECS wants of a task is in the task's own record, which lives as long as the task. */
  #tellTasks({ message }: AnyEvent): void {
    const received = message as InboundMessage;
    if (received.kind !== 'payload') return;
    for (const { actor, event, told } of toldOfTasks(received.payload)) {
      const state = this.#known.get(actor)?.state ?? '';
      this.#add({ actor, event, from: state, to: state, told });
    }
  }

  #end(id: string, to: string): void {
    const taskId = taskIdIn(id);
    // A task that could not be understood has an outbox only.
    if (taskId && (to === 'done' || !this.#known.has(taskActorId(taskId)))) this.#rings.end(taskId);
  }

  #add(entry: Partial<FlightEntry> & Pick<FlightEntry, 'actor' | 'event' | 'from' | 'to'>): void {
    const seq = ++this.#seq;
    const at = Math.trunc(this.#ports.clock.now());
    const line = encodeEntry({ told: none, became: none, ...entry, seq, at });
    this.#rings.add(entry.actor, seq, line);
    for (const listener of this.#listeners) listener(line);
    this.#pending.push(line);
    if (!this.#scheduled) this.#schedule(batchMs);
  }

  #schedule(ms: number): void {
    this.#scheduled = true;
    const { clock } = this.#ports;
    clock.at(clock.now() + ms, () => this.#write());
  }

  #write(): void {
    this.#scheduled = false;
    const lines = this.#pending;
    this.#pending = [];
    this.#writing = this.#writing.then(() => this.#put(lines));
  }

  /** What could not be written is not lost: all that is kept takes the place of what the log holds. */
  async #put(lines: string[]): Promise<void> {
    const { flight, log } = this.#ports;
    const more = lengthOf(lines);
    const renew = this.#failed || this.#written + more > this.#limit;
    try {
      if (renew) {
        const kept = this.#rings.lines(null);
        this.#written = lengthOf(kept);
        await flight.log.replace(kept);
      } else {
        this.#written += more;
        await flight.log.append(lines);
      }
      if (this.#failed) log.info('The flight record is written again');
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) log.warn(`The flight record is not written: ${(error as Error).message}`);
      this.#failed = true;
      if (!this.#scheduled) this.#schedule(retryMs);
    }
  }
}

const ofProcess = { actor: 'process' };
const none: FlightFacts = {};
const unknown = { value: undefined, state: '', context: undefined, event: null };

const kindOf = (actorId: string): string => {
  const end = actorId.indexOf('/');
  return end < 0 ? actorId : actorId.slice(0, end);
};

const isSubmit = (actorId: string, from: string, to: string): boolean =>
  to === 'sending' && from !== to && actorId.startsWith('outbox/');

/** A restored actor goes on where it was. */
const nameFor = (actor: AnyActorRef, { type }: AnyEvent): string => {
  if (type !== 'xstate.init') return nameOfEvent(type);
  const { options } = actor as { options?: { snapshot?: unknown } };
  return options?.snapshot === undefined ? 'begun' : 'resumed';
};

function headOf(context: unknown): FlightFacts | null {
  const [head] = (context as OutboxContext).queue;
  return head ? submitted(head) : null;
}

const lengthOf = (lines: string[]): number =>
  lines.reduce((sum, { length }) => sum + length + 1, 0);
