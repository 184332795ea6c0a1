import { containerMachine } from '../../../machines/container/machine.ts';
import type { ContainerChange, ContainerContext } from '../../../machines/container/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import {
  change,
  containerContext,
  containerInput,
  facts,
  failure,
  story,
} from '../../support/chart-contexts.ts';

const container = chart(containerMachine);
const key = { taskArn: story, name: 'main' };

/** The container in a state, knowing what is given. */
const at = (state: string, more: Partial<ContainerContext> = {}) =>
  when(container, state, containerContext(more));
const running = { runtimeId: 'c0ffee', startedAt: 1_500, knownAt: 1_500 };

const stamp = { at: 2_000, roll: 0 };
const start = { type: 'container.start' as const, at: 2_000 };
const stop = { type: 'container.stop' as const, at: 2_000 };
const halt = { type: 'container.halt' as const, at: 2_000 };
const died = (exitCode: number | null) => ({ type: 'engine.hint' as const, exitCode, at: 2_000 });
const inspected = (id: string, seen = facts()) => done(id, { facts: seen, ...stamp });

const gone = failure('DOCKER_NOT_FOUND');
const away = failure('DOCKER_UNREACHABLE', { retry: true });
const vanished = {
  code: 'CONTAINER_VANISHED',
  name: 'ContainerVanishedError',
  message: 'No container matching saved ID found',
  retry: false,
  at: 2_000,
  roll: 0,
};
const vanishedReason = 'ContainerVanishedError: No container matching saved ID found';

/** Tells the task how far the container has come, with the id it has by then. */
const tellsTask = (status: ContainerChange['status'], more: Partial<ContainerChange> = {}) =>
  tells('parent', { type: 'container.changed', change: change('main', status, more) });
const withId = { runtimeId: 'c0ffee' };

const pulls = starts('pull', 'pullImage', key);
const creates = starts('create', 'createContainer', key);
const startsIt = starts('start', 'startContainer', key);
const inspects = (id: string) => starts(id, 'inspectContainer', key);
const stopsIt = starts('stop', 'stopContainer', key);
/** Waits a second, as nothing was tried before. */
const waits = (id: string) => starts(id, 'timer', { deadline: 3_000 });

