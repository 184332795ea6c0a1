import type { LogFields } from '../../actors/recorder.ts';

/** How urgent a line is, in the words that lines have. */
export type LevelWord = 'debug' | 'info' | 'warn' | 'error' | 'critical';

/** One thing that is said to the log. */
export interface Line {
  level: LevelWord;
  message: string;
  fields: LogFields;
  /** Epoch milliseconds. */
  at: number;
}

/** A line as the Amazon ECS agent writes it: UTC to the second, in logfmt all texts in quotes. */
export function lineOf(format: 'logfmt' | 'json', { level, message, fields, at }: Line): string {
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  if (format === 'json') return JSON.stringify({ level, time, msg: message, ...fields });
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return [`level=${level}`, `time=${time}`, `msg=${JSON.stringify(message)}`, ...pairs].join(' ');
}
