import type { JsonObject } from './overlay.ts';
import type { EngineEvent } from './port.ts';
import { labels } from './translate.ts';

const actions = ['start', 'die', 'destroy'] as const;

/** Asks the Engine for the events of this cluster's containers that {@link EngineEvent} names. */
export const eventFilters = (cluster: string) => ({
  type: ['container' as const],
  event: [...actions],
  label: [`${labels.cluster}=${cluster}`],
});

/**
 * The lines of one of the Engine's streams, which arrive split anywhere. Ends when the stream ends
 * and throws when it breaks. A last line without its line feed is not told: it was cut.
 */
export async function* linesOf(stream: NodeJS.ReadableStream): AsyncGenerator<string> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}

/** Reads one line of the event stream; null if it is no event of a container of a task. */
export function engineEventOf(line: string): EngineEvent | null {
  const message = parse(line);
  const actor = (message.Actor ?? {}) as { ID?: unknown; Attributes?: Record<string, unknown> };
  const attributes = actor.Attributes ?? {};
  const action = actions.find((known) => known === message.Action);
  const taskArn = attributes[labels.taskArn];
  const name = attributes[labels.containerName];
  if (!action || typeof actor.ID !== 'string') return null;
  if (typeof taskArn !== 'string' || typeof name !== 'string') return null;
  const exitCode = action === 'die' ? exitCodeOf(attributes.exitCode) : null;
  return { action, runtimeId: actor.ID, taskArn, name, exitCode };
}

function parse(line: string): JsonObject {
  try {
    return (JSON.parse(line) ?? {}) as JsonObject;
  } catch {
    return {};
  }
}

const exitCodeOf = (text: unknown): number | null =>
  typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : null;

/** The reason a line of a pull's progress gives for its failure; null if it tells of none. */
export function pullFailureOf(line: string): string | null {
  const { error } = parse(line);
  return typeof error === 'string' ? error : null;
}
