import type { FlightLog } from '../store.ts';
import { framed, unframed } from './frame.ts';

/** A flight record that ends with the process; one that is full takes nothing. */
export class MemoryFlightLog implements FlightLog {
  text = '';
  isFull = false;

  async read(): Promise<{ lines: string[]; damaged: number }> {
    return unframed(this.text);
  }

  async append(lines: string[]): Promise<number> {
    this.#require();
    this.text += framed(lines);
    return this.text.length;
  }

  async replace(lines: string[]): Promise<void> {
    this.#require();
    this.text = framed(lines);
  }

  async close(): Promise<void> {}

  #require(): void {
    if (this.isFull) throw new Error('no space left');
  }
}
