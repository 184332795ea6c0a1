import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import winston from 'winston';
import type { Log, LogFields } from '../../actors/recorder.ts';
import type { Clock } from '../../transport/host/port.ts';

/** A log with an end: `close` resolves when all that was said has been handed on, or is lost. */
export interface AgentLog extends Log {
  close(): Promise<void>;
}

/** Winston's own levels, as the agent uses them. */
const levels = { crit: 0, error: 1, warn: 2, info: 3, debug: 4 };

export interface LogOptions {
  level: keyof typeof levels | 'none';
  /** A file to log to besides standard output, or null. */
  file: string | null;
  clock: Clock;
}

/** Lines of `key=value` (logfmt), texts in quotes, as the Amazon ECS agent writes them. */
export function lineOf(level: string, message: string, fields: LogFields, at: number): string {
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [`level=${level}`, `time=${time}`, `msg=${JSON.stringify(message)}`, ...pairs].join(' ');
}

/**
 * Opens the agent's log. A sink that fails is left alone: the agent goes on without it, and what is
 * said after `close` is lost.
 */
export function openLog({ level, file, clock }: LogOptions): AgentLog {
  const sinks = [process.stdout, ...(file === null ? [] : [openFile(file)])];
  const logger = winston.createLogger({
    levels,
    format: winston.format.printf(({ message }) => String(message)),
    transports: sinks.map((stream) => new winston.transports.Stream({ stream })),
    silent: level === 'none',
    level: level === 'none' ? 'crit' : level,
  });
  const say =
    (of: keyof typeof levels) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(of)) logger.log(of, lineOf(of, message, fields, clock.now()));
    };
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  logger.on('error', ignore);
  process.stdout.on('error', ignore);
  sinks[1]?.on('error', ({ message: error }) => {
    // Past the logger, which may have ended: the last lines are what a full disk takes.
    const line = lineOf('warn', 'Logging goes on without the file', { error }, clock.now());
    if (logger.isLevelEnabled('warn')) process.stdout.write(`${line}\n`);
  });
  return {
    ...log,
    close: async () => {
      await new Promise<void>((resolve) => logger.once('finish', resolve).end());
      for (const sink of sinks.reverse()) await flush(sink);
    },
  };
}

const ignore = (): void => {};

/** Winston's own file sink neither survives a file it cannot open nor a full disk. */
function openFile(path: string): WriteStream {
  try {
    mkdirSync(dirname(path), { recursive: true });
  } catch {
    // Then opening the file fails too, and tells of it.
  }
  return createWriteStream(path, { flags: 'a' });
}

/** Waits until all is written, or the sink has failed and its failure has been told. */
async function flush(sink: NodeJS.WriteStream | WriteStream): Promise<void> {
  if (sink === process.stdout)
    return new Promise((resolve) => void sink.write('', () => resolve()));
  sink.end();
  await finished(sink).catch(ignore);
}
