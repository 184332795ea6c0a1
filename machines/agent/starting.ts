// booting (calling ⇄ backingOff) → warming (asking ⇄ resting) → identifying
//
// All that comes before the agent registers. What may come up after the agent is waited for a while;
// an instance of a warm pool registers only once it is in service, however long that takes.
import { failure, stampOf, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import type { Booted } from './events.ts';
import type { AgentContext } from './model.ts';
import { agentSetup } from './setup.ts';

export const output = <Output>({ event }: { event: { output: Output } }): Output => event.output;
export const failWith = { type: 'fail' as const, params: failure };
const keepBooted = { type: 'keepBooted' as const, params: output<Booted> };

/** What comes up after the agent is waited for a while, and that is told once. */
export const retry = {
  guard: { type: 'mayTryAgain' as const, params: failure },
  actions: [
    { type: 'tellDelay' as const, params: failure },
    { type: 'countAttempt' as const, params: failure },
  ],
};

/** The wait between two tries of a step of the start. */
export const backOff = <Next extends string>(what: string, id: string, onDone: Next) => ({
  ...waits(`${what}: {trouble}`, 'timer', 'it is tried again'),
  invoke: {
    id,
    src: 'timer' as const,
    input: ({ context }: { context: AgentContext }) => ({ deadline: decide.resumeAt(context) }),
    onDone,
  },
});

export const booting = agentSetup.createStateConfig({
  initial: 'calling',
  states: {
    calling: {
      ...waits('the Engine to answer', 'version', 'it is asked again for 10 s in all'),
      invoke: {
        id: 'boot',
        src: 'boot',
        input: ({ context }) => ({ since: context.begunAt }),
        onDone: [
          {
            guard: 'waitsInPool',
            target: '#agent.alive.control.warming',
            actions: [keepBooted, 'begin'],
          },
          {
            target: '#agent.alive.control.identifying',
            actions: [keepBooted, 'begin'],
          },
        ],
        onError: [
          { ...retry, target: 'backingOff' },
          { target: '#agent.failed', actions: failWith },
        ],
      },
    },
    backingOff: backOff('the Engine to be there', 'retryBoot', 'calling'),
  },
});

export const warming = agentSetup.createStateConfig({
  initial: 'asking',
  states: {
    asking: {
      ...waits(
        'the instance metadata service to tell its place in the warm pool',
        'metadata',
        'it is asked again in a minute',
      ),
      invoke: {
        id: 'lifecycle',
        src: 'lifecycle',
        onDone: [
          {
            guard: { type: 'isInService', params: output },
            target: '#agent.alive.control.identifying',
            actions: 'begin',
          },
          {
            guard: { type: 'mayAskPool', params: output },
            target: 'resting',
            actions: { type: 'keepLifecycle', params: output },
          },
          { target: '#agent.failed', actions: 'neverInPool' },
        ],
        onError: [
          {
            guard: { type: 'mayAskPoolAfter', params: failure },
            target: 'resting',
            actions: { type: 'countAttempt', params: failure },
          },
          { target: '#agent.failed', actions: failWith },
        ],
      },
    },
    resting: {
      ...waits(
        'its Auto Scaling group to put this instance into service; it is {lifecycle}',
        'timer',
        'the instance metadata service is asked again',
      ),
      invoke: {
        id: 'askAgain',
        src: 'timer',
        input: ({ event }) => ({ deadline: stampOf(event).at + decide.warmPoolMs }),
        onDone: 'asking',
      },
    },
  },
});

export const identifying = agentSetup.createStateConfig({
  ...waits(
    'the instance metadata service to tell which instance this is',
    'identity',
    'it registers, without what is not told',
  ),
  invoke: {
    id: 'identify',
    src: 'identify',
    onDone: { target: 'registering', actions: 'begin' },
    onError: { target: 'registering', actions: 'begin' },
  },
});
