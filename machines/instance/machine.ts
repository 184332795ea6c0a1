// asking ⇄ backingOff → answered | unanswered
//
// The first contact with the EC2 instance metadata service. An instance may start its agent before
// its network stands: then the service is asked again for a while. Elsewhere nobody answers, and one
// try tells.
import { assign, enqueueActions, setup } from 'xstate';
import { isPatient, nextTryAt, startPatience } from '../names/backoff.ts';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';

/** Where the agent is started. */
export interface InstanceInput {
  /** Whether there has to be a metadata service: one that does not answer yet is waited for. */
  expected: boolean;
  at: number;
}

/** What is known of the first contact. */
export interface InstanceContext {
  expected: boolean;
  begunAt: number;
  attempts: number;
  /** What the latest try met; null before, and once there was an answer. */
  trouble: Failure | null;
}

/** Told once, before the second try. */
export interface ContactDelayed {
  type: 'start.delayed';
  because: string;
  withinMs: number;
}

export const instanceMachine = setup({
  types: {
    context: {} as InstanceContext,
    input: {} as InstanceInput,
    output: {} as Failure | null,
    emitted: {} as ContactDelayed,
  },
  actors: {
    contact: unbound<Stamp, undefined>('contact'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    forgetTrouble: assign({ trouble: null }),
    countAttempt: assign(({ context }, trouble: Failure) => ({
      attempts: context.attempts + 1,
      trouble,
    })),
    tellDelay: enqueueActions(({ context, enqueue }, { message: because }: Failure) => {
      const { withinMs } = startPatience;
      if (context.attempts === 0) enqueue.emit({ type: 'start.delayed', because, withinMs });
    }),
  },
  guards: {
    mayAskAgain: ({ context }, { retry, at }: Failure) =>
      context.expected && retry && isPatient(startPatience, context, at),
  },
}).createMachine({
  id: 'instance',
  context: ({ input }) => ({
    expected: input.expected,
    begunAt: input.at,
    attempts: 0,
    trouble: null,
  }),
  output: ({ context }) => context.trouble,
  initial: 'asking',
  states: {
    asking: {
      ...waits('the instance metadata service to answer', 'metadata', 'it is asked again for 10 s'),
      invoke: {
        id: 'contact',
        src: 'contact',
        onDone: { target: 'answered', actions: 'forgetTrouble' },
        onError: [
          {
            guard: { type: 'mayAskAgain', params: failure },
            target: 'backingOff',
            actions: [
              { type: 'tellDelay', params: failure },
              { type: 'countAttempt', params: failure },
            ],
          },
          { target: 'unanswered', actions: { type: 'countAttempt', params: failure } },
        ],
      },
    },
    backingOff: {
      ...waits('the instance metadata service to be there: {trouble}', 'timer', 'it is asked'),
      invoke: {
        id: 'retry',
        src: 'timer',
        input: ({ context, event }) => ({
          deadline: nextTryAt(startPatience, context, stampOf(event)),
        }),
        onDone: 'asking',
      },
    },
    answered: { type: 'final' },
    unanswered: { type: 'final' },
  },
});
