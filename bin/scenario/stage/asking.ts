import type { AskStep } from '../model.ts';

/** Who asks: a process that has variables, and a network or none. */
export interface Asker {
  variables: Record<string, string>;
  /** The address that it asks from; null without a network. */
  address: string | null;
  /** Whether the loopback of the agent's host is its own. */
  isOnHost: boolean;
}

/** The agent's host itself. */
export const thisHost: Asker = { variables: {}, address: '127.0.0.1', isOnHost: true };

/** A question as HTTP has it. */
export interface Asked {
  url: URL;
  method: string;
  body: string;
}

/** The way to the agent's servers; rejects with the reason where nobody answers. */
export type Ask = (asked: Asked, by: Asker) => Promise<{ status: number; body: string }>;

/**
 * Asks as a step says, and tells the answer in one line: its status and body, or why there is none;
 * of several, how often each came.
 */
export async function answersTo(step: AskStep, by: Asker, ask: Ask): Promise<string> {
  const one = () =>
    asked(step, by, ask).then(
      ({ status, body }) => `${status} ${body}`.replaceAll(/\s+/g, ' ').trim(),
      (error: Error) => `no answer: ${error.message}`,
    );
  const answers = await Promise.all(Array.from({ length: step.times ?? 1 }, one));
  if (step.times === undefined) return answers.join();
  const counts = new Map<string, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return [...counts].map(([answer, count]) => `${timesOf(count)} ${answer}`).join(', ');
}

const timesOf = (count: number): string => (count === 1 ? 'once' : `${count} times`);

async function asked({ url, method = 'GET', body }: AskStep, by: Asker, ask: Ask) {
  if (by.address === null) throw new Error('it has no network');
  const text = typeof body === 'string' ? body : (JSON.stringify(body) ?? '');
  return await ask({ url: urlOf(url, by.variables), method, body: text }, by);
}

/** As a shell and curl take it: variables are put in, and `http://` may be left out. */
function urlOf(given: string, variables: Record<string, string>): URL {
  const full = given.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (_, braced, bare) => {
    const value = variables[braced ?? bare];
    if (value === undefined) throw new Error(`it has no variable ${braced ?? bare}`);
    return value;
  });
  const whole = full.includes('://') ? full : `http://${full}`;
  if (!URL.canParse(whole)) throw new Error(`${whole} is no address`);
  return new URL(whole);
}

/** Variables as Docker lists them, `NAME=VALUE`. */
export const variablesOf = (pairs: string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
