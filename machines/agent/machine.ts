// idle → booting → warming → identifying → registering → online (connecting → serving) → stopping →
//   stopped
//
// The root of the tree. It boots, registers the container instance, keeps a session with ACS, takes
// payloads, spawns a task and its outbox for each new task, and acknowledges once all is on disk.
import { failure, stampOf, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import { agentSetup } from './setup.ts';
import { backOff, booting, failWith, identifying, output, retry, warming } from './starting.ts';

/** What comes of a call to ECS that failed on the way to being registered. */
const afterFailure = [
  { ...retry, target: 'backingOff' as const },
  { target: '#agent.failed' as const, actions: failWith },
];

export const agentMachine = agentSetup.createMachine({
  id: 'agent',
  context: ({ input }) => decide.newAgent(input),
  output: ({ context }) => context.exit,
  initial: 'idle',
  states: {
    idle: {
      ...waits('the process to start it', 'start', 'it boots'),
      on: { 'agent.start': { target: 'alive', actions: 'begin' } },
    },
    alive: {
      type: 'parallel',
      invoke: [
        {
          id: 'journal',
          src: 'journal',
          onError: { target: '#agent.failed', actions: failWith },
        },
        {
          id: 'admission',
          systemId: 'admission',
          src: 'admission',
          input: ({ context }) => context.admission,
          onError: { target: '#agent.failed', actions: failWith },
        },
        {
          id: 'images',
          systemId: 'images',
          src: 'images',
          input: ({ context, event }) => ({ rules: context.cleanup, at: stampOf(event).at }),
          onError: { target: '#agent.failed', actions: failWith },
        },
      ],
      on: {
        'agent.stop': 'stopping',
        'tasks.found': { actions: { type: 'adoptTasks', params: ({ event }) => event } },
        'task.crashed': { actions: { type: 'replaceTask', params: ({ event }) => event } },
        // A task whose remains are gone, or an outbox that has told all, is forgotten.
        'xstate.done.actor.*': { actions: 'forget' },
        // The supervisor answers a crash with `task.crashed`; unheard it would end the agent.
        'xstate.error.actor.*': {},
      },
      states: {
        engine: {
          initial: 'watching',
          states: {
            watching: {
              meta: { steady: 'the Engine is watched' },
              invoke: {
                id: 'watch',
                systemId: 'watch',
                src: 'watch',
                onError: { target: '#agent.failed', actions: failWith },
              },
            },
          },
        },
        measures: {
          initial: 'unregistered',
          states: {
            unregistered: {
              meta: { steady: 'ECS is told no figures of an instance that it does not know' },
              on: { 'instance.registered': { guard: 'tellsTelemetry', target: 'publishing' } },
            },
            publishing: {
              meta: { steady: 'ECS is told what tasks use and how the instance is' },
              invoke: [
                {
                  id: 'health',
                  systemId: 'health',
                  src: 'health',
                  input: ({ event }) => ({ at: stampOf(event).at }),
                  onError: 'crashed',
                },
                {
                  id: 'telemetry',
                  systemId: 'telemetry',
                  src: 'telemetry',
                  input: ({ context }) => ({
                    containerInstanceArn: context.containerInstanceArn ?? '',
                  }),
                  onError: 'crashed',
                },
              ],
            },
            crashed: {
              ...waits('the time of a crash', 'timer', 'its end is waited for'),
              invoke: { id: 'crash', src: 'timer', input: { deadline: 0 }, onDone: 'recovering' },
            },
            recovering: {
              ...waits('a minute after a crash to pass', 'timer', 'figures are told again'),
              invoke: {
                id: 'measureAgain',
                src: 'timer',
                input: ({ event }) => ({ deadline: stampOf(event).at + decide.measureAgainMs }),
                onDone: 'publishing',
              },
            },
          },
        },
        updates: {
          initial: 'awaiting',
          states: {
            awaiting: {
              meta: { steady: 'ECS may have a new version of the agent fetched, and started' },
              invoke: {
                id: 'update',
                systemId: 'update',
                src: 'update',
                input: ({ context }) => ({ enabled: context.updatesEnabled }),
                onDone: { target: '#agent.stopping', actions: 'makeRoom' },
                // An order that is not answered is repeated: a new one begins with nothing.
                onError: { target: 'awaiting', reenter: true },
              },
            },
          },
        },
        interruption: {
          initial: 'unwatched',
          states: {
            unwatched: {
              meta: { steady: 'no interruption of the instance is watched for' },
              on: { 'instance.registered': { guard: 'drainsOnSpot', target: 'watched' } },
            },
            watched: {
              meta: { steady: 'an interruption of the instance is watched for' },
              invoke: {
                id: 'spot',
                systemId: 'spot',
                src: 'spot',
                onDone: 'drained',
                onError: { target: '#agent.failed', actions: failWith },
              },
            },
            drained: { meta: { steady: 'ECS places no more tasks on the instance' } },
          },
        },
        control: {
          initial: 'booting',
          states: {
            booting,
            warming,
            identifying,
            registering: {
              ...waits(
                'ECS to register the container instance',
                'register',
                'the agent ends, and is to be started again',
              ),
              invoke: {
                id: 'register',
                src: 'register',
                input: ({ context }) => ({ containerInstanceArn: context.containerInstanceArn }),
                onDone: {
                  target: 'online',
                  actions: [{ type: 'keepInstance', params: output }, 'tellRegistered'],
                },
                onError: [
                  {
                    guard: { type: 'mayMakeCluster', params: failure },
                    target: 'creatingCluster',
                  },
                  ...afterFailure,
                ],
              },
            },
            creatingCluster: {
              ...waits(
                'ECS to create the default cluster',
                'register',
                'the agent ends, and is to be started again',
              ),
              invoke: {
                id: 'createCluster',
                src: 'createCluster',
                input: ({ context }) => ({ cluster: context.cluster }),
                onDone: { target: 'registering', actions: 'keepCluster' },
                onError: afterFailure,
              },
            },
            backingOff: backOff('another try to register', 'retry', 'registering'),
            online: {
              initial: 'connecting',
              invoke: {
                id: 'session',
                systemId: 'session',
                src: 'session',
                input: ({ context }) => ({
                  containerInstanceArn: context.containerInstanceArn ?? '',
                }),
                onError: 'recovering',
              },
              on: {
                'payload.received': {
                  actions: [
                    { type: 'takeTasks', params: ({ event }) => event },
                    {
                      type: 'commit',
                      params: ({ event }) => decide.receiptsOf(event.payload),
                    },
                  ],
                },
                'manifest.received': {
                  guard: { type: 'isNewManifest', params: ({ event }) => event.manifest },
                  actions: [
                    { type: 'keepManifest', params: ({ event }) => event.manifest },
                    {
                      type: 'commit',
                      params: ({ event }) => decide.answersTo(event.manifest, event.known),
                    },
                  ],
                },
                'stop.verified': {
                  guard: { type: 'isAwaited', params: ({ event }) => event.messageId },
                  actions: ['forgetManifest', { type: 'stopTasks', params: ({ event }) => event }],
                },
                committed: {
                  actions: { type: 'acknowledge', params: ({ event }) => event.acknowledgements },
                },
              },
              states: {
                connecting: {
                  meta: { steady: 'the session finds its way to ACS, however long it takes' },
                  on: { 'session.connected': { target: 'serving', actions: 'forgetAway' } },
                },
                serving: {
                  meta: { steady: 'ACS is connected' },
                  on: {
                    'session.disconnected': {
                      target: 'connecting',
                      actions: { type: 'keepAway', params: ({ event }) => event },
                    },
                  },
                },
              },
            },
            recovering: {
              ...waits('a new session after one that crashed', 'timer', 'a session is begun'),
              invoke: {
                id: 'recover',
                src: 'timer',
                input: { deadline: 0 },
                onDone: [
                  {
                    guard: { type: 'crashesTooOften', params: output },
                    target: '#agent.failed',
                    actions: 'giveUp',
                  },
                  { target: 'online', actions: { type: 'countCrash', params: output } },
                ],
              },
            },
          },
        },
      },
    },
    stopping: {
      ...waits('the last changes to be on disk', 'settle', 'the agent ends'),
      invoke: [
        { id: 'settle', src: 'settle', onDone: 'stopped', onError: 'stopped' },
        {
          id: 'patience',
          src: 'timer',
          input: ({ event }) => ({ deadline: stampOf(event).at + decide.settleWithinMs }),
          onDone: 'stopped',
        },
      ],
    },
    stopped: { type: 'final' },
    failed: { type: 'final' },
  },
});
