// What of an actor's context goes into the flight record: this list, and nothing else. Of a failure it
// is the name and the code, as its text is written by others and may quote what a task was given.
import type { AgentContext } from '../agent/model.ts';
import type { ContainerContext } from '../container/model.ts';
import type { ImagesContext } from '../image/model.ts';
import type { Failure } from '../names/errors.ts';
import type { OutboxContext } from '../report/model.ts';
import type { ResourceContext } from '../resource/model.ts';
import type { SessionContext } from '../session/events.ts';
import type { SpotContext } from '../spot/machine.ts';
import type { TaskContext } from '../task/model.ts';
import type { WatchContext } from '../watch/machine.ts';
import type { FlightFacts } from './model.ts';

/** A fact of a context; texts and numbers only, so that two are compared at no cost. */
export type Fact = string | number | boolean | null;

/** What is kept of the contexts of actors of one kind. */
export interface Reading {
  /** The facts, in this order. */
  names: string[];
  read(context: never): Fact[];
  /** The facts of an actor of which nothing has happened. */
  fresh: Fact[];
}

const code = (failure: Failure | null | undefined): string | null => failure?.code ?? null;

const container: Reading = {
  names: ['desired', 'exitCode', 'reason', 'fatal', 'health', 'restarts', 'attempts', 'trouble'],
  read: (context: ContainerContext) => [
    context.desired,
    context.exitCode,
    context.failure === null ? null : `${context.failure.name} (${context.failure.code})`,
    context.fatal,
    context.health,
    context.restarts,
    context.attempts,
    code(context.trouble),
  ],
  fresh: ['RUNNING', null, null, false, 'UNKNOWN', 0, 0, null],
};

const task: Reading = {
  names: ['desired', 'settled', 'attempts'],
  read: ({ desired, settled, attempts }: TaskContext) => [desired, settled, attempts],
  fresh: ['RUNNING', false, 0],
};

const resource: Reading = {
  names: ['reason', 'attempts', 'trouble'],
  read: ({ failure, attempts, trouble }: ResourceContext) => [
    code(failure),
    attempts,
    code(trouble),
  ],
  fresh: [null, 0, null],
};

const outbox: Reading = {
  names: ['accepted', 'attempts', 'trouble'],
  read: ({ sent, attempts, trouble }: OutboxContext) => [sent.status, attempts, code(trouble)],
  fresh: [null, 0, null],
};

const agent: Reading = {
  names: ['containerInstanceArn', 'attempts', 'trouble', 'exitCode'],
  read: ({ containerInstanceArn, attempts, trouble, exit }: AgentContext) => [
    containerInstanceArn,
    attempts,
    code(trouble),
    exit.code,
  ],
  fresh: [null, 0, null, 0],
};

const session: Reading = {
  names: ['attempts'],
  read: ({ attempts }: SessionContext) => [attempts],
  fresh: [0],
};

const watch: Reading = {
  names: ['attempts'],
  read: ({ attempts }: WatchContext) => [attempts],
  fresh: [0],
};

const images: Reading = {
  names: ['removed', 'pressure', 'trouble'],
  read: ({ removed, pressure, trouble }: ImagesContext) => [removed, pressure, code(trouble)],
  fresh: [0, false, null],
};

const spot: Reading = {
  names: ['trouble'],
  read: ({ trouble }: SpotContext) => [code(trouble)],
  fresh: [null],
};

/** Of all other actors only states are recorded. */
const nothing: Reading = { names: [], read: () => [], fresh: [] };

const readings: Record<string, Reading> = {
  ...{ container, task, resource, outbox, agent, session, watch, images, spot },
};

/** What is kept of the contexts of actors of a kind: the first part of their id. */
export const readingOf = (kind: string): Reading =>
  Object.hasOwn(readings, kind) ? (readings[kind] ?? nothing) : nothing;

/** What is different from one reading to the next; null for nothing. */
export function changesIn(names: string[], before: Fact[], after: Fact[]): FlightFacts | null {
  if (before === after) return null;
  let changes: FlightFacts | null = null;
  for (let at = 0; at < names.length; at++) {
    const fact = after[at];
    if (fact === before[at] || fact === undefined) continue;
    changes ??= {};
    changes[names[at] ?? ''] = fact;
  }
  return changes;
}
