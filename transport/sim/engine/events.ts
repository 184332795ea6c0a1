import type { CoreEvent } from './wire.ts';

/** How many events a Docker Engine remembers. */
const remembered = 256;

type Listener = (event: CoreEvent) => void;

/** What a simulated Engine tells, and to whom; with what can go wrong in telling. */
export class EventLog {
  /** Everything that ever happened, told or not, in order. */
  readonly log: CoreEvent[] = [];
  /** Whether each event is told twice, or none to anybody. */
  isDuplicating = false;
  isDropping = false;
  readonly #listeners = new Set<Listener>();
  /** What a stream can still be told that asks for the past. */
  #memory: CoreEvent[] = [];

  tell(event: CoreEvent): void {
    this.log.push(event);
    if (this.isDropping) return;
    this.#memory = [...this.#memory, event].slice(-remembered);
    for (const listener of this.#listeners) {
      listener(event);
      if (this.isDuplicating) listener(event);
    }
  }

  /**
   * Tells of each event from now on, and first of those it remembers since `since` (epoch ms; null
   * for none). The answer ends it.
   */
  listen(listener: Listener, since: number | null): () => void {
    if (since !== null)
      for (const event of this.#memory) if (event.timeNano >= since * 1_000_000) listener(event);
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The memory goes with the Engine's process. */
  forget(): void {
    this.#memory = [];
  }
}
