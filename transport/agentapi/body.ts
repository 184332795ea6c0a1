import { isObject, type JsonObject } from '../wire/members.ts';

/** A body that is not what it should be; the message is for the task that sent it. */
export class BodyError extends Error {}

/** What the decoder of the Amazon ECS agent says of a value that ends too early. */
const endsEarly = 'unexpected EOF';

/**
 * The first JSON value of a body, which must be an object: what follows it is not looked at, as by the
 * Amazon ECS agent. Null is an object without members. Answers null for a body without any value;
 * throws {@link BodyError} for what is no object.
 */
export function firstObject(body: string): JsonObject | null {
  const text = body.trimStart();
  if (text === '') return null;
  const value = parsed(text.slice(0, endOfFirst(text)));
  if (value === null) return {};
  if (isObject(value)) return value;
  throw new BodyError(`json: cannot unmarshal ${jsonKind(value)} into an object`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the body.
    throw new BodyError('invalid JSON in the request body');
  }
}

/** Behind the bracket that closes the first one; behind the word where there is none. */
function endOfFirst(text: string): number {
  if (!/^[{[]/.test(text)) return /^("(\\.|[^"\\])*"|[^\s,[\]{}"]+)/.exec(text)?.[0].length ?? 1;
  let depth = 0;
  for (const { 0: token, index } of text.matchAll(/"(\\.|[^"\\])*"|[{}[\]]/gs)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth === 0) return index + 1;
  }
  throw new BodyError(endsEarly);
}

/** A JSON value's type in the words of the Amazon ECS agent. */
export function jsonKind(value: unknown): string {
  if (typeof value === 'boolean') return 'bool';
  return Array.isArray(value) ? 'array' : typeof value;
}
