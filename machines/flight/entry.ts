import type { FlightEntry, FlightFacts } from './model.ts';

/** Writes an entry as one line of JSON, without its end; facts of which there are none are left out. */
export function encodeEntry(
  { actor, event, from, to, told, became }: Omit<FlightEntry, 'at'>,
  at: number,
): string {
  if (!isEmpty(became)) return JSON.stringify([at, actor, event, from, to, told, became]);
  if (!isEmpty(told)) return JSON.stringify([at, actor, event, from, to, told]);
  return JSON.stringify([at, actor, event, from, to]);
}

/** Reads a line that {@link encodeEntry} wrote, or an entry as an object. Null for any other text. */
export function decodeEntry(line: string): FlightEntry | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return Array.isArray(parsed) ? ofList(parsed) : ofObject(parsed);
  } catch {
    return null;
  }
}

/** The actor of a line, without reading all of it; '' where it is none. */
export function actorOfLine(line: string): string {
  const start = line.indexOf('"') + 1;
  const end = line.indexOf('"', start);
  return start > 0 && end > start && line.startsWith('[') ? line.slice(start, end) : '';
}

function ofList([at, actor, event, from, to, told, became]: unknown[]): FlightEntry | null {
  return ofObject({ at, actor, event, from, to, told: told ?? {}, became: became ?? {} });
}

function ofObject(value: unknown): FlightEntry | null {
  if (typeof value !== 'object' || value === null) return null;
  const { at, actor, event, from, to, told, became } = value as Partial<FlightEntry>;
  const isEntry =
    isMoment(at) &&
    [actor, event, from, to].every((text) => typeof text === 'string') &&
    [told, became].every(isFacts);
  return isEntry ? ({ at, actor, event, from, to, told, became } as FlightEntry) : null;
}

const isMoment = (at: unknown): boolean =>
  Number.isSafeInteger(at) && Math.abs(at as number) <= lastMoment;

/** The last moment that a `Date` can hold. */
const lastMoment = 8_640_000_000_000_000;

const isFacts = (facts: unknown): boolean =>
  typeof facts === 'object' && facts !== null && !Array.isArray(facts);

const isEmpty = (facts: FlightFacts): boolean => {
  for (const _ in facts) return false;
  return true;
};
