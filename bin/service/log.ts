import winston from 'winston';
import type { Log, LogFields } from '../../actors/recorder.ts';
import type { Clock } from '../../transport/host/port.ts';

/** A log with an end: `close` resolves when all that was said has been handed on. */
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

/** Opens the agent's log. A sink that fails is left alone: the agent goes on without it. */
export function openLog({ level, file, clock }: LogOptions): AgentLog {
  const format = winston.format.printf(({ message }) => String(message));
  const transports: winston.transport[] = [
    new winston.transports.Stream({ stream: process.stdout }),
  ];
  if (file !== null) transports.push(new winston.transports.File({ filename: file }));
  const logger = winston.createLogger({
    levels,
    format,
    transports,
    silent: level === 'none',
    level: level === 'none' ? 'crit' : level,
  });
  for (const transport of transports) transport.on('error', () => logger.remove(transport));
  const say =
    (of: keyof typeof levels) =>
    (message: string, fields: LogFields = {}): void => {
      if (logger.isLevelEnabled(of)) logger.log(of, lineOf(of, message, fields, clock.now()));
    };
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    close: () =>
      new Promise((resolve) => {
        logger.once('finish', () => resolve());
        logger.end();
      }),
  };
}
