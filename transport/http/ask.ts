import { abortSignalOf } from '../../machines/names/ending.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { Clock } from '../host/port.ts';
import { within } from '../wire/within.ts';

/** What is asked of an agent that runs. */
export interface AgentQuestion {
  /** Of its introspection endpoint. */
  url: string;
  /** With its query. */
  path: string;
  clock: Clock;
  /** How long the agent may take over its answer: it has all of it at hand. */
  patienceMs?: number;
}

/** Asks a running agent. Rejects with code `AGENT_UNREACHABLE` where nobody answers. */
export async function askAgent({
  url,
  path,
  clock,
  patienceMs = 5_000,
}: AgentQuestion): Promise<{ status: number; text: string }> {
  const { request } = await import('undici');
  try {
    return await within({ clock, ms: patienceMs, late: () => late }, async (ending) => {
      const signal = abortSignalOf(ending);
      const { statusCode, body } = await request(`${url}${path}`, { signal });
      return { status: statusCode, text: await body.text() };
    });
  } catch (error) {
    throw new AgentError(
      'AGENT_UNREACHABLE',
      `No agent answers at ${url}: start it, or set ECS_INTROSPECTION_BIND_ADDRESS and ` +
        'ECS_INTROSPECTION_PORT as they are for it',
      { retry: true, cause: error },
    );
  }
}

const late = new Error('It has not answered in time');

/** What is raised where something else than an agent answers. */
export const notAnAgent = (url: string, cause: unknown): AgentError =>
  new AgentError(
    'AGENT_UNKNOWN',
    `What answers at ${url} is not this agent: set ECS_INTROSPECTION_BIND_ADDRESS and ` +
      'ECS_INTROSPECTION_PORT as they are for the agent',
    { cause },
  );
