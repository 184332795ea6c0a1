import type { Clock } from '../host/port.ts';
import { MalformedError, Members, readObject } from '../wire/members.ts';
import { askAgent, notAnAgent } from './ask.ts';
import type { Explanation } from './port.ts';

/** The path that tells why the agent and its tasks are as they are; `?task=` asks for one of them. */
export const explainPath = '/v1/explain';

/** The last moment that a `Date` can hold. A deadline beyond means: as long as it takes. */
const lastMoment = 8_640_000_000_000_000;

/** The body of the answer. */
export const encodeExplanations = (explanations: Explanation[]) => ({
  Explanations: explanations.map(encoded),
});

function encoded(explanation: Explanation): object {
  const { subject, state, sentence, steady, since, until } = explanation;
  return {
    ...{ Subject: subject, State: state, Sentence: sentence, Steady: steady },
    ...(isMoment(since) && { Since: new Date(since).toISOString() }),
    ...(isMoment(until) && { Until: new Date(until).toISOString() }),
    Next: explanation.next,
    Parts: explanation.parts.map(encoded),
  };
}

const isMoment = (at: number | null): at is number => at !== null && Math.abs(at) <= lastMoment;

/** Reads the body of the answer. Throws {@link MalformedError} where it is none. */
export function decodeExplanations(text: string): Explanation[] {
  const answer = new Members(readObject(text, 'the answer'), '');
  if (!('Explanations' in answer.json)) throw new MalformedError('Explanations is missing');
  return answer.entries('Explanations').map(decoded);
}

function decoded(members: Members): Explanation {
  const next = members.text('Next') ?? '';
  return {
    subject: members.text('Subject') ?? '',
    state: members.text('State') ?? '',
    sentence: members.text('Sentence') ?? '',
    steady: members.flag('Steady') ?? false,
    since: momentOf(members.text('Since')),
    until: momentOf(members.text('Until')),
    next,
    parts: members.entries('Parts').map(decoded),
  };
}

function momentOf(text: string | null): number | null {
  const at = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

/** What is asked of an agent, and of which. */
export interface ExplainRequest {
  /** Of its introspection endpoint. */
  url: string;
  /** ARN or id of a task; null for all. */
  task: string | null;
  clock: Clock;
}

/**
 * Asks a running agent. Answers null for a task that it does not know. Rejects with code
 * `AGENT_UNREACHABLE` where nobody answers, and `AGENT_UNKNOWN` where somebody else does.
 */
export async function askExplanations(request: ExplainRequest): Promise<Explanation[] | null> {
  const { url, task, clock } = request;
  const query = task === null ? '' : `?task=${encodeURIComponent(task)}`;
  const { status, text } = await askAgent({ url, path: `${explainPath}${query}`, clock });
  try {
    if (status !== 200 && status !== 404) throw new MalformedError(`the status is ${status}`);
    const explanations = decodeExplanations(text);
    return status === 404 ? null : explanations;
  } catch (error) {
    throw notAnAgent(url, error);
  }
}
