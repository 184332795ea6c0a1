import { isIP } from 'node:net';
import type { PortRange } from '../../transport/host/ports.ts';

/** What became of a variable's text: a value, or why the text is none. */
export type Parsed<Value> = { value: Value } | { wrong: string };

/** Reads the text of one environment variable. */
export type Parser<Value> = (text: string) => Parsed<Value>;

const wrong = (what: string): { wrong: string } => ({ wrong: what });

export const text: Parser<string> = (given) => ({ value: given.trim() });

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const untruths = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

export const flag: Parser<boolean> = (given) => {
  const word = given.trim();
  if (truths.has(word)) return { value: true };
  return untruths.has(word) ? { value: false } : wrong('true or false');
};

export const whole =
  ({ least = 0, most }: { least?: number; most: number }): Parser<number> =>
  (given) => {
    const number = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (number >= least && number <= most) return { value: number };
    return wrong(`a whole number ${least === 0 ? 'of at most' : `from ${least} to`} ${most}`);
  };

/** A whole number of either sign. */
export const integer: Parser<number> = (given) => {
  const number = /^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN;
  return Number.isSafeInteger(number) ? { value: number } : wrong('a whole number');
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
const longestMs = 2 ** 63 / 1e6;

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

/** A duration that fits; zero passes, as it means "not set". */
export const durationWhere =
  (fits: (ms: number) => boolean, what: string): Parser<number> =>
  (given) => {
    const parsed = duration(given);
    return 'wrong' in parsed || parsed.value === 0 || fits(parsed.value) ? parsed : wrong(what);
  };

export const oneOf =
  <Word extends string>(words: readonly Word[]): Parser<Word> =>
  (given) => {
    const word = words.find((candidate) => candidate === given.trim());
    return word === undefined ? wrong(`one of ${words.join(', ')}`) : { value: word };
  };

const json = (given: string): unknown => {
  try {
    return JSON.parse(given);
  } catch {
    return undefined;
  }
};

const isPort = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65_535;

export const ports: Parser<number[]> = (given) => {
  const list = json(given);
  return Array.isArray(list) && list.every(isPort)
    ? { value: list }
    : wrong('a JSON list of port numbers, such as [22,80]');
};

/** First and last port as `start-end`. */
export const portRange: Parser<PortRange> = (given) => {
  const [first, last] = /^(\d+)-(\d+)$/.exec(given.trim())?.slice(1).map(Number) ?? [];
  return isPort(first) && isPort(last) && first > 0 && first <= last
    ? { value: { first, last } }
    : wrong('a range of ports, such as 49152-65535');
};

/** Two whole numbers above zero. */
export const rates: Parser<{ steady: number; burst: number }> = (given) => {
  const [steady = 0, burst = 0] =
    /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(given)?.slice(1).map(Number) ?? [];
  return steady > 0 && burst > 0
    ? { value: { steady, burst } }
    : wrong('two numbers above zero, such as 40,60');
};

export const ipAddress: Parser<string> = (given) =>
  isIP(given.trim()) === 0 ? wrong('an IP address, such as 127.0.0.1') : { value: given.trim() };

/** What stands between commas, without the space around it. */
export const commaList: Parser<string[]> = (given) => ({
  value: given
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ''),
});

export const words: Parser<string[]> = (given) => {
  const list = json(given);
  return Array.isArray(list) && list.every((entry) => typeof entry === 'string')
    ? { value: list }
    : wrong('a JSON list of strings, such as ["json-file"]');
};

export const wordMap: Parser<Record<string, string>> = (given) => {
  const map = json(given);
  const fits =
    typeof map === 'object' &&
    map !== null &&
    !Array.isArray(map) &&
    Object.values(map).every((entry) => typeof entry === 'string');
  return fits
    ? { value: map as Record<string, string> }
    : wrong('a JSON object of strings, such as {"stack":"prod"}');
};
