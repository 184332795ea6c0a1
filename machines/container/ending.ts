// stopping → stopped
//
// All that comes after a container's process was wanted no more, or has ended. It is stopped with as
// many tries as it takes, and watched on: one that is found running after its end is stopped again.
import { failure, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import {
  containerSetup,
  endIfGone,
  exitCode,
  inspected,
  keepFacts,
  keepHint,
  key,
  nextTry,
  retry,
} from './setup.ts';

/** One that ended before is gone for good. */
const restOrRetry = [
  { guard: { type: 'isGone' as const, params: failure }, target: 'ended' },
  { target: 'backingOff', actions: 'countAttempt' as const },
];

const endIfEnded = {
  guard: inspected('doesNotRun'),
  target: '#container.stopped',
  actions: keepFacts,
};

/** The Engine lives and cannot stop it: ECS is told so, and it is watched on. */
const unstoppable = {
  target: '#container.stopped.halting',
  actions: 'keepTrouble' as const,
};

/** After five stops in vain it is asked whether the Engine lives at all. */
const stopAgain = [
  { guard: 'triedEnough' as const, target: 'pinging', actions: 'countAttempt' as const },
  { target: 'backingOff', actions: 'countAttempt' as const },
];

export const stopping = containerSetup.createStateConfig({
  entry: 'begin',
  // While it shuts down other hints may come, of its health for example: those end no call.
  on: {
    'engine.hint': {
      guard: { type: 'tellsOfEnd', params: exitCode },
      target: '.inspecting',
      actions: keepHint,
    },
  },
  initial: 'calling',
  states: {
    calling: {
      ...waits('the Engine to stop it', 'stop', 'it is told again, five times in all'),
      invoke: {
        id: 'stop',
        src: 'stopContainer',
        input: key,
        onDone: 'inspecting',
        onError: [endIfGone, ...stopAgain],
      },
    },
    inspecting: {
      ...waits('the Engine to show how it ended', 'inspect', 'it is inspected again'),
      invoke: {
        id: 'inspectStopped',
        src: 'inspectContainer',
        input: key,
        onDone: [endIfEnded, ...stopAgain],
        onError: [endIfGone, ...stopAgain],
      },
    },
    pinging: {
      ...waits('the Engine to show that it lives', 'ping', 'it is told to stop again'),
      invoke: {
        id: 'ping',
        src: 'pingEngine',
        input: key,
        onDone: 'concluding',
        onError: { target: 'backingOff', actions: 'begin' },
      },
    },
    concluding: {
      ...waits('the Engine to show whether it runs after all', 'inspect', 'ECS is told'),
      invoke: {
        id: 'inspectUnstoppable',
        src: 'inspectContainer',
        input: key,
        onDone: [endIfEnded, unstoppable],
        onError: [endIfGone, unstoppable],
      },
    },
    backingOff: {
      ...waits('another try to stop it: {trouble}', 'timer', 'it is told to stop again'),
      invoke: {
        id: 'retryStop',
        src: 'timer',
        input: nextTry(decide.engineBackoff),
        onDone: 'calling',
      },
    },
  },
});

export const stopped = containerSetup.createStateConfig({
  entry: ['stamp', 'begin', { type: 'tellTask', params: { status: 'STOPPED' } }],
  initial: 'ended',
  states: {
    ended: {
      meta: { steady: 'it has ended and is kept until its task is cleaned up' },
      on: { 'engine.started': 'looking' },
    },
    looking: {
      ...waits('the Engine to show whether it runs after all', 'inspect', 'it is asked again'),
      invoke: {
        id: 'inspectEnded',
        src: 'inspectContainer',
        input: key,
        onDone: [{ guard: inspected('doesNotRun'), target: 'ended' }, { target: 'halting' }],
        onError: restOrRetry,
      },
    },
    halting: {
      ...waits('the Engine to stop what nobody wants any more', 'stop', 'it is told again'),
      invoke: {
        id: 'halt',
        src: 'stopContainer',
        input: key,
        onDone: 'looking',
        onError: restOrRetry,
      },
    },
    backingOff: retry('retryHalt', 'looking'),
  },
});
