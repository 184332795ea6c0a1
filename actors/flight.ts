import type { AnyActorRef, AnyMachineSnapshot, InspectionEvent } from 'xstate';
import type { AgentExit } from '../machines/agent/model.ts';
import { type FlightBounds, withinBounds } from '../machines/flight/bounds.ts';
import { actorOfLine, decodeEntry, encodeEntry } from '../machines/flight/entry.ts';
import { changesIn, type Fact, type Reading, readingOf } from '../machines/flight/facts.ts';
import type { FlightEntry, FlightFacts } from '../machines/flight/model.ts';
import {
  type AnyEvent,
  isWorthTelling,
  nameOfEvent,
  submitted,
  taskIdIn,
  toldBy,
  toldOfTasks,
} from '../machines/flight/told.ts';
import { taskActorId, taskIdOf } from '../machines/names/arn.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import type { InboundMessage } from '../machines/session/model.ts';
import type { FlightLog } from '../persistence/store.ts';
import type { Clock } from '../transport/host/port.ts';
import { stateName } from './recorder.ts';

/** What of an agent's ports its record is made with. */
export interface RecordedPorts {
  /** What outlives the process. */
  flightLog: FlightLog;
}

/** How an agent is set with regard to its record. */
export interface RecordedSettings {
  /** How much is kept of it. Null for none, which is only to learn what it costs. */
  flight: FlightBounds | null;
}

/** What a flight recorder needs. */
export interface FlightPorts extends RecordedPorts {
  clock: Clock;
  /** Told once when the log takes no more, when it does again, and of what had to be left out. */
  log: { warn(message: string): void; info(message: string): void };
}

/** How long entries wait to be written: what a crash may cost. */
const batchMs = 200;
/** How long the log is left alone after a batch that it did not take. */
const retryMs = 60_000;
/** The most entries that wait for a log that takes none. */
const mostPending = 10_000;

/** What is known of an actor from its latest entry. */
interface Known {
  /** As XState has it, and in one word. */
  value: unknown;
  state: string;
  context: unknown;
  reading: Reading;
  facts: Fact[];
  /** The event that is being handled, which may take several steps, and whether it is recorded yet. */
  event: object | null;
  isRecorded: boolean;
}

/**
 * The flight record: what happened to every actor, in bounds, on disk across restarts. It is made only
 * of names, types of events, states, and the facts that `machines/flight` lists; see there. Entries
 * are written in batches and not synced: no actor and no commit ever waits for one. In memory is only
 * the batch to be written next, as what stays there is looked through again and again for garbage.
 *
 * An event that neither moved its actor nor changed or told anything that is recorded is left out.
 */
export class FlightRecorder {
  readonly #ports: FlightPorts;
  /** Null where nothing is recorded. */
  readonly #bounds: FlightBounds | null;
  readonly #known = new Map<string, Known>();
  readonly #listeners: ((line: string) => void)[] = [];
  #pending: string[] = [];
  #scheduled = false;
  #writing: Promise<void> = Promise.resolve();
  #failed = false;
  #misses = false;
  #detach = () => {};

  constructor(ports: FlightPorts, bounds: FlightBounds | null) {
    this.#ports = ports;
    this.#bounds = bounds;
  }

  /** Records all that happens in the system that `root` heads; to be called before it starts. */
  follow(root: AnyActorRef): void {
    if (this.#bounds === null) return;
    this.#add({ ...ofProcess, event: 'process.begun', from: '', to: 'running', ...noFacts });
    const { unsubscribe } = root.system.inspect((event) => {
      try {
        this.#see(event);
      } catch (error) {
        this.#miss(error);
      }
    });
    this.#detach = unsubscribe;
  }

  /** Hears every entry from now on, as {@link encodeEntry} writes it. */
  hear(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The lines that are kept, oldest first; those of one task where its ARN or id is given. */
  async lines(task: string | null = null): Promise<string[]> {
    this.#write();
    await this.#writing;
    const { lines } = await this.#ports.flightLog.read();
    const all = [...lines, ...this.#pending];
    if (task === null) return all;
    return all.filter((line) => taskIdIn(actorOfLine(line)) === taskIdOf(task));
  }

  /** The same, read. */
  async entries(task: string | null = null): Promise<FlightEntry[]> {
    return (await this.lines(task)).flatMap((line) => decodeEntry(line) ?? []);
  }

  /** Ends the record of this process; answers its exit once that is written, or cannot be. */
  async close(exit: AgentExit): Promise<AgentExit> {
    this.#detach();
    const told = { exitCode: exit.code };
    const ended = { event: 'process.ended', from: 'running', to: 'ended', told, became: none };
    if (this.#bounds !== null) this.#add({ ...ofProcess, ...ended });
    this.#write();
    await this.#writing;
    await this.#ports.flightLog.close().catch(() => {});
    return exit;
  }

  #see(event: InspectionEvent): void {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.microstep') {
      this.#step(actor, event.event as AnyEvent, event.snapshot as AnyMachineSnapshot);
      if (event.snapshot.status !== 'active') this.#known.delete(actor.id);
    } else if (event.type === '@xstate.actor') this.#known.delete(actor.id);
    else if (event.type === '@xstate.event' && event.event.type === 'xstate.init')
      this.#begin(actor, event.event);
  }

  /** A fault of the recorder must not become one of the actor that it looks at. */
  #miss(error: unknown): void {
    if (this.#misses) return;
    this.#misses = true;
    this.#ports.log.warn(`Something is missing in the flight record: ${(error as Error).message}`);
  }

  #begin(actor: AnyActorRef, event: object): void {
    const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
    if (snapshot.value === undefined || this.#known.has(actor.id)) return;
    this.#step(actor, event as AnyEvent, snapshot);
  }

  /** This is done for each step of each actor, and takes care to cost little. */
  #step(actor: AnyActorRef, event: AnyEvent, { value, context }: AnyMachineSnapshot): void {
    const id = actor.id;
    const known = this.#known.get(id) ?? this.#meet(id);
    const from = known.state;
    const reading = known.reading;
    const isNew = known.event !== event || !known.isRecorded;
    const to = value === known.value ? from : stateName(value);
    const facts = context === known.context ? known.facts : reading.read(context as never);
    const became = changesIn(reading.names, known.facts, facts);
    const hasMoved = from !== to || became !== null;
    known.value = value;
    known.state = to;
    known.context = context;
    known.facts = facts;
    known.event = event;
    known.isRecorded = !isNew;
    let told = isNew && (hasMoved || isWorthTelling(event.type)) ? toldBy(event) : null;
    if (isSubmit(from, to)) told = headOf(context);
    if (!hasMoved && told === null) return;
    const name = isNew ? nameFor(actor, event) : '';
    known.isRecorded = true;
    this.#add({ actor: id, event: name, from, to, told: told ?? none, became: became ?? none });
    if (told !== null) this.#tellTasks(event);
  }

  #meet(id: string): Known {
    const reading = readingOf(kindOf(id));
    const known = { ...unknown, reading, facts: reading.fresh };
    this.#known.set(id, known);
    return known;
  }

