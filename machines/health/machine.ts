// resting ⇄ checking
//
// Looks after the health of the container instance whenever ACS sends a heartbeat, and by itself where
// ACS is silent. What ECS wants to know of it is told by telemetry.
import { assign, setup } from 'xstate';
import { type Deadline, type Stamp, unbound, waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import type { Findings, HealthContext } from './model.ts';

export type HealthEvent =
  /** ACS has sent a heartbeat. */
  | { type: 'checks.asked' }
  /** ECS has been told of this run. */
  | { type: 'status.told'; run: number };

export type Checked = Stamp & { findings: Findings };

export const healthMachine = setup({
  types: {
    context: {} as HealthContext,
    events: {} as HealthEvent,
    input: {} as { at: number },
  },
  actors: {
    check: unbound<Checked, undefined>('check'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    keepAsked: assign({ isAsked: true }),
    keepFindings: assign(({ context }, { findings, at }: Checked) =>
      decide.withFindings(context, findings, at),
    ),
    keepTold: assign((_, run: number) => ({ told: run })),
  },
}).createMachine({
  id: 'health',
  context: ({ input }) => decide.newHealth(input.at),
  initial: 'resting',
  on: {
    'status.told': { actions: { type: 'keepTold', params: ({ event }) => event.run } },
  },
  states: {
    resting: {
      ...waits('ACS to ask for the checks', 'timer', 'they are made anyway'),
      on: { 'checks.asked': { target: 'checking', actions: 'keepAsked' } },
      invoke: {
        id: 'silence',
        src: 'timer',
        input: ({ context }) => ({
          deadline: (context.checks[0]?.checkedAt ?? 0) + decide.unaskedMs,
        }),
        onDone: 'checking',
      },
    },
    checking: {
      ...waits('the checks of the instance', 'check', 'what does not answer is impaired'),
      on: { 'checks.asked': { actions: 'keepAsked' } },
      invoke: {
        id: 'check',
        src: 'check',
        onDone: {
          target: 'resting',
          actions: { type: 'keepFindings', params: ({ event }) => event.output },
        },
      },
    },
  },
});
