// subscribing → watching → backing off → subscribing …
//
// Follows the Engine's events for all containers. Whenever the stream stands (again), every container
// that may have changed meanwhile is looked at, because events of a gap are lost.
import { assign, setup } from 'xstate';
import { type Backoff, delayOf } from '../names/backoff.ts';
import { type Deadline, type Stamp, stampOf, unbound, unboundCallback } from '../names/effects.ts';

export type WatchEvent = ({ type: 'stream.opened' } & Stamp) | ({ type: 'stream.ended' } & Stamp);

/** Delays between tries to follow the Engine's events. */
export const watchBackoff: Backoff = { firstMs: 250, maxMs: 10_000, factor: 2, jitter: 0.2 };

export const watchMachine = setup({
  types: { context: {} as { attempts: number }, events: {} as WatchEvent },
  actors: {
    stream: unboundCallback<{ type: 'none' }, undefined>('stream'),
    reconcile: unbound<Stamp, undefined>('reconcile'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
    forgetAttempts: assign({ attempts: 0 }),
  },
}).createMachine({
  id: 'watch',
  context: { attempts: 0 },
  initial: 'following',
  states: {
    following: {
      invoke: { id: 'stream', src: 'stream' },
      on: { 'stream.ended': { target: 'backingOff', actions: 'countAttempt' } },
      initial: 'subscribing',
      states: {
        subscribing: {
          meta: { waits: { for: 'the Engine to open its event stream', deadline: 'watch' } },
          on: { 'stream.opened': 'reconciling' },
        },
        reconciling: {
          meta: { waits: { for: 'the Engine to list its containers', deadline: 'list' } },
          invoke: {
            id: 'reconcile',
            src: 'reconcile',
            onDone: { target: 'watching', actions: 'forgetAttempts' },
            onError: { target: '#watch.backingOff', actions: 'countAttempt' },
          },
        },
        watching: { meta: { steady: 'the Engine tells of every change' } },
      },
    },
    backingOff: {
      meta: { waits: { for: 'another try to follow the Engine', deadline: 'timer' } },
      invoke: {
        id: 'retry',
        src: 'timer',
        input: ({ context, event }) => {
          const { at, roll } = stampOf(event);
          return { deadline: at + delayOf(watchBackoff, context.attempts, roll) };
        },
        onDone: 'following',
      },
    },
  },
});
