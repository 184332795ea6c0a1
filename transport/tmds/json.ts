import type { Answer } from '../http/server.ts';

/** Characters that the endpoints of the Amazon ECS agent write as escapes, so that HTML may hold them. */
const unsafe = /[<>&\u2028\u2029]/g;

/** JSON as those endpoints write it. */
export const encode = (value: unknown): string =>
  JSON.stringify(value).replace(
    unsafe,
    (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** An answer of JSON. */
export const json = (status: number, value: unknown): Answer => answerOf(status, encode(value));

/** An answer of a JSON text that is made already. */
export const answerOf = (status: number, body: string): Answer => ({
  status,
  contentType: 'application/json',
  body,
});
