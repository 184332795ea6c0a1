// subscribing → reconciling ⇄ watching → backing off → subscribing …
//
// Follows the Engine's events for all containers. Whenever the stream stands (again), and now and
// then while it does, every container that may have changed unheard is looked at.
import { assign, setup } from 'xstate';
import { type Backoff, delayOf } from '../names/backoff.ts';
import {
  type Deadline,
  type Stamp,
  stampOf,
  unbound,
  unboundCallback,
  waits,
} from '../names/effects.ts';
import { asFailure } from '../names/errors.ts';

export type WatchEvent =
  | ({ type: 'stream.opened' } & Stamp)
  /** `heard` is when the latest event happened, by the Engine's clock; null if there was none. */
  | ({ type: 'stream.ended'; because: string; heard: number | null } & Stamp);

/** What the watch remembers. */
export interface WatchContext {
  attempts: number;
  /** From when on the Engine is to tell its events (epoch ms); null for from now on. */
  since: number | null;
  /** Why the Engine is not followed, and since when; null while it is. */
  trouble: { because: string; since: number } | null;
}

/** Delays between tries to follow the Engine's events. */
export const watchBackoff: Backoff = { firstMs: 250, maxMs: 10_000, factor: 2, jitter: 0.2 };

/** How often containers are looked at while the stream stands: 5 minutes, and up to a tenth more. */
export const pollAfter: Backoff = { firstMs: 300_000, maxMs: 300_000, factor: 1, jitter: 0.1 };

const inMs = (rule: Backoff, attempt: number, event: object): Deadline => {
  const { at, roll } = stampOf(event);
  return { deadline: at + delayOf(rule, attempt, roll) };
};

const withTrouble = ({ trouble, attempts }: WatchContext, because: string, at: number) => ({
  attempts: attempts + 1,
  trouble: { because, since: trouble?.since ?? at },
});

export const watchMachine = setup({
  types: { context: {} as WatchContext, events: {} as WatchEvent },
  actors: {
    stream: unboundCallback<{ type: 'none' }, { since: number | null }>('stream'),
    reconcile: unbound<Stamp, undefined>('reconcile'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepEnd: assign(({ context }, end: { because: string; heard: number | null; at: number }) => ({
      ...withTrouble(context, end.because, end.at),
      since: end.heard ?? context.since,
    })),
    keepFailure: assign(({ context, event }) => {
      const { message, at } = asFailure('error' in event ? event.error : null);
      return withTrouble(context, message, at);
    }),
    forgetTrouble: assign({ attempts: 0, trouble: null }),
    keepOpened: assign(({ context, event }) => ({ since: context.since ?? stampOf(event).at })),
  },
}).createMachine({
  id: 'watch',
  context: { attempts: 0, since: null, trouble: null },
  initial: 'following',
  states: {
    following: {
      invoke: { id: 'stream', src: 'stream', input: ({ context: { since } }) => ({ since }) },
      on: {
        'stream.ended': {
          target: 'backingOff',
          actions: { type: 'keepEnd', params: ({ event }) => event },
        },
      },
      initial: 'subscribing',
      states: {
        subscribing: {
          ...waits('the Engine to open its event stream', 'watch', 'it is tried again'),
          on: { 'stream.opened': { target: 'reconciling', actions: 'keepOpened' } },
        },
        reconciling: {
          ...waits('the Engine to list its containers', 'list', 'it is followed anew'),
          invoke: {
            id: 'reconcile',
            src: 'reconcile',
            onDone: { target: 'watching', actions: 'forgetTrouble' },
            onError: { target: '#watch.backingOff', actions: 'keepFailure' },
          },
        },
        watching: {
          meta: { steady: 'the Engine tells of every change' },
          invoke: {
            id: 'poll',
            src: 'timer',
            input: ({ event }) => inMs(pollAfter, 1, event),
            onDone: 'reconciling',
          },
        },
      },
    },
    backingOff: {
      ...waits(
        'another try to follow the Engine: {trouble}',
        'timer',
        'its events are asked for again',
      ),
      invoke: {
        id: 'retry',
        src: 'timer',
        input: ({ context, event }) => inMs(watchBackoff, context.attempts, event),
        onDone: 'following',
      },
    },
  },
});
