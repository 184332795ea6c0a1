import { isIP } from 'node:net';
import type { PortRange } from '../../transport/host/ports.ts';
import * as parse from './parse.ts';
import { type Decoder, type Parsed, type Parser, wrong } from './parse.ts';

/** A kind of value: how it is written in the environment and in JSON, and how it is shown. */
export interface Kind<Value> {
  /** What it must be. */
  words: string;
  parse: Parser<Value>;
  decode: Decoder<Value>;
  show: (value: Value) => string;
  /** Whether it says as little as nothing, so that the next source is asked. */
  isNothing: (value: Value) => boolean;
}

/** Reads a string of JSON as the environment's text is read. */
export const fromString =
  <Value>(read: Parser<Value>): Decoder<Value> =>
  (json) =>
    typeof json === 'string' ? read(json) : wrong('a string');

/** A kind whose default is null: the agent, or the host, finds something of its own. */
export const optional = <Value>(kind: Kind<Value>): Kind<Value | null> => ({
  ...kind,
  show: (value) => (value === null ? '' : kind.show(value)),
  isNothing: (value) => value === null || kind.isNothing(value),
});

/** The same kind, with or without space around its text. */
export const trimmed = <Value>(kind: Kind<Value>): Kind<Value> => ({
  ...kind,
  parse: (given) => kind.parse(given.trim()),
});

/** A kind whose values are strings. */
const stringKind = (words: string, read: Parser<string>): Kind<string> => ({
  words,
  parse: read,
  decode: fromString(read),
  show: (value) => value,
  isNothing: (value) => value === '',
});

export const text = stringKind('text', (given) => ({ value: given.trim() }));

/** True, false, or not set: false is as good an answer as true. */
export const flag: Kind<boolean> = {
  words: 'true or false',
  parse: parse.flag,
  decode: (json) =>
    typeof json === 'boolean' ? { value: json } : wrong('true or false, without quotes'),
  show: String,
  isNothing: () => false,
};

/** True or not: the Amazon ECS agent takes false for not set. */
export const plainFlag: Kind<boolean> = { ...flag, isNothing: (value) => !value };

const numberKind = (words: string, read: Parser<number>, decode: Decoder<number>) => ({
  words,
  parse: read,
  decode,
  show: String,
  isNothing: (value: number) => value === 0,
});

/** A whole number within bounds; in JSON 0 means "not set", whatever the bounds. */
export function whole({ least = 0, most }: { least?: number; most: number }): Kind<number> {
  const words = `a whole number ${least === 0 ? 'of at most' : `from ${least} to`} ${most}`;
  const fits = (value: number) => value >= least && value <= most;
  const bounded = (value: number): Parsed<number> =>
    // Adding 0 makes 0 of -0.
    fits(value) ? { value: value + 0 } : wrong(words, 'range');
  return numberKind(
    words,
    (given) => (/^[+-]?\d+$/.test(given) ? bounded(Number(given)) : wrong(words)),
    (json) => {
      if (!Number.isInteger(json)) return wrong(words);
      return json === 0 ? { value: 0 } : bounded(Number(json));
    },
  );
}

/** A whole number of either sign. */
export const integer = numberKind(
  'a whole number',
  (given) => {
    const number = /^[+-]?\d+$/.test(given) ? Number(given) : Number.NaN;
    return Number.isSafeInteger(number) ? { value: number } : wrong('a whole number');
  },
  (json) => (Number.isSafeInteger(json) ? { value: Number(json) } : wrong('a whole number')),
);

/** A number above zero, with decimals. */
export const decimal = numberKind(
  'a number above zero',
  (given) => {
    const number = /^\s*\+?(\d+\.?\d*|\.\d+)\s*$/.test(given) ? Number(given) : Number.NaN;
    return number >= 0 && number < 1e6 ? { value: number } : wrong('a number above zero');
  },
  (json) =>
    typeof json === 'number' && json >= 0 ? { value: json } : wrong('a number above zero'),
);

