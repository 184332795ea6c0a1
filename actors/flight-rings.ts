import { taskIdIn } from '../machines/flight/told.ts';

/** How much of the flight record is kept. */
export interface FlightBounds {
  /** Most entries of one actor of a task, and of one that lives as long as the agent. */
  ofTaskActor: number;
  ofOther: number;
  /** Most characters of all entries together. */
  characters: number;
}

/** One line of the record, and its place in it. */
interface Kept {
  seq: number;
  line: string;
}

/** The actors of one task, or one of those that live as long as the agent, with their latest lines. */
type Group = Map<string, Kept[]>;

/**
 * The latest lines of each actor, in bounds. Where there are too many, tasks that have ended go first,
 * the one that ended first before the others; then those that live lose the older half of theirs, one
 * after another.
 */
export class FlightRings {
  readonly #bounds: FlightBounds;
  readonly #groups = new Map<string, Group>();
  /** Tasks that have ended, in that order. */
  readonly #ended = new Set<string>();
  #characters = 0;

  constructor(bounds: FlightBounds) {
    this.#bounds = bounds;
  }

  /** Adds the latest line of an actor. */
  add(actor: string, seq: number, line: string): void {
    const taskId = taskIdIn(actor);
    const key = taskId || actor;
    const group = this.#groups.get(key) ?? new Map<string, Kept[]>();
    const ring = group.get(actor) ?? [];
    ring.push({ seq, line });
    if (ring.length === 1) this.#groups.set(key, group.set(actor, ring));
    this.#characters += line.length;
    const most = taskId === '' ? this.#bounds.ofOther : this.#bounds.ofTaskActor;
    if (ring.length > most) this.#drop(ring, 1);
    while (this.#characters > this.#bounds.characters) this.#makeRoom();
  }

  /** Notes that a task has ended: what is kept of it goes before all else. */
  end(taskId: string): void {
    this.#ended.delete(taskId);
    if (this.#groups.has(taskId)) this.#ended.add(taskId);
  }

  /** The ids of the tasks of which anything is kept. */
  tasks(): string[] {
    return [...this.#groups].flatMap(([key, group]) =>
      [...group.keys()].some((actor) => taskIdIn(actor) !== '') ? [key] : [],
    );
  }

  /** All lines in the order of the record, or those of one task. */
  lines(taskId: string | null): string[] {
    const groups = taskId === null ? [...this.#groups.values()] : [this.#groups.get(taskId)];
    return groups
      .flatMap((group) => [...(group?.values() ?? [])].flat())
      .sort((one, other) => one.seq - other.seq)
      .map(({ line }) => line);
  }

  #makeRoom(): void {
    const [ended] = this.#ended;
    const [key = ''] = ended === undefined ? this.#groups.keys() : [ended];
    const group = this.#groups.get(key) ?? new Map();
    this.#groups.delete(key);
    this.#ended.delete(key);
    for (const [actor, ring] of group) {
      this.#drop(ring, ended === undefined ? Math.ceil(ring.length / 2) : ring.length);
      if (ring.length === 0) group.delete(actor);
    }
    if (group.size > 0) this.#groups.set(key, group);
  }

  #drop(ring: Kept[], count: number): void {
    for (const { line } of ring.splice(0, count)) this.#characters -= line.length;
  }
}
