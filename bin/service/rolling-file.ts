import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Writable } from 'node:stream';
import type { Clock } from '../../transport/host/port.ts';

/** A log file that is begun anew from time to time; what was written before is kept for a while. */
export interface RollingFileOptions {
  path: string;
  /** By size: earlier files are `<path>.1`, `.2`, …; hourly: `<path>.2026-06-30-17`, in UTC. */
  rollover: 'size' | 'hourly' | 'none';
  maxBytes: number;
  /** How many earlier files are kept. */
  keep: number;
  clock: Clock;
  /** Told when lines begin to be lost, and when none is any more, with how many were. */
  failed: (error: Error) => void;
  recovered: (lostLines: number) => void;
}

/** How long a file is left alone that could not be opened or written. */
const retryMs = 60_000;

/**
 * A stream of its own, as those of winston and of rotating-file-stream end for good at a full disk or
 * a file that cannot be opened, and neither counts on with numbers that only grow. It takes whole
 * lines, a write each, and never fails: what cannot be written is lost, and tried again in a minute.
 */
export class RollingFile extends Writable {
  readonly #options: RollingFileOptions;
  #file: FileHandle | null = null;
  #bytes = 0;
  /** The hour in which the file was last written: the latest, should the clock go back. */
  #hour = '';
  #lastNumber = 0;
  #lostLines = 0;
  #retryAt = 0;

  constructor(options: RollingFileOptions) {
    super();
    this.#options = options;
  }

  override _write(line: Buffer, _: BufferEncoding, done: () => void): void {
    void this.#append(line, 1).then(done);
  }

  override _writev(lines: { chunk: Buffer }[], done: () => void): void {
    void this.#appendAll(lines.map(({ chunk }) => chunk)).then(done);
  }

  override _final(done: () => void): void {
    void this.#close().then(done);
  }

  /** All lines at once where they fit, else one by one, so that none is cut in two. */
  async #appendAll(lines: Buffer[]): Promise<void> {
    const all = Buffer.concat(lines);
    if (this.#options.rollover !== 'size' || this.#bytes + all.length <= this.#options.maxBytes)
      return this.#append(all, lines.length);
    for (const line of lines) await this.#append(line, 1);
  }

  async #append(bytes: Buffer, lines: number): Promise<void> {
    const { clock, failed, recovered } = this.#options;
    if (this.#file === null && clock.now() < this.#retryAt) {
      this.#lostLines += lines;
      return;
    }
    try {
      await this.#put(bytes);
      if (this.#lostLines === 0) return;
      recovered(this.#lostLines);
      this.#lostLines = 0;
    } catch (error) {
      if (this.#lostLines === 0) failed(error as Error);
      this.#lostLines += lines;
      this.#retryAt = clock.now() + retryMs;
      // A line of which only a part found room must not spoil the next one.
      await this.#file?.truncate(this.#bytes).catch(ignore);
      await this.#close();
    }
  }

  async #put(bytes: Buffer): Promise<void> {
    let file = this.#file ?? (await this.#open());
    if (this.#isFull(bytes.length)) {
      await this.#roll();
      file = await this.#open();
    }
    let rest = bytes;
    while (rest.length > 0) rest = rest.subarray((await file.write(rest)).bytesWritten);
    this.#bytes += bytes.length;
    const hour = hourOf(this.#options.clock.now());
    if (hour > this.#hour) this.#hour = hour;
  }

  async #open(): Promise<FileHandle> {
    const { path } = this.#options;
    // Where it cannot be made, opening the file fails too, and tells of it.
    await mkdir(dirname(path), { recursive: true }).catch(ignore);
    this.#file = await open(path, 'a');
    const { size, mtimeMs } = await this.#file.stat();
    this.#bytes = size;
    this.#hour = size === 0 ? '' : hourOf(mtimeMs);
    return this.#file;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(ignore);
  }

  /** Whether what is in the file is to be set aside before more comes. An empty file never is. */
  #isFull(moreBytes: number): boolean {
    const { rollover, maxBytes, clock } = this.#options;
    if (this.#bytes === 0 || rollover === 'none') return false;
    return rollover === 'size'
      ? this.#bytes + moreBytes > maxBytes
      : this.#hour < hourOf(clock.now());
  }

  async #roll(): Promise<void> {
    const { path, keep } = this.#options;
    const earlier = await this.#earlier();
    await this.#close();
    const suffix = this.#suffix(earlier);
    await rename(path, `${path}.${suffix}`);
    const names = [...earlier.filter((name) => name !== suffix), suffix];
    for (const name of names.slice(0, -keep)) await rm(`${path}.${name}`, { force: true });
  }

  /** The suffixes of the earlier files, the oldest first. */
  async #earlier(): Promise<string[]> {
    const { path, rollover } = this.#options;
    const start = `${basename(path)}.`;
    const pattern = rollover === 'size' ? /^\d+$/ : /^\d{4}-\d\d-\d\d-\d\d$/;
    const names = await readdir(dirname(path));
    const suffixes = names
      .filter((name) => name.startsWith(start))
      .map((name) => name.slice(start.length))
      .filter((suffix) => pattern.test(suffix));
    return rollover === 'size'
      ? suffixes.sort((one, other) => Number(one) - Number(other))
      : suffixes.sort();
  }

  #suffix(earlier: string[]): string {
    if (this.#options.rollover === 'hourly') return this.#hour;
    this.#lastNumber = Math.max(this.#lastNumber, Number(earlier.at(-1) ?? 0)) + 1;
    return String(this.#lastNumber);
  }
}

const ignore = (): void => {};

/** The hour of a moment as file names have it, in UTC: `2026-06-30-17`. */
const hourOf = (at: number): string => new Date(at).toISOString().slice(0, 13).replace('T', '-');
