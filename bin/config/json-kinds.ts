import { type Kind, text } from './kinds.ts';
import * as parse from './parse.ts';
import { type Decoder, type Parsed, wrong } from './parse.ts';

/** A kind that is JSON in the environment, too. */
function jsonKind<Value extends object>(
  words: string,
  fits: (json: unknown) => json is Value,
  severity?: 'fatal',
): Kind<Value> {
  const decode: Decoder<Value> = (json) => (fits(json) ? { value: json } : wrong(words, severity));
  return {
    words,
    parse: (given) => decode(parse.firstJson(given)),
    decode,
    show: (value) => JSON.stringify(value),
    isNothing: (value) => Object.keys(value).length === 0,
  };
}

const isListOf =
  <Item>(fits: (json: unknown) => json is Item) =>
  (json: unknown): json is Item[] =>
    Array.isArray(json) && json.every(fits);

const isString = (json: unknown): json is string => typeof json === 'string';

const isObject = (json: unknown): json is Record<string, unknown> =>
  typeof json === 'object' && json !== null && !Array.isArray(json);

const isWordMap = (json: unknown): json is Record<string, string> =>
  isObject(json) && Object.values(json).every(isString);

export const ports = jsonKind(
  'a JSON list of port numbers, such as [22,80]',
  isListOf(parse.isPort),
);

export const wordList = jsonKind('a JSON list of strings, such as ["efsAuth"]', isListOf(isString));

export const addressBlocks = jsonKind(
  'a JSON list of address blocks, such as ["10.0.0.0/16"]',
  isListOf(parse.isAddressBlock),
);

export const wordMap = jsonKind('a JSON object of strings, such as {"stack":"prod"}', isWordMap);

/** A list of words, of which none may be unknown. */
export function listOf(words: readonly string[]): Kind<string[]> {
  const list = jsonKind('a JSON list of strings, such as ["json-file"]', isListOf(isString));
  const known = (parsed: Parsed<string[]>): Parsed<string[]> =>
    'wrong' in parsed || parsed.value.every((word) => words.includes(word))
      ? parsed
      : wrong(`a JSON list of ${words.join(', ')}`, 'fatal');
  return {
    ...list,
    words: `a JSON list of ${words.join(', ')}`,
    parse: (given) => known(list.parse(given)),
    decode: (json) => known(list.decode(json)),
  };
}

/** Names with commas between them; JSON has a list. */
export const commaList: Kind<string[]> = {
  ...wordList,
  words: 'names with commas between them',
  parse: parse.commaList,
  show: (value) => value.join(','),
};

/** JSON as it is written, of which only the form is looked at. */
export const jsonObject: Kind<string> = {
  ...text,
  words: 'a JSON object',
  parse: (given) => {
    const json = parse.firstJson(given);
    return isObject(json) ? { value: JSON.stringify(json) } : wrong('a JSON object');
  },
  decode: (json) => (isObject(json) ? { value: JSON.stringify(json) } : wrong('a JSON object')),
};

/** Two numbers above zero: of calls that go on for long, and of those at one moment. */
export interface Rate {
  steady: number;
  burst: number;
}

const rateWords = 'two whole numbers above zero, such as 40,60';

/** A rate as `steady,burst`; JSON has the two under names of their own. */
export const rate: Kind<Rate> = {
  words: rateWords,
  parse: (given) => {
    const [steady, burst] = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(given)?.slice(1).map(Number) ?? [];
    return steady && burst ? { value: { steady, burst } } : wrong(rateWords);
  },
  decode: (json) => {
    const [steady, burst] = Array.isArray(json) ? json : [];
    if (!Number.isInteger(steady) || !Number.isInteger(burst)) return wrong(rateWords);
    return steady > 0 && burst > 0 ? { value: { steady, burst } } : wrong(rateWords, 'range');
  },
  show: ({ steady, burst }) => `${steady},${burst}`,
  isNothing: () => false,
};
