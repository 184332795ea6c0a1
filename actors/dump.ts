import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import type { Explanation } from '../transport/http/port.ts';
import { type ExplainPorts, explain } from './explain.ts';
import { type LogFields, stateName } from './recorder.ts';

/** One line of a dump. */
export interface DumpLine {
  message: string;
  fields: LogFields;
}

const mostLines = 2_000;

/**
 * What all actors do, a line each: first what waits and for what, then every actor with its state, its
 * effects under way, and how much an outbox still has to tell. Only names and states: nothing of what
 * a task was given is shown.
 */
export function dumpOf(ports: ExplainPorts): DumpLine[] {
  const waiting = explain(ports, null).flatMap(unsteady).map(waitLine);
  const actors = actorLines(ports.system.get('agent'));
  const lines = [...waiting, ...actors];
  const left = lines.length - mostLines;
  if (left <= 0) return lines;
  return [...lines.slice(0, mostLines), { message: 'More is not shown', fields: { lines: left } }];
}

/** All that waits in an explanation, without its tree. */
const unsteady = (one: Explanation): Explanation[] => [
  ...(one.steady ? [] : [one]),
  ...one.parts.flatMap(unsteady),
];

const waitLine = ({ subject, sentence, since }: Explanation): DumpLine => ({
  message: 'Waits',
  fields: {
    ...{ subject, sentence },
    ...(since !== null && { since: new Date(since).toISOString() }),
  },
});

function actorLines(actor: AnyActorRef): DumpLine[] {
  const { value, children, context } = actor.getSnapshot() as Partial<AnyMachineSnapshot>;
  if (value === undefined) return [];
  const all: [string, AnyActorRef][] = Object.entries(children ?? {});
  const machines = all.filter(([, child]) => child.getSnapshot()?.value !== undefined);
  const effects = all.filter((child) => !machines.includes(child)).map(([id]) => id);
  const { queue } = context as { queue?: unknown };
  const fields = {
    ...{ actor: actor.id, state: stateName(value) },
    ...(effects.length > 0 && { effects: effects.join(' ') }),
    ...(Array.isArray(queue) && { queued: queue.length }),
  };
  return [{ message: 'Actor', fields }, ...machines.flatMap(([, child]) => actorLines(child))];
}
