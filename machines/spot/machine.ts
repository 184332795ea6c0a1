// watching (asking ⇄ resting) → draining (calling ⇄ backingOff) → drained
//
// Asks each second whether EC2 is about to interrupt this Spot Instance. Once it is, ECS is told to
// drain the container instance, each second until it has; then there is nothing more to watch for.
import { assign, setup } from 'xstate';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';

/** What the watch over a Spot Instance remembers. */
export interface SpotContext {
  /** What EC2 is about to do, e.g. `terminate`; null while nothing is announced. */
  action: string | null;
  /** Why ECS could not be told, the last time; null where it was not tried or has worked. */
  trouble: Failure | null;
}

/** What EC2 has announced; null for nothing. */
export type Announced = Stamp & { action: string | null };

/** How often EC2 is asked, and ECS told (Amazon EC2 User Guide: a notice comes 2 minutes before). */
const everyMs = 1_000;

/** What the tasks of an instance do not survive. */
const interruptions = ['terminate', 'stop', 'hibernate'];

const announced = ({ event }: { event: { output: Announced } }): Announced => event.output;

/** The wait for the next second. */
const pause = <Next extends string>(id: string, onDone: Next) => ({
  id,
  src: 'timer' as const,
  input: ({ event }: { event: object }) => ({ deadline: stampOf(event).at + everyMs }),
  onDone,
});

const unannounced = { meta: { steady: 'EC2 has announced no interruption' } };

export const spotMachine = setup({
  types: { context: {} as SpotContext },
  actors: {
    askSpot: unbound<Announced, undefined>('askSpot'),
    drain: unbound<Stamp, { action: string }>('drain'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepAction: assign((_, { action }: Announced) => ({ action })),
    keepTrouble: assign((_, trouble: Failure) => ({ trouble })),
  },
  guards: {
    isInterruption: (_, { action }: Announced) => interruptions.includes(action ?? ''),
  },
}).createMachine({
  id: 'spot',
  context: { action: null, trouble: null },
  initial: 'watching',
  states: {
    watching: {
      initial: 'asking',
      states: {
        asking: {
          ...unannounced,
          invoke: {
            id: 'ask',
            src: 'askSpot',
            onDone: [
              {
                guard: { type: 'isInterruption', params: announced },
                target: '#spot.draining',
                actions: { type: 'keepAction', params: announced },
              },
              { target: 'resting' },
            ],
            onError: 'resting',
          },
        },
        resting: { ...unannounced, invoke: pause('askAgain', 'asking') },
      },
    },
    draining: {
      initial: 'calling',
      states: {
        calling: {
          ...waits(
            'ECS to drain this instance, which EC2 is about to {action}',
            'drain',
            'ECS places no more tasks on it',
          ),
          invoke: {
            id: 'drain',
            src: 'drain',
            input: ({ context }) => ({ action: context.action ?? '' }),
            onDone: '#spot.drained',
            onError: {
              target: 'backingOff',
              actions: { type: 'keepTrouble', params: failure },
            },
          },
        },
        backingOff: {
          ...waits(
            'another try to have this instance drained, which EC2 is about to {action}: {trouble}',
            'timer',
            'ECS is told again',
          ),
          invoke: pause('drainAgain', 'calling'),
        },
      },
    },
    drained: { type: 'final' },
  },
});
