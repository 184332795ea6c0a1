import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import winston from 'winston';
import type { Log, LogFields } from '../../actors/recorder.ts';
import type { Clock } from '../../transport/host/port.ts';
import { type LevelWord, type Line, lineOf } from './lines.ts';
import { Repeats } from './repeats.ts';
import { RollingFile } from './rolling-file.ts';

/** Winston's levels, in the words of the agent's configuration. */
const levels = { crit: 0, error: 1, warn: 2, info: 3, debug: 4 };
type Level = keyof typeof levels;

/** What is logged, where, and how: the `log` of the configuration. */
export interface LogSettings {
  /** Of what goes to standard output. */
  level: Level | 'none';
  /** Of what goes to the file. */
  onInstanceLevel: Level | 'none';
  /** A file to log to besides standard output, or null. */
  file: string | null;
  rollover: 'size' | 'hourly' | 'none';
  format: 'logfmt' | 'json';
  maxFileSizeMb: number;
  maxRollCount: number;
}

/** Settings of a log that nothing is said of: to standard output, from `info` on. */
export const plainLog: LogSettings = {
  level: 'info',
  onInstanceLevel: 'none',
  file: null,
  rollover: 'none',
  format: 'logfmt',
  maxFileSizeMb: 5,
  maxRollCount: 24,
};

/** A log with an end. */
export interface AgentLog extends Log {
  /** For what must be seen whenever anything is: it is never counted instead of written. */
  critical(message: string, fields?: LogFields): void;
  /** Whether lines of this level go anywhere. */
  hears(level: Level): boolean;
  /** Resolves when all that was said has been handed on or is lost, after a second at most. */
  close(): Promise<void>;
}

/** What may wait for a sink that does not take it; more is lost. */
const mostWaitingBytes = 1_048_576;
/** How long the end of a log may take. */
const closeWithinMs = 1_000;

/**
 * Opens the agent's log. A sink that fails is left alone: the agent goes on without it, and what is
 * said after `close` is lost.
 */
export function openLog(settings: LogSettings, clock: Clock): AgentLog {
  const { level, onInstanceLevel, format } = settings;
  const file = settings.file === null ? null : openFile(settings.file, settings, clock);
  const lost = (lostLines: number): string =>
    `${lineOf(format, { level: 'warn', message: 'Lines were lost', fields: { lostLines }, at: clock.now() })}\n`;
  const transports = [
    ...(level === 'none' ? [] : [sinkOf(bounded(process.stdout, lost), level)]),
    ...(file === null || onInstanceLevel === 'none'
      ? []
      : [sinkOf(bounded(file, lost), onInstanceLevel)]),
  ];
  const logger = winston.createLogger({
    ...{ levels, transports, silent: transports.length === 0 },
    format: winston.format.printf(({ message }) => String(message)),
  });
  logger.on('error', ignore);
  process.stdout.on('error', ignore);
  const hears = (level: Level) => transports.length > 0 && logger.isLevelEnabled(level);
  const write = (line: Line) => void logger.log(levelOf(line.level), lineOf(format, line));
  const repeats = new Repeats(clock, write);
  const lineAt = (level: LevelWord, message: string, fields: LogFields = {}): Line => ({
    ...{ level, message, fields },
    at: clock.now(),
  });
  const say =
    (level: LevelWord) =>
    (message: string, fields?: LogFields): void => {
      if (hears(levelOf(level))) repeats.say(lineAt(level, message, fields));
    };
  return {
    ...{ debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    critical: (...said) => write(lineAt('critical', ...said)),
    hears,
    close: async () => {
      repeats.flush();
      await new Promise<void>((resolve) => logger.once('finish', resolve).end());
      await within(clock, file ? ended(file) : Promise.resolve());
      await within(clock, drained(process.stdout));
    },
  };
}

const sinkOf = (stream: Writable, level: Level) =>
  new winston.transports.Stream({ stream, level, eol: '\n' });
const levelOf = (word: LevelWord): Level => (word === 'critical' ? 'crit' : word);
const ignore = (): void => {};

/** Hands lines on to a stream as long as it takes them, and then how many it did not take. */
function bounded(stream: Writable, told: (lostLines: number) => string): Writable {
  let lost = 0;
  return new Writable({
    decodeStrings: false,
    write: (line: string, _, done) => {
      if (stream.writableLength > mostWaitingBytes) lost++;
      else {
        if (lost > 0) stream.write(told(lost));
        lost = 0;
        stream.write(line);
      }
      done();
    },
  });
}

function openFile(path: string, settings: LogSettings, clock: Clock): RollingFile {
  const { level, format, rollover, maxFileSizeMb, maxRollCount } = settings;
  // Past the logger, which may have ended: the last lines are what a full disk takes.
  const tell = (message: string, fields: LogFields) => {
    if (level === 'none' || levels[level] < levels.warn) return;
    const line = lineOf(format, { level: 'warn', message, fields, at: clock.now() });
    process.stdout.write(`${line}\n`);
  };
  return new RollingFile({
    ...{ path, rollover, clock },
    maxBytes: maxFileSizeMb * 1e6,
    keep: maxRollCount,
    failed: ({ message: error }) => tell('Logging goes on without the file', { error }),
    recovered: (lostLines) => tell('Logging to the file goes on', { lostLines }),
  });
}

/** Waits until all is written, or the stream has failed and its failure has been told. */
function ended(stream: Writable): Promise<void> {
  stream.end();
  return finished(stream).catch(ignore);
}

const drained = (stream: Writable): Promise<void> =>
  new Promise((resolve) => void stream.write('', () => resolve()));

/** A disk or a reader that hangs must not keep the process. */
function within(clock: Clock, done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + closeWithinMs, resolve);
    void done.then(() => {
      cancel();
      resolve();
    });
  });
}
