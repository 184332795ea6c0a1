/** Something to be woken at `time`, epoch milliseconds. */
export interface Wait {
  readonly time: number;
  readonly wake: () => void;
}

interface Placed extends Wait {
  readonly order: number;
  /** Where it is in the heap, so that it can be taken out from the middle; -1 once it is out. */
  place: number;
}

/**
 * A binary heap of waits: the earliest is first, and of waits for the same time the one that was
 * added first. Adding, removing and taking the first cost the logarithm of their number.
 */
export class WaitHeap {
  readonly #heap: Placed[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  get first(): Wait | undefined {
    return this.#heap[0];
  }

  /** Adds a wait; the answer takes it out again, and does nothing if it is out already. */
  add(wait: Wait): () => void {
    const placed: Placed = { ...wait, order: this.#added++, place: this.#heap.length };
    this.#heap.push(placed);
    this.#rise(placed);
    return () => this.#remove(placed);
  }

  /** Takes out the first wait if its time is not after `now`. */
  takeDue(now: number): Wait | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.time > now) return undefined;
    this.#remove(first);
    return first;
  }

  #remove(wait: Placed): void {
    if (wait.place === -1) return;
    const last = this.#heap.pop();
    if (last && last !== wait) {
      this.#put(last, wait.place);
      this.#rise(last);
      this.#sink(last);
    }
    wait.place = -1;
  }

  #put(wait: Placed, place: number): void {
    this.#heap[place] = wait;
    wait.place = place;
  }

  #swap(upper: Placed, lower: Placed): void {
    const place = upper.place;
    this.#put(upper, lower.place);
    this.#put(lower, place);
  }

  #rise(wait: Placed): void {
    for (;;) {
      const parent = this.#heap[(wait.place - 1) >> 1];
      if (!parent || !isBefore(wait, parent)) return;
      this.#swap(parent, wait);
    }
  }

  #sink(wait: Placed): void {
    for (;;) {
      const left = this.#heap[2 * wait.place + 1];
      const right = this.#heap[2 * wait.place + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (!child || !isBefore(child, wait)) return;
      this.#swap(wait, child);
    }
  }
}

const isBefore = (a: Placed, b: Placed): boolean =>
  a.time < b.time || (a.time === b.time && a.order < b.order);
