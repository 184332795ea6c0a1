// preparing → starting → started → running → stopping → stopped
//                                  running ⇄ restarting
//
// Each step that touches the Engine is an invoked effect. A step that fails ends the container with
// a reason, unless it may be running: then it is stopped first. What the Engine's events say is only
// a hint; an inspect tells what is so, and an Engine that does not answer is asked again.
import { failure, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import { stopped, stopping } from './ending.ts';
import { keepAllowed, keepHold, preparing } from './preparing.ts';
import {
  containerSetup,
  endIfGone,
  failedTo,
  inspected,
  keepFacts,
  keepHint,
  key,
  result,
  retry,
} from './setup.ts';

/** It may have been started before the connection broke: look before asking again. */
const lookFirst = {
  guard: { type: 'isUnreachable' as const, params: failure },
  target: 'backingOff',
  actions: 'countAttempt' as const,
};
const stopFirst = {
  guard: { type: 'mayBeRunning' as const, params: failure },
  target: '#container.stopping',
  actions: failedTo('start'),
};

/** One that cannot be asked is asked again. */
const endOrRetry = [endIfGone, { target: 'backingOff', actions: 'countAttempt' as const }];

/** A container that has ended starts anew where its restart policy says so. */
const restart = {
  guard: inspected('mayRestart'),
  target: '#container.restarting.calling',
  actions: [keepFacts, 'countRestart' as const],
};

/** It has started: that is told even of one that has ended by now. */
const tellRunning = [
  'stamp' as const,
  { type: 'tellTask' as const, params: { status: 'RUNNING' as const } },
];

export const containerMachine = containerSetup.createMachine({
  id: 'container',
  context: ({ input }) => decide.newContainer(input),
  initial: 'preparing',
  on: {
    'container.stop': { actions: 'wantStopped' },
    'container.retire': { actions: 'forgetRestarts' },
    'container.allow': { actions: keepAllowed },
    'container.hold': { actions: keepHold },
  },
  states: {
    preparing,
    starting: {
      entry: 'begin',
      initial: 'calling',
      on: { 'engine.hint': { actions: keepHint } },
      states: {
        calling: {
          ...waits('the Engine to start it', 'start', 'it is stopped and has failed'),
          invoke: {
            id: 'start',
            src: 'startContainer',
            input: key,
            onDone: 'inspecting',
            onError: [
              lookFirst,
              stopFirst,
              { target: '#container.stopped', actions: failedTo('start') },
            ],
          },
        },
        inspecting: {
          ...waits('the Engine to show how it started', 'inspect', 'it is inspected again'),
          // It may have ended after this inspect looked: look again.
          on: { 'engine.hint': { target: 'inspecting', reenter: true, actions: keepHint } },
          invoke: {
            id: 'inspectStarted',
            src: 'inspectContainer',
            input: key,
            onDone: [
              // What was asked of the Engine before a break or a restart was not done.
              { guard: inspected('needNotStart'), target: '#container.stopped' },
              { guard: inspected('neverStarted'), target: 'calling' },
              { ...restart, actions: [keepFacts, ...tellRunning, 'countRestart'] },
              { target: '#container.started', actions: keepFacts },
            ],
            onError: endOrRetry,
          },
        },
        backingOff: retry('retryInspectStarted', 'inspecting'),
      },
    },
    started: {
      entry: tellRunning,
      always: 'running',
    },
    running: {
      entry: 'begin',
      always: [
        { guard: 'hasExited', target: 'stopped' },
        { guard: 'stopWanted', target: 'stopping' },
      ],
      on: { 'engine.hint': { target: '.inspecting', actions: keepHint } },
      initial: 'steady',
      states: {
        steady: { meta: { steady: 'its process runs' } },
        inspecting: {
          ...waits('the Engine to show whether it still runs', 'inspect', 'it is inspected again'),
          invoke: {
            id: 'inspectRunning',
            src: 'inspectContainer',
            input: key,
            onDone: [
              restart,
              {
                guard: inspected('healthMoved'),
                target: 'steady',
                actions: [keepFacts, { type: 'tellHealth', params: result }],
              },
              { target: 'steady', actions: keepFacts },
            ],
            onError: endOrRetry,
          },
        },
        backingOff: retry('retryInspectRunning', 'inspecting'),
      },
    },
    restarting: {
      entry: 'begin',
      initial: 'calling',
      on: { 'engine.hint': { actions: keepHint } },
      states: {
        calling: {
          ...waits('the Engine to start it again', 'start', 'it is stopped and has failed'),
          invoke: {
            id: 'restart',
            src: 'restartContainer',
            input: key,
            onDone: 'inspecting',
            onError: [
              lookFirst,
              stopFirst,
              // It stays as it ended before: that is what ECS is told of.
              { target: '#container.stopped' },
            ],
          },
        },
        inspecting: {
          ...waits('the Engine to show how it started again', 'inspect', 'it is inspected again'),
          on: { 'engine.hint': { target: 'inspecting', reenter: true, actions: keepHint } },
          invoke: {
            id: 'inspectRestarted',
            src: 'inspectContainer',
            input: key,
            onDone: [
              { guard: inspected('restartIsOff'), target: '#container.stopped' },
              { guard: inspected('restartIsDue'), target: 'calling' },
              { ...restart, target: 'calling' },
              {
                target: '#container.running',
                actions: [keepFacts, { type: 'tellHealth', params: result }],
              },
            ],
            onError: endOrRetry,
          },
        },
        backingOff: retry('retryInspectRestarted', 'inspecting'),
      },
    },
    stopping,
    stopped,
  },
});
