// resting → checking ─────────────────→ resting
//    └──────────→ surveying → hurrying → removing … → resting
//
// Removes what tasks leave behind, in cycles: images that nothing needs, and containers that nobody
// owns. Between cycles it looks at the disk alone; one that is too full begins a cycle, in which
// tasks that have stopped are hurried and images go before their time.
import { assign, setup } from 'xstate';
import { type Deadline, failure, type Stamp, stampOf, unbound, waits } from '../names/effects.ts';
import type { Failure } from '../names/errors.ts';
import { excessOf, mostKept, removalsOf } from './evict.ts';
import type { CleanupRules, DiskUse, ImagesContext, Removal, Survey } from './model.ts';

/** Begins a cycle at once, unless one is under way. */
export type ImagesEvent = { type: 'images.clean'; at: number };

export interface ImagesInput {
  rules: CleanupRules;
  at: number;
}

export type DiskChecked = Stamp & { disk: DiskUse | null };
export type Surveyed = Stamp & { survey: Survey };

const output = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const disk = ({ event }: { event: { output: DiskChecked } }) => event.output.disk;
const surveyedDisk = ({ event }: { event: { output: Surveyed } }) => event.output.survey.disk;
const keepTrouble = { type: 'keepTrouble' as const, params: failure };
/** Names what was to be removed: an image as people know it. */
const nameOf = (removal: Removal): string =>
  removal.kind === 'container' ? removal.name : (removal.references[0] ?? removal.id);

/** The effect runs only where something is left to remove. */
function next({ context }: { context: ImagesContext }): Removal {
  const [first] = context.todo;
  if (!first) throw new Error('nothing is left to remove');
  return first;
}

export const imagesMachine = setup({
  types: {
    context: {} as ImagesContext,
    events: {} as ImagesEvent,
    input: {} as ImagesInput,
  },
  actors: {
    checkDisk: unbound<DiskChecked, undefined>('checkDisk'),
    survey: unbound<Surveyed, undefined>('survey'),
    hurryTasks: unbound<Stamp, undefined>('hurryTasks'),
    remove: unbound<Stamp, Removal>('remove'),
    timer: unbound<Stamp, Deadline>('timer'),
  },
  actions: {
    planCycle: assign(({ context: { rules }, event }) => ({
      nextCycleAt: stampOf(event).at + rules.intervalMs,
    })),
    planDisk: assign(({ context: { rules }, event }) => ({
      nextDiskAt: stampOf(event).at + rules.disk.intervalMs,
    })),
    keepSurvey: assign(({ context: { rules } }, { survey, at }: Surveyed) => {
      const { removals: todo, kept, pressure } = removalsOf(survey, rules, at);
      return { todo, kept, pressure, removed: 0, trouble: null };
    }),
    keepRoom: assign({ pressure: false, trouble: null }),
    keepTrouble: assign((_, trouble: Failure) => ({ trouble })),
    keepRemoved: assign(({ context: { todo, removed } }) => ({
      todo: todo.slice(1),
      removed: removed + 1,
    })),
    keepRefused: assign(({ context: { todo, kept } }, { message }: Failure) => ({
      todo: todo.slice(1),
      kept: [
        ...todo.slice(0, 1).map((removal) => ({ what: nameOf(removal), because: message })),
        ...kept,
      ].slice(0, mostKept),
    })),
  },
  guards: {
    cycleIsDue: ({ context }, { at }: Stamp) => at >= context.nextCycleAt,
    isFull: ({ context }, disk: DiskUse | null) => excessOf(disk, context.rules) !== null,
    someAreLeft: ({ context }) => context.todo.length > 0,
  },
}).createMachine({
  id: 'images',
  context: ({ input: { rules, at } }) => ({
    rules,
    nextCycleAt: at + rules.intervalMs,
    nextDiskAt: at + rules.disk.intervalMs,
    todo: [],
    kept: [],
    removed: 0,
    pressure: false,
    trouble: null,
  }),
  initial: 'resting',
  states: {
    resting: {
      meta: { steady: 'it rests until its next look' },
      on: { 'images.clean': 'surveying' },
      invoke: {
        id: 'rest',
        src: 'timer',
        input: ({ context }) => ({ deadline: Math.min(context.nextCycleAt, context.nextDiskAt) }),
        onDone: [
          { guard: { type: 'cycleIsDue', params: output }, target: 'surveying' },
          { target: 'checking' },
        ],
      },
    },
    checking: {
      ...waits('the host to tell how full its disk is', 'disk', 'it is asked again later'),
      invoke: {
        id: 'check',
        src: 'checkDisk',
        onDone: [
          { guard: { type: 'isFull', params: disk }, target: 'surveying' },
          { target: 'resting', actions: ['planDisk', 'keepRoom'] },
        ],
        onError: { target: 'resting', actions: ['planDisk', keepTrouble] },
      },
    },
    surveying: {
      ...waits('the Engine to list its images and containers', 'list', 'it is asked again later'),
      invoke: {
        id: 'survey',
        src: 'survey',
        onDone: [
          {
            guard: { type: 'isFull', params: surveyedDisk },
            target: 'hurrying',
            actions: ['planCycle', 'planDisk', { type: 'keepSurvey', params: output }],
          },
          {
            target: 'choosing',
            actions: ['planCycle', 'planDisk', { type: 'keepSurvey', params: output }],
          },
        ],
        onError: { target: 'resting', actions: ['planCycle', 'planDisk', keepTrouble] },
      },
    },
    hurrying: {
      ...waits('stopped tasks to be told that the disk runs full', 'hurry', 'images are removed'),
      invoke: {
        id: 'hurry',
        src: 'hurryTasks',
        onDone: 'choosing',
        onError: { target: 'choosing', actions: keepTrouble },
      },
    },
    choosing: {
      always: [{ guard: 'someAreLeft', target: 'removing' }, { target: 'resting' }],
    },
    removing: {
      ...waits('the Engine to remove what nothing needs', 'remove', 'the rest is removed'),
      invoke: {
        id: 'remove',
        src: 'remove',
        input: next,
        onDone: { target: 'choosing', actions: 'keepRemoved' },
        onError: { target: 'choosing', actions: { type: 'keepRefused', params: failure } },
      },
    },
  },
});
