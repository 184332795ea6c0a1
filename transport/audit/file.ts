import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname } from 'node:path';

/** When a file is set aside for a new one, and how many that were are kept. */
export interface Rotation {
  /** By size in bytes, or each hour of local time. */
  by: { kind: 'size'; mostBytes: number } | { kind: 'hour' };
  kept: number;
}

/** A file that only grows, until it is set aside under a name of its own. */
export interface AppendedFile {
  /** The line is with the operating system when this returns. Throws Node's own error. */
  append(line: string, at: number): void;
  close(): void;
}

/**
 * Appends lines to a file, at once and in order, so that none is lost when the process ends at any
 * moment. Before a line the file is set aside if it is full: as `<path>.<n>`, `n` one more than the
 * highest there, or as `<path>.<hour>`, the hour in which it was begun.
 */
export class RotatedFile implements AppendedFile {
  readonly #path: string;
  readonly #rotation: Rotation;
  #latest = { minute: -1, hour: '' };
  #open: { descriptor: number; bytes: number; hour: string } | null = null;

  constructor(path: string, rotation: Rotation) {
    this.#path = path;
    this.#rotation = rotation;
  }

  append(line: string, at: number): void {
    const hour = this.#hourOf(at);
    if (this.#open && this.#isFull(this.#open, hour)) this.#setAside(this.#open.hour);
    this.#open ??= this.#begin(hour);
    const text = `${line}\n`;
    const length = Buffer.byteLength(text);
    let written = writeSync(this.#open.descriptor, text);
    // A disk that fills up takes a part of a line: the rest is still owed.
    while (written < length)
      written += writeSync(this.#open.descriptor, Buffer.from(text), written);
    this.#open.bytes += length;
  }

  close(): void {
    if (this.#open) closeSync(this.#open.descriptor);
    this.#open = null;
  }

  /** Worked out once a minute, as many lines are of one. */
  #hourOf(at: number): string {
    const minute = Math.floor(at / 60_000);
    if (minute !== this.#latest.minute) this.#latest = { minute, hour: hourOf(at) };
    return this.#latest.hour;
  }

  #begin(hour: string) {
    mkdirSync(dirname(this.#path), { recursive: true });
    const descriptor = openSync(this.#path, 'a+');
    const { size } = fstatSync(descriptor);
    const last = Buffer.alloc(1);
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1);
    // What a full disk left of a line stays a line of its own.
    if (size > 0 && last.toString() !== '\n') writeSync(descriptor, '\n');
    return { descriptor, bytes: size, hour };
  }

  #isFull(open: { bytes: number; hour: string }, hour: string): boolean {
    const { by } = this.#rotation;
    return by.kind === 'size' ? open.bytes >= by.mostBytes : open.hour !== hour;
  }

  #setAside(hour: string): void {
    this.close();
    const { by, kept } = this.#rotation;
    const earlier = this.#earlier();
    const suffix = by.kind === 'size' ? Number(earlier.at(-1) ?? 0) + 1 : unlike(earlier, hour);
    renameSync(this.#path, `${this.#path}.${suffix}`);
    const all = [...earlier, String(suffix)];
    for (const one of all.slice(0, Math.max(0, all.length - kept)))
      rmSync(`${this.#path}.${one}`, { force: true });
  }

  /** What follows the name of each file set aside before, oldest first. */
  #earlier(): string[] {
    const name = `${basename(this.#path)}.`;
    const { shape, order } = suffixes[this.#rotation.by.kind];
    return readdirSync(dirname(this.#path))
      .filter((file) => file.startsWith(name))
      .map((file) => file.slice(name.length))
      .filter((suffix) => shape.test(suffix))
      .sort(order);
  }
}

const suffixes = {
  size: {
    shape: /^[1-9]\d*$/,
    order: (one: string, other: string) => Number(one) - Number(other),
  },
  hour: {
    shape: /^\d{4}-\d\d-\d\d-\d\d(-\d+)?$/,
    order: (one: string, other: string) => one.localeCompare(other),
  },
};

/** An hour comes twice when clocks are put back: the second is `<hour>-2`. */
function unlike(earlier: string[], hour: string): string {
  let suffix = hour;
  for (let again = 2; earlier.includes(suffix); again++) suffix = `${hour}-${again}`;
  return suffix;
}

/** The hour of local time, `2026-06-01-14`. */
function hourOf(at: number): string {
  const time = new Date(at);
  const parts = [time.getMonth() + 1, time.getDate(), time.getHours()];
  return [time.getFullYear(), ...parts.map((part) => String(part).padStart(2, '0'))].join('-');
}
