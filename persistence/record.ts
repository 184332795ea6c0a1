import { crc32 } from 'node:zlib';

/** The version this agent writes, and the only one there has been. */
const VERSION = 1;

const HEAD = /^\{"v":(\d+),/;
const LAYOUT = /^\{"v":\d+,"sum":"([0-9a-f]{8})","body":(.*)\}$/s;

/** Why a text is not a record that this agent can read. */
export type Refusal = 'malformed' | 'unknown version' | 'wrong sum';

/** What a text turned out to be. */
export type Decoded = { is: 'record'; body: unknown } | { is: 'refused'; because: Refusal };

/**
 * Writes `body`, a plain JSON value, as the text of the record `key`:
 * `{"v":1,"sum":"<crc32>","body":...}`. Throws a TypeError for what JSON cannot say.
 */
export function encode(key: string, body: unknown): string {
  const json: string | undefined = JSON.stringify(body);
  if (json === undefined) {
    throw new TypeError(`the body of ${key} is not a JSON value`);
  }
  return `{"v":${VERSION},"sum":"${sumOf(key, json)}","body":${json}}`;
}

/** Reads a text that was stored under `key`. Never throws. */
export function decode(key: string, text: string): Decoded {
  const version = HEAD.exec(text)?.[1];
  // Before the layout and the sum, because both are this version's.
  if (version !== undefined && Number(version) !== VERSION) {
    return { is: 'refused', because: 'unknown version' };
  }
  const [, sum, json] = LAYOUT.exec(text) ?? [];
  if (sum === undefined || json === undefined) {
    return { is: 'refused', because: 'malformed' };
  }
  if (sum !== sumOf(key, json)) {
    return { is: 'refused', because: 'wrong sum' };
  }
  try {
    return { is: 'record', body: JSON.parse(json) };
  } catch {
    return { is: 'refused', because: 'malformed' };
  }
}

/**
 * The sum of version, key and body, a line each. It covers the key, so that a text which came to lie
 * under another key is noticed. The body is long: it is not copied behind the others first.
 */
function sumOf(key: string, json: string): string {
  return crc32(json, crc32(`${VERSION}\n${key}\n`))
    .toString(16)
    .padStart(8, '0');
}
