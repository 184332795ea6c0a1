// accepted → queued → pending → running → stopping → stopped → cleaning → done
//
// A task waits until its host has what it needs, then for its resources and containers. It runs when
// all its containers run, stops when ECS wants it stopped or when an essential container ends, and is
// stopped when the last of its containers is. Its remains are kept for a while, and removed once ECS
// knows of its end. A refused task never starts.
import type { ContainerChange } from '../container/model.ts';
import { waits } from '../names/effects.ts';
import * as decide from './decide.ts';
import { nextSweep, taskSetup, tellOutbox } from './setup.ts';

const change = ({ event }: { event: { change: ContainerChange } }): ContainerChange => event.change;
const keepChange = [{ type: 'keepChange' as const, params: change }, 'direct' as const];

const wantStopped = {
  type: 'wantStopped' as const,
  params: ({ event }: { event: { at: number } }) => event.at,
};

export const taskMachine = taskSetup.createMachine({
  id: 'task',
  context: ({ input }) => decide.newTask(input),
  initial: 'accepted',
  on: {
    'task.stop': { actions: wantStopped },
    'container.changed': { actions: keepChange },
    'container.health': {
      actions: [{ type: 'keepHealth', params: ({ event }) => event }, 'direct'],
    },
    'resource.changed': {
      actions: [{ type: 'keepResource', params: ({ event }) => event.change }, 'direct'],
    },
    'report.settled': { actions: 'settle' },
  },
  states: {
    accepted: {
      entry: 'spawnContainers',
      always: [
        { guard: 'isRefused', target: 'stopped' },
        {
          guard: { type: 'begins', params: 'halted' },
          target: 'stopping',
          actions: { type: 'tellAll', params: 'container.halt' },
        },
        {
          guard: { type: 'begins', params: 'adopted' },
          target: 'pending',
          actions: { type: 'tellAll', params: 'container.adopt' },
        },
        { guard: 'stopWanted', target: 'stopping' },
        { target: 'queued' },
      ],
    },
    queued: {
      ...waits('the host to have what it needs', 'admission', 'its containers are started'),
      entry: 'requestAdmission',
      always: { guard: 'stopWanted', target: 'stopping' },
      on: { 'task.admitted': { target: 'pending', actions: 'stamp' } },
    },
    pending: {
      ...waits('all its containers to run', 'containers', 'it runs'),
      entry: ['spawnResources', 'direct'],
      always: [
        { guard: { type: 'becomes', params: 'stopped' }, target: 'stopped' },
        { guard: { type: 'becomes', params: 'stopping' }, target: 'stopping' },
        { guard: { type: 'becomes', params: 'running' }, target: 'running' },
        { guard: 'stopWanted', target: 'stopping' },
        {
          guard: 'manifestIsDue',
          actions: ['keepManifestTold', tellOutbox('task.changed', 'MANIFEST_PULLED')],
        },
      ],
      on: {
        'container.changed': [
          {
            guard: { type: 'isToldAlone', params: change },
            actions: [...keepChange, tellOutbox('containers.changed', 'PENDING')],
          },
          { actions: keepChange },
        ],
      },
    },
    running: {
      meta: { steady: 'all its containers run' },
      entry: tellOutbox('task.changed', 'RUNNING'),
      always: [
        { guard: { type: 'becomes', params: 'stopped' }, target: 'stopped' },
        { guard: { type: 'becomes', params: 'stopping' }, target: 'stopping' },
        { guard: 'stopWanted', target: 'stopping' },
      ],
      on: {
        'container.changed': [
          {
            guard: { type: 'isToldAlone', params: change },
            actions: [...keepChange, tellOutbox('containers.changed', 'RUNNING')],
          },
          { actions: keepChange },
        ],
      },
    },
    stopping: {
      ...waits('all its containers to stop', 'containers', 'ECS is told that it has stopped'),
      entry: ['followEssential', 'direct'],
      always: { guard: { type: 'becomes', params: 'stopped' }, target: 'stopped' },
      on: {
        'container.changed': [
          // It was being started when the stop was wanted, and did run.
          {
            guard: { type: 'startedLate', params: change },
            actions: [...keepChange, tellOutbox('task.changed', 'RUNNING')],
          },
          {
            guard: { type: 'isToldAlone', params: change },
            actions: [...keepChange, tellOutbox('containers.changed', 'PENDING')],
          },
          { actions: keepChange },
        ],
      },
    },
    stopped: {
      entry: ['releaseAdmission', 'releaseCgroup', tellOutbox('task.changed', 'STOPPED')],
      initial: 'keeping',
      states: {
        keeping: {
          meta: { steady: 'it has stopped, and its remains are kept for a while' },
          on: { 'task.hurry': 'settling' },
          invoke: {
            id: 'keep',
            src: 'timer',
            input: ({ context }) => ({ deadline: context.knownAt + context.cleanupAfterMs }),
            onDone: 'settling',
          },
        },
        settling: {
          ...waits('ECS to know of its end', 'timer', 'its remains are removed all the same'),
          always: { guard: 'isSettled', target: '#task.cleaning' },
          invoke: {
            id: 'patience',
            src: 'timer',
            input: ({ context }) => ({ deadline: context.knownAt + decide.settleWithinMs }),
            onDone: '#task.cleaning',
          },
        },
      },
    },
    cleaning: {
      initial: 'sweeping',
      states: {
        sweeping: {
          ...waits('the Engine to remove its containers', 'remove', 'its volumes are removed'),
          invoke: {
            id: 'sweep',
            src: 'removeContainers',
            input: ({ context, event }) => ({
              taskArn: context.arn,
              since: decide.timeOf(event, context),
            }),
            onDone: 'releasing',
            onError: { target: 'backingOff', actions: 'countAttempt' },
          },
        },
        backingOff: {
          ...waits('another try to remove its containers', 'timer', 'they are removed'),
          invoke: { id: 'retrySweep', src: 'timer', input: nextSweep, onDone: 'sweeping' },
        },
        releasing: {
          ...waits('its volumes and its cgroup to be removed', 'resources', 'it is forgotten'),
          entry: 'releaseResources',
          always: { guard: 'resourcesAreGone', target: 'telling' },
        },
        telling: {
          ...waits('ECS to know of its end', 'submit', 'it is forgotten'),
          always: { guard: 'isSettled', target: '#task.done' },
        },
      },
    },
    done: { type: 'final' },
  },
});
