import { readFileSync } from 'node:fs';
import { decodeEntry } from '../../machines/flight/entry.ts';
import type { FlightEntry } from '../../machines/flight/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { isFramed, unframed } from '../../persistence/flight/frame.ts';

/** A flight record as it was read from a file. */
export interface FlightRead {
  entries: FlightEntry[];
  /** How many parts were damaged, and left out. */
  damaged: number;
}

/**
 * Reads the record in a data directory, a dump, or what `ecs-agent flight --json` printed. Throws
 * `FLIGHT_UNREADABLE` with `remedy` where there is no such file, or none of these in it.
 */
export function readFlight(path: string, remedy: string): FlightRead {
  const { entries, damaged } = entriesIn(textOf(path, remedy));
  if (entries.length > 0) return { entries, damaged };
  throw new AgentError('FLIGHT_UNREADABLE', `There is no flight record in ${path}: ${remedy}`);
}

function textOf(path: string, remedy: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { message } = cause as Error;
    throw new AgentError('FLIGHT_UNREADABLE', `${message}: ${remedy}`, { cause });
  }
}

function entriesIn(text: string): FlightRead {
  const { lines, damaged } = isFramed(text)
    ? unframed(text)
    : { lines: plainLines(text), damaged: 0 };
  const entries = lines.flatMap((line) => decodeEntry(line) ?? []);
  return { entries, damaged: damaged + lines.length - entries.length };
}

/** Without empty lines, and without those in which a dump tells of the present. */
const plainLines = (text: string): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** Says how much could not be read; '' where all could. */
export const damageWords = (damaged: number): string =>
  damaged === 0 ? '' : `${damaged} damaged ${damaged === 1 ? 'part is' : 'parts are'} left out.\n`;
