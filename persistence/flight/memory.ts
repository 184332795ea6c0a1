import type { FlightLog } from '../store.ts';
import { framed, unframed } from './frame.ts';

/** The flight record of a simulated agent: a text in memory, which takes nothing while it is full. */
export class MemoryFlightLog implements FlightLog {
  text = '';
  isFull = false;

  async read(): Promise<{ lines: string[]; damaged: number }> {
    return unframed(this.text);
  }

  async append(lines: string[]): Promise<void> {
    this.#require();
    this.text += framed(lines);
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