describe('a container', () => {
  describe('of which nothing has been done', () => {
    it('waits for its task to start it', () => {
      begins(container, containerInput).comesTo('none', containerContext());
    });

    it('goes from none to running, and tells its task of each step on the way', () => {
      at('none')
        .gets(start)
        .comesTo('pulling', {}, [pulls])
        .gets(done('pull', { startedAt: 1_200, at: 1_300, roll: 0 }))
        .comesTo('creating', { pullStartedAt: 1_200, pullStoppedAt: 1_300, knownAt: 1_300 }, [
          tellsTask('PULLED', { at: 1_300, pullStartedAt: 1_200, pullStoppedAt: 1_300 }),
          creates,
        ])
        .gets(done('create', { runtimeId: 'c0ffee', at: 1_400, roll: 0 }))
        .comesTo('starting.calling', { runtimeId: 'c0ffee', knownAt: 1_400 }, [
          tellsTask('CREATED', {
            ...withId,
            at: 1_400,
            pullStartedAt: 1_200,
            pullStoppedAt: 1_300,
          }),
          startsIt,
        ])
        .gets(done('start', { at: 1_500, roll: 0 }))
        .comesTo('starting.inspecting', {}, [inspects('inspectStarted')])
        .gets(inspected('inspectStarted'))
        .comesTo('running.steady', { startedAt: 1_500, knownAt: 2_000 }, [
          tellsTask('RUNNING', { ...withId, pullStartedAt: 1_200, pullStoppedAt: 1_300 }),
        ]);
    });

    it('is stopped at once when it is not wanted any more', () => {
      at('none')
        .gets(stop)
        .comesTo('stopped', { desired: 'STOPPED', knownAt: 2_000 }, [tellsTask('STOPPED')]);
    });

    it('is stopped in the Engine when an earlier actor may have started it', () => {
      at('none').gets(halt).comesTo('stopping.calling', { desired: 'STOPPED' }, [stopsIt]);
    });
  });

  describe('being pulled', () => {
    it('tells no times of a pull that was not needed', () => {
      at('pulling')
        .gets(done('pull', { startedAt: null, ...stamp }))
        .comesTo('creating', { knownAt: 2_000 }, [tellsTask('PULLED'), creates]);
    });

    it('goes on with the image that is there when the pull fails, and keeps the failure', () => {
      const cannotPull = { ...failure('DOCKER_REFUSED'), name: 'CannotPullContainerError' };
      at('pulling', { pullBehavior: 'default' })
        .gets(failed('pull', failure('DOCKER_REFUSED')))
        .comesTo('creating', { failure: cannotPull, knownAt: 2_000 }, [
          tellsTask('PULLED', { reason: 'CannotPullContainerError: the Engine says no' }),
          creates,
        ]);
    });

    it('is stopped when the pull fails and only a fresh image will do', () => {
      const cannotPull = { ...failure('DOCKER_REFUSED'), name: 'CannotPullContainerError' };
      at('pulling', { pullBehavior: 'always' })
        .gets(failed('pull', failure('DOCKER_REFUSED')))
        .comesTo('stopped', { failure: cannotPull, knownAt: 2_000 }, [
          tellsTask('STOPPED', { reason: 'CannotPullContainerError: the Engine says no' }),
        ]);
    });

    it('does not wait for the pull when it is not wanted any more', () => {
      at('pulling')
        .gets(stop)
        .comesTo('stopped', { desired: 'STOPPED', knownAt: 2_000 }, [
          stops('pull'),
          tellsTask('STOPPED'),
        ]);
    });
  });

  describe('being created', () => {
    it('is stopped when the Engine does not create it, with the reason', () => {
      const cannotCreate = { ...failure('DOCKER_REFUSED'), name: 'CannotCreateContainerError' };
      at('creating')
        .gets(failed('create', failure('DOCKER_REFUSED')))
        .comesTo('stopped', { failure: cannotCreate, knownAt: 2_000 }, [
          tellsTask('STOPPED', { reason: 'CannotCreateContainerError: the Engine says no' }),
        ]);
    });

    it('shows the first failure of all, that of its pull, when the Engine does not create it', () => {
      const first = { ...failure('DOCKER_REFUSED'), name: 'CannotPullContainerError' };
      at('creating', { failure: first })
        .gets(failed('create', failure('DOCKER_NOT_FOUND')))
        .comesTo('stopped', { knownAt: 2_000 }, [
          tellsTask('STOPPED', { reason: 'CannotPullContainerError: the Engine says no' }),
        ]);
    });

    it('does not wait for the Engine when it is not wanted any more', () => {
      at('creating')
        .gets(stop)
        .comesTo('stopped', { desired: 'STOPPED', knownAt: 2_000 }, [
          stops('create'),
          tellsTask('STOPPED'),
        ]);
    });
  });

  describe('being started', () => {
    const created = { runtimeId: 'c0ffee' };

    it('is stopped when the Engine does not start it, with the reason', () => {
      const cannotStart = { ...failure('DOCKER_REFUSED'), name: 'CannotStartContainerError' };
      at('starting.calling', created)
        .gets(failed('start', failure('DOCKER_REFUSED')))
        .comesTo('stopped', { failure: cannotStart, knownAt: 2_000 }, [
          tellsTask('STOPPED', {
            ...withId,
            reason: 'CannotStartContainerError: the Engine says no',
          }),
        ]);
    });

    it('is stopped in the Engine when it may run although its start failed', () => {
      const timeout = failure('DOCKER_TIMEOUT', { retry: true });
      at('starting.calling', created)
        .gets(failed('start', timeout))
        .comesTo('stopping.calling', { failure: { ...timeout, name: 'DockerTimeoutError' } }, [
          stopsIt,
        ]);
    });

    it('runs first and is stopped then when it was not wanted any more meanwhile', () => {
      at('starting.calling', created)
        .gets(stop)
        .stays({ desired: 'STOPPED' })
        .gets(done('start', stamp))
        .comesTo('starting.inspecting', {}, [inspects('inspectStarted')])
        .gets(inspected('inspectStarted'))
        .comesTo('stopping.calling', { startedAt: 1_500, knownAt: 2_000 }, [
          tellsTask('RUNNING', withId),
          stopsIt,
        ]);
    });

    it('is started again when the look shows that a start before a restart was not done', () => {
      at('starting.inspecting', created)
        .gets(inspected('inspectStarted', facts({ state: 'created', startedAt: null })))
        .comesTo('starting.calling', {}, [startsIt]);
    });

    it('is not started any more when that look shows it was not, and nobody wants it', () => {
      at('starting.inspecting', { ...created, desired: 'STOPPED' })
        .gets(inspected('inspectStarted', facts({ state: 'created', startedAt: null })))
        .comesTo('stopped', { knownAt: 2_000 }, [tellsTask('STOPPED', withId)]);
    });

    it('keeps the exit code it is told to have died with before it is looked at', () => {
      at('starting.calling', created).gets(died(3)).stays({ diedWith: 3 });
    });

    it('is looked at again when it may have ended after the look', () => {
      at('starting.inspecting', created)
        .gets(died(3))
        .comesTo('starting.inspecting', { diedWith: 3 }, [
          stops('inspectStarted'),
          inspects('inspectStarted'),
        ]);
    });

    it('tells that it ran before it tells that it stopped when it ended at once', () => {
      const exited = facts({ state: 'exited', exitCode: 0, finishedAt: 1_600 });
      const ended = { startedAt: 1_500, finishedAt: 1_600, exitCode: 0, knownAt: 2_000 };
      at('starting.inspecting', created)
        .gets(inspected('inspectStarted', exited))
        .comesTo('stopped', ended, [
          tellsTask('RUNNING', { ...withId, exitCode: 0 }),
          tellsTask('STOPPED', { ...withId, exitCode: 0 }),
        ]);
    });

    it('has vanished when the Engine does not know it', () => {
      at('starting.inspecting', created)
        .gets(failed('inspectStarted', gone))
        .comesTo('stopped', { failure: vanished, finishedAt: 2_000, knownAt: 2_000 }, [
          tellsTask('STOPPED', { ...withId, reason: vanishedReason }),
        ]);
    });

    it('has its exit code when it was told to have died before it was gone', () => {
      at('starting.inspecting', { ...created, diedWith: 3 })
        .gets(failed('inspectStarted', gone))
        .comesTo('stopped', { exitCode: 3, finishedAt: 2_000, knownAt: 2_000 }, [
          tellsTask('STOPPED', { ...withId, exitCode: 3 }),
        ]);
    });

    it('is looked at again a while after the Engine failed to answer, later each time', () => {
      at('starting.inspecting', created)
        .gets(failed('inspectStarted', away))
        .comesTo('starting.backingOff', { attempts: 1 }, [waits('retryInspectStarted')])
        .gets(done('retryInspectStarted', { at: 3_000, roll: 0 }))
        .comesTo('starting.inspecting', {}, [inspects('inspectStarted')])
        .gets(failed('inspectStarted', { ...away, at: 3_000, roll: 0.5 }))
        .comesTo('starting.backingOff', { attempts: 2 }, [
          starts('retryInspectStarted', 'timer', { deadline: 4_430 }),
        ]);
    });
  });

  describe('running', () => {
    it('is looked at when the Engine hints at a change, and runs on when nothing has happened', () => {
      at('running.steady', running)
        .gets(died(null))
        .comesTo('running.inspecting', {}, [inspects('inspectRunning')])
        .gets(inspected('inspectRunning'))
        .comesTo('running.steady');
    });

    it('is looked at anew when the Engine hints again during the look', () => {
      at('running.inspecting', running)
        .gets(died(3))
        .comesTo('running.inspecting', { diedWith: 3 }, [
          stops('inspectRunning'),
          inspects('inspectRunning'),
        ]);
    });

    it('is stopped once the look shows that it has exited', () => {
      const exited = facts({
        state: 'exited',
        exitCode: 137,
        finishedAt: 1_900,
        outOfMemory: true,
      });
      const outOfMemory = {
        ...vanished,
        code: 'OUT_OF_MEMORY',
        name: 'OutOfMemoryError',
        message: 'Container killed due to memory usage',
      };
      at('running.inspecting', running)
        .gets(inspected('inspectRunning', exited))
        .comesTo(
          'stopped',
          { finishedAt: 1_900, exitCode: 137, failure: outOfMemory, knownAt: 2_000 },
          [
            tellsTask('STOPPED', {
              ...withId,
              exitCode: 137,
              reason: 'OutOfMemoryError: Container killed due to memory usage',
            }),
          ],
        );
    });

    it('has vanished when the Engine does not know it any more', () => {
      at('running.inspecting', running)
        .gets(failed('inspectRunning', gone))
        .comesTo('stopped', { failure: vanished, finishedAt: 2_000, knownAt: 2_000 }, [
          tellsTask('STOPPED', { ...withId, reason: vanishedReason }),
        ]);
    });

    it('counts as running while the Engine does not answer, and is looked at again', () => {
      at('running.inspecting', running)
        .gets(failed('inspectRunning', away))
        .comesTo('running.backingOff', { attempts: 1 }, [waits('retryInspectRunning')])
        .gets(done('retryInspectRunning', { at: 3_000, roll: 0 }))
        .comesTo('running.inspecting', {}, [inspects('inspectRunning')])
        .gets(inspected('inspectRunning'))
        .comesTo('running.steady', { attempts: 0 });
    });

    it('is looked at without further delay when the Engine hints during the delay', () => {
      at('running.backingOff', { ...running, attempts: 1 })
        .gets(died(null))
        .comesTo('running.inspecting', {}, [
          stops('retryInspectRunning'),
          inspects('inspectRunning'),
        ]);
    });

    it('is stopped in the Engine when it is not wanted any more, even during a look', () => {
      at('running.inspecting', running)
        .gets(stop)
        .comesTo('stopping.calling', { desired: 'STOPPED' }, [stops('inspectRunning'), stopsIt]);
    });
  });

  describe('being stopped', () => {
    const stopping = { ...running, desired: 'STOPPED' as const };
    const exited = facts({ state: 'exited', exitCode: 143, finishedAt: 1_900 });

    it('forgets how often the Engine failed to answer before', () => {
      at('running.backingOff', { ...running, attempts: 4 })
        .gets(stop)
        .comesTo('stopping.calling', { desired: 'STOPPED', attempts: 0 }, [
          stops('retryInspectRunning'),
          stopsIt,
        ]);
    });

    it('is stopped once an inspect shows how it ended', () => {
      at('stopping.calling', stopping)
        .gets(done('stop', stamp))
        .comesTo('stopping.inspecting', {}, [inspects('inspectStopped')])
        .gets(inspected('inspectStopped', exited))
        .comesTo('stopped', { finishedAt: 1_900, exitCode: 143, knownAt: 2_000 }, [
          tellsTask('STOPPED', { ...withId, exitCode: 143 }),
        ]);
    });

    it('is looked at when the Engine hints that it died before the call returns', () => {
      at('stopping.calling', stopping)
        .gets(died(143))
        .comesTo('stopping.inspecting', { diedWith: 143 }, [
          stops('stop'),
          inspects('inspectStopped'),
        ]);
    });

    it('is stopped again a while after an inspect shows that it runs all the same', () => {
      at('stopping.inspecting', stopping)
        .gets(inspected('inspectStopped'))
        .comesTo('stopping.backingOff', { attempts: 1 }, [waits('retryStop')])
        .gets(done('retryStop', { at: 3_000, roll: 0 }))
        .comesTo('stopping.calling', {}, [stopsIt]);
    });

    it('counts as running while the Engine does not stop it, however often that fails', () => {
      at('stopping.calling', { ...stopping, attempts: 9 })
        .gets(failed('stop', failure('DOCKER_TIMEOUT', { retry: true })))
        .comesTo('stopping.backingOff', { attempts: 10 }, [
          starts('retryStop', 'timer', { deadline: 7_000 }),
        ]);
    });

    it('is stopped again a while after the Engine failed to show it', () => {
      at('stopping.inspecting', stopping)
        .gets(failed('inspectStopped', away))
        .comesTo('stopping.backingOff', { attempts: 1 }, [waits('retryStop')]);
    });

    it('is stopped when the Engine does not know whom to stop', () => {
      at('stopping.calling', stopping)
        .gets(failed('stop', gone))
        .comesTo('stopped', { finishedAt: 2_000, knownAt: 2_000 }, [tellsTask('STOPPED', withId)]);
    });

    it('is stopped with the exit code of its death when it is gone before the inspect', () => {
      at('stopping.inspecting', { ...stopping, diedWith: 143 })
        .gets(failed('inspectStopped', gone))
        .comesTo('stopped', { exitCode: 143, finishedAt: 2_000, knownAt: 2_000 }, [
          tellsTask('STOPPED', { ...withId, exitCode: 143 }),
        ]);
    });
  });

  it('stays stopped whatever is asked of it, and tells no more', () => {
    at('stopped', { desired: 'STOPPED' })
      .gets(start)
      .stays()
      .gets(halt)
      .stays()
      .gets(died(0))
      .stays();
  });

  everythingWasTaken(container);
});