/** A duration that fits, in ms; JSON has it in nanoseconds. Zero passes, as it means "not set". */
export function durationWhere(words: string, fits: (ms: number) => boolean): Kind<number> {
  const fitting = (parsed: Parsed<number>): Parsed<number> =>
    'wrong' in parsed || parsed.value === 0 || fits(parsed.value) ? parsed : wrong(words, 'range');
  return {
    ...numberKind(
      words,
      (given) => fitting(parse.duration(given)),
      (json) =>
        Number.isInteger(json) && Math.abs(Number(json)) < parse.longestMs * 1e6
          ? fitting({ value: Number(json) / 1e6 })
          : wrong('a whole number of nanoseconds'),
    ),
    show: parse.durationText,
  };
}

export const duration = durationWhere('a duration', () => true);

/** A duration that is not negative. */
export const positiveDuration = durationWhere('a duration above zero', (ms) => ms > 0);

/** A duration of so many ms or more. */
export const durationFrom = (leastMs: number): Kind<number> =>
  durationWhere(`a duration of at least ${parse.durationText(leastMs)}`, (ms) => ms >= leastMs);

const wordKind = <Word extends string>(
  words: readonly Word[],
  asWritten: (text: string) => string,
) => {
  const said = `one of ${words.join(', ')}`;
  const read: Parser<Word> = (given) => {
    const word = words.find((candidate) => candidate === asWritten(given.trim()));
    return word === undefined ? wrong(said) : { value: word };
  };
  const isNothing = (_: Word): boolean => false;
  return { words: said, parse: read, decode: fromString(read), show: String, isNothing };
};

/** One of some words. */
export const oneOf = <Word extends string>(words: readonly Word[]): Kind<Word> =>
  wordKind(words, (given) => given);

/** One of some words, in capitals or not. */
export const anyCaseOf = <Word extends string>(words: readonly Word[]): Kind<Word> =>
  wordKind(words, (given) => given.toLowerCase());

/** One of some words, which JSON knows by their numbers; the first says nothing. */
export const numberedOf = <Word extends string>(words: readonly Word[]): Kind<Word> => ({
  ...oneOf(words),
  decode: (json) => {
    const word = typeof json === 'number' ? words[json] : undefined;
    const numbers = words.map((name, at) => `${at} (${name})`);
    return word === undefined ? wrong(`one of ${numbers.join(', ')}`) : { value: word };
  },
  isNothing: (word) => word === words[0],
});

export const ipAddress = stringKind('an IP address, such as 127.0.0.1', (given) =>
  isIP(given.trim()) === 0 ? wrong('an IP address, such as 127.0.0.1') : { value: given.trim() },
);

export const portRange: Kind<PortRange> = {
  words: 'a range of ports, such as 49152-65535',
  parse: parse.portRange,
  decode: fromString(parse.portRange),
  show: ({ first, last }) => `${first}-${last}`,
  isNothing: () => false,
};

/** The address of an Engine. */
export const engineAddress = stringKind(
  'an address such as unix:///var/run/docker.sock or tcp://10.0.0.1:2375',
  (given) => {
    const address = given.trim();
    return /^(unix|npipe|tcp|http):\/\/.+/.test(address) && URL.canParse(address)
      ? { value: address }
      : wrong('an address such as unix:///var/run/docker.sock or tcp://10.0.0.1:2375');
  },
);

/** The address of a service that is asked over HTTP, to which a scheme is given if it has none. */
export function webAddress(scheme: 'http' | 'https', example: string): Kind<string> {
  return stringKind(`an address such as ${example}`, (given) => {
    const address = /^\w+:\/\//.test(given.trim()) ? given.trim() : `${scheme}://${given.trim()}`;
    return /^https?:/.test(address) && URL.canParse(address)
      ? { value: address }
      : wrong(`an address such as ${example}`);
  });
}

/** The address of a proxy, whose password is not shown. */
export const proxyAddress: Kind<string> = {
  ...webAddress('http', 'http://proxy.example.com:3128'),
  show: (value) => value.replace(/\/\/[^@/]*@/, '//(secret)@'),
};
