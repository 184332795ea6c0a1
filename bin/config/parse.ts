import { isIP } from 'node:net';
import type { PortRange } from '../../transport/host/ports.ts';

/**
 * What became of a text or of a JSON value: a value, or what it must be. Something of the right form
 * that is out of bounds is passed over by every source; what is fatal, by none.
 */
export type Parsed<Value> = { value: Value } | { wrong: string; is?: 'range' | 'fatal' };

/** Reads the text of one environment variable. */
export type Parser<Value> = (text: string) => Parsed<Value>;

/** Reads one value of a JSON document. */
export type Decoder<Value> = (json: unknown) => Parsed<Value>;

/** Says what a value must be. */
export const wrong = (what: string, is?: 'range' | 'fatal') => ({ wrong: what, ...(is && { is }) });

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const untruths = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** The words for yes and no that the Go language knows. */
export const flag: Parser<boolean> = (given) => {
  const word = given.trim();
  if (truths.has(word)) return { value: true };
  return untruths.has(word) ? { value: false } : wrong('true or false');
};

const unitsMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go counts durations in nanoseconds of 64 bits: some 292 years. */
export const longestMs = 2 ** 63 / 1e6;

/** A duration as the Go language writes it, e.g. `1h30m` or `1.5s`, in ms; a bare number has no unit. */
export const duration: Parser<number> = (given) => {
  const [, sign, parts] =
    /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+|0)$/.exec(given) ?? [];
  if (parts === undefined) return wrong('a duration with a unit, such as 30s or 1h30m');
  let sum = 0;
  for (const [, number, unit] of parts.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(number) * (unitsMs[unit ?? ''] ?? 0);
  if (sum >= longestMs) return wrong('a duration below 292 years');
  return { value: sign === '-' ? -sum : sum };
};

/** A duration in ms as the Go language writes it, but without the units that are zero. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1_000) return size === 0 ? '0s' : `${ms}ms`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor((size % 3_600_000) / 60_000);
  const seconds = Math.round(size % 60_000) / 1_000;
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`];
  return `${ms < 0 ? '-' : ''}${parts.filter((part) => part !== 0).join('')}`;
}

/** First and last port as `start-end`. */
export const portRange: Parser<PortRange> = (given) => {
  const [first, last] = /^(\d+)-(\d+)$/.exec(given.trim())?.slice(1).map(Number) ?? [];
  return isPort(first) && isPort(last) && first > 0 && first <= last
    ? { value: { first, last } }
    : wrong('a range of ports, such as 49152-65535');
};

/** Whether it is the number of a port. */
export const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;

/** Whether it is a block of addresses, such as `10.0.0.0/16`. */
export function isAddressBlock(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const [, address = '', bits] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

/** What stands between commas, without the space around it. */
export const commaList: Parser<string[]> = (given) => ({
  value: given
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
});

/**
 * The first JSON value of a text, as the Go language decodes it: what follows it is passed over.
 * Undefined where there is none.
 */
export function firstJson(given: string): unknown {
  return jsonOf(given) ?? jsonOf(given.slice(0, endOfFirst(given)));
}

function jsonOf(given: string): unknown {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
}

/** Where the first list or object of a text ends. */
function endOfFirst(given: string): number {
  let depth = 0;
  for (const { 0: token, index } of given.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}]/gs)) {
    if (token === '[' || token === '{') depth += 1;
    if ((token === ']' || token === '}') && --depth === 0) return index + 1;
  }
  return 0;
}
