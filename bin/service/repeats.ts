import type { Log, LogFields } from '../../actors/recorder.ts';
import type { Clock } from '../../transport/host/port.ts';
import type { LevelWord, Line } from './lines.ts';

/** How long a line that comes again is only counted. */
const windowMs = 60_000;
/** How many distinct lines are remembered. */
const mostLines = 200;

interface Told {
  line: Line;
  until: number;
  /** How often it came again. */
  repeated: number;
}

/**
 * Writes a line when it comes, and counts it while it comes again within a minute of the last time it
 * was written: then it is written once more, with how often it came. So a fault that never ends takes
 * one line a minute, and its first one is never late.
 */
export class Repeats {
  readonly #clock: Clock;
  readonly #write: (line: Line) => void;
  readonly #told = new Map<string, Told>();

  constructor(clock: Clock, write: (line: Line) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  say(line: Line): void {
    const key = JSON.stringify([line.level, line.message, line.fields]);
    const told = this.#told.get(key);
    // One that has come again is kept until its wait has told of it.
    if (told && (told.repeated > 0 || line.at < told.until)) {
      told.repeated++;
      if (told.repeated === 1) this.#clock.at(told.until, () => this.#sum(key, told));
      return;
    }
    this.#told.delete(key);
    this.#write(line);
    this.#told.set(key, { line, until: line.at + windowMs, repeated: 0 });
    if (this.#told.size > mostLines) this.#dropOldest();
  }

  /** Tells of all that was counted and not yet told. */
  flush(): void {
    for (const told of this.#told.values()) this.#tell(told);
    this.#told.clear();
  }

  #sum(key: string, told: Told): void {
    if (this.#told.get(key) !== told) return;
    this.#tell(told);
    // What came within the minute may come in the next one too: it is still no news.
    this.#told.delete(key);
    this.#told.set(key, { ...told, until: this.#clock.now() + windowMs, repeated: 0 });
  }

  #tell({ line, repeated }: Told): void {
    if (repeated === 0) return;
    this.#write({ ...line, fields: { ...line.fields, repeated }, at: this.#clock.now() });
  }

  #dropOldest(): void {
    for (const [key, told] of this.#told) {
      this.#tell(told);
      this.#told.delete(key);
      return;
    }
  }
}

/** A log through which a line that comes again is counted, as {@link Repeats} does. */
export function counted(log: Log, clock: Clock): Log {
  const write = ({ level, message, fields }: Line) => {
    if (level !== 'critical') log[level](message, ...(isEmpty(fields) ? [] : [fields]));
  };
  const repeats = new Repeats(clock, write);
  const say =
    (level: LevelWord) =>
    (message: string, fields: LogFields = {}): void =>
      repeats.say({ level, message, fields, at: clock.now() });
  return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
}

const isEmpty = (fields: LogFields): boolean => Object.keys(fields).length === 0;
