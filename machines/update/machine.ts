// idle → staged (downloading → downloaded) → performing → performed
//   staged: another version is ordered → downloading that one; an order that is refused → idle
//
// Fetches a new version of the agent when ECS says so, and ends the agent for it when ECS says so. The
// session with ACS may come and go meanwhile: what it is told is told to the one that is there then,
// and ECS repeats an order that it hears nothing of.
import { type AnyActorRef, assign, enqueueActions, setup } from 'xstate';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Acknowledgement } from '../session/model.ts';
import * as decide from './decide.ts';
import type { UpdateEvent, UpdateInput } from './events.ts';
import type { Download, StagedUpdate, UpdateContext, UpdateRequest } from './model.ts';

type Ordered = { context: UpdateContext; event: { request: UpdateRequest } };

const request = ({ event }: Ordered): UpdateRequest => event.request;
const acceptance = ({ event }: Ordered) => decide.accepted(event.request);
const refusal = ({ context, event }: Ordered) =>
  decide.refused(event.request, decide.stageRefusal(context, event.request));
const tooEarly = ({ context, event }: Ordered) =>
  decide.refused(event.request, decide.performRefusal(context));
const staged = ({ context }: { context: UpdateContext }): StagedUpdate =>
  context.staged ?? decide.noUpdate;
const arrival = ({ context, event }: Ordered) =>
  decide.refused(staged({ context }), decide.superseded(event.request));
const failedDownload = ({
  context,
  event,
}: {
  context: UpdateContext;
  event: { error: unknown };
}) => decide.refused(staged({ context }), decide.downloadRefusal(failure({ event }).message));

export const updateMachine = setup({
  types: {
    context: {} as UpdateContext,
    events: {} as UpdateEvent,
    input: {} as UpdateInput,
    output: {} as Stamp,
  },
  actors: {
    download: unbound<Stamp, Download>('download'),
    flush: unbound<Stamp, undefined>('flush'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keep: assign((_, request: UpdateRequest) => ({ staged: decide.stagedBy(request) })),
    forget: assign({ staged: null }),
    answer: enqueueActions(({ enqueue, system }, acknowledgement: Acknowledgement) => {
      const session: AnyActorRef | undefined = system.get('session');
      if (!session) return;
      enqueue.sendTo(session, { type: 'acknowledge', acknowledgements: [acknowledgement] });
    }),
  },
  guards: {
    isRefused: ({ context }, order: UpdateRequest) => decide.stageRefusal(context, order) !== '',
    isStaged: ({ context }, order: UpdateRequest) => decide.isStaged(context, order),
  },
}).createMachine({
  id: 'update',
  context: ({ input }) => ({ enabled: input.enabled, staged: null }),
  output: ({ event }) => stampOf(event),
  initial: 'idle',
  states: {
    idle: {
      meta: { steady: 'no new version of the agent is wanted' },
      on: {
        'update.stage': [
          {
            guard: { type: 'isRefused', params: request },
            actions: { type: 'answer', params: refusal },
          },
          { target: 'staged', actions: { type: 'keep', params: request } },
        ],
        'update.perform': { actions: { type: 'answer', params: tooEarly } },
      },
    },
    staged: {
      initial: 'downloading',
      on: {
        'update.stage': [
          {
            guard: { type: 'isRefused', params: request },
            target: 'idle',
            actions: [{ type: 'answer', params: refusal }, 'forget'],
          },
          {
            guard: { type: 'isStaged', params: request },
            actions: { type: 'answer', params: acceptance },
          },
          {
            target: '.downloading',
            actions: [
              { type: 'answer', params: arrival },
              { type: 'keep', params: request },
            ],
          },
        ],
      },
      states: {
        downloading: {
          ...waits(
            'the new version of the agent to be here',
            'download',
            'ECS is told why it is not',
          ),
          invoke: {
            id: 'download',
            src: 'download',
            input: ({ context, event }) => ({ ...staged({ context }), since: stampOf(event).at }),
            onDone: {
              target: 'downloaded',
              actions: { type: 'answer', params: (of) => decide.accepted(staged(of)) },
            },
            onError: {
              target: '#update.idle',
              actions: [{ type: 'answer', params: failedDownload }, 'forget'],
            },
          },
          on: { 'update.perform': { actions: { type: 'answer', params: tooEarly } } },
        },
        downloaded: {
          meta: { steady: 'a new version of the agent is here, to be started when ECS says so' },
          on: {
            'update.perform': {
              target: '#update.performing',
              actions: { type: 'answer', params: acceptance },
            },
          },
        },
      },
    },
    performing: {
      ...waits('ECS to hear that the new version is started', 'timer', 'the agent ends for it'),
      invoke: [
        { id: 'flush', src: 'flush', onDone: 'performed', onError: 'performed' },
        {
          id: 'patience',
          src: 'timer',
          input: ({ event }) => ({ deadline: stampOf(event).at + decide.flushWithinMs }),
          onDone: 'performed',
        },
      ],
    },
    performed: { type: 'final', output: ({ event }) => stampOf(event) },
  },
});