  /** What ECS wants of a task is in the task's own record, which lives as long as the task. */
  #tellTasks({ type, message }: AnyEvent): void {
    if (type !== 'message.received') return;
    const received = message as InboundMessage;
    if (received.kind !== 'payload') return;
    for (const { actor, event, told } of toldOfTasks(received.payload)) {
      const state = this.#known.get(actor)?.state ?? '';
      this.#add({ actor, event, from: state, to: state, told, became: none });
    }
  }

  #add(entry: Omit<FlightEntry, 'at'>): void {
    const line = encodeEntry(entry, Math.trunc(this.#ports.clock.now()));
    for (const listener of this.#listeners) listener(line);
    this.#pending.push(line);
    if (!this.#scheduled) this.#schedule(batchMs);
  }

  #schedule(ms: number): void {
    this.#scheduled = true;
    const { clock } = this.#ports;
    clock.at(clock.now() + ms, () => {
      this.#scheduled = false;
      this.#write();
    });
  }

  #write(): void {
    this.#writing = this.#writing.then(() => this.#put());
  }

  async #put(): Promise<void> {
    const { flightLog, log } = this.#ports;
    const lines = this.#pending;
    const bounds = this.#bounds;
    if (lines.length === 0 || bounds === null) return;
    this.#pending = [];
    // No event is being handled now, and none is to be held longer than it lasts.
    for (const known of this.#known.values()) known.event = null;
    let rest = lines;
    try {
      const length = await flightLog.append(lines);
      rest = [];
      if (length > 2 * bounds.characters) await this.#shorten(bounds);
      if (this.#failed) log.info('The flight record is written again');
      this.#failed = false;
    } catch (error) {
      this.#pending = [...rest, ...this.#pending].slice(-mostPending);
      if (!this.#failed) log.warn(`The flight record is not written: ${(error as Error).message}`);
      this.#failed = true;
      if (!this.#scheduled) this.#schedule(retryMs);
    }
  }

  /** Puts in the log's place what of it is within the bounds. */
  async #shorten(bounds: FlightBounds): Promise<void> {
    const { flightLog, log } = this.#ports;
    const { lines, damaged } = await flightLog.read();
    if (damaged > 0) log.warn(`Damaged parts of the flight record are left out: ${damaged}`);
    const isLiving = (taskId: string) => {
      const state = this.#known.get(taskActorId(taskId))?.state;
      return state !== undefined && !/^(stopped|cleaning)\b/.test(state);
    };
    await flightLog.replace(withinBounds(lines, isLiving, bounds));
  }
}

const ofProcess = { actor: 'agent.process' };
const none: FlightFacts = {};
const noFacts = { told: none, became: none };
const unknown = { value: undefined, state: '', context: undefined, event: null, isRecorded: false };

const kindOf = (actorId: string): string => {
  const end = actorId.indexOf('/');
  return end < 0 ? actorId : actorId.slice(0, end);
};

/** Only outboxes send. */
const isSubmit = (from: string, to: string): boolean => to === 'sending' && from !== to;

/** A restored actor goes on where it was. */
const nameFor = (actor: AnyActorRef, { type }: AnyEvent): string => {
  if (type !== 'xstate.init') return nameOfEvent(type);
  const { options } = actor as { options?: { snapshot?: unknown } };
  return options?.snapshot === undefined ? 'begun' : 'resumed';
};

function headOf(context: unknown): FlightFacts | null {
  const [head] = (context as Partial<OutboxContext>).queue ?? [];
  return head ? submitted(head) : null;
}
