import { containerMachine } from '../../../machines/container/machine.ts';
import type { ContainerChange, ContainerContext, Hold } from '../../../machines/container/model.ts';
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
/** Names the container in an effect that was begun at 2 s. */
const key = { taskArn: story, name: 'main', since: 2_000 };
const forEver = { deadline: Number.MAX_SAFE_INTEGER };

/** The container in a state, knowing what is given. */
const at = (state: string, more: Partial<ContainerContext> = {}) =>
  when(container, state, containerContext(more));
/** Known of a container that has been started. */
const running = {
  allowed: 'start' as const,
  runtimeId: 'c0ffee',
  imageId: 'sha256:1mage',
  createdAt: 1_400,
  startedAt: 1_500,
  knownAt: 1_500,
  begunAt: 1_500,
};
/** What is begun at 2 s is counted anew. */
const begun = { begunAt: 2_000 };
const ended = { knownAt: 2_000, ...begun };

const stamp = { at: 2_000, roll: 0 };
const allow = (upTo: ContainerContext['allowed']) => ({
  type: 'container.allow' as const,
  upTo,
  at: 2_000,
});
const stop = { type: 'container.stop' as const, at: 2_000 };
const adopt = { type: 'container.adopt' as const, at: 2_000 };
const halt = { type: 'container.halt' as const, at: 2_000 };
const retire = { type: 'container.retire' as const, at: 2_000 };
const cannot = { type: 'container.fail' as const, because: 'never', at: 2_000 };
const waitFor = (hold: Hold) => ({ type: 'container.hold' as const, hold, at: 2_000 });
const hint = (exitCode: number | null) => ({ type: 'engine.hint' as const, exitCode, at: 2_000 });
const inspected = (id: string, seen = facts()) => done(id, { facts: seen, ...stamp });

const gone = failure('DOCKER_NOT_FOUND');
const refused = failure('DOCKER_REFUSED');
const away = failure('DOCKER_UNREACHABLE', { retry: true });
const timeout = failure('DOCKER_TIMEOUT', { retry: true });
const named = (name: string, of = refused) => ({ ...of, name });
const neverReady = {
  code: 'DEPENDENCY_IMPOSSIBLE',
  name: 'CannotStartContainerError',
  message: 'never',
  retry: false,
  at: 2_000,
  roll: 0,
};
const vanished = {
  ...neverReady,
  code: 'CONTAINER_VANISHED',
  name: 'ContainerVanishedError',
  message: 'No container matching saved ID found',
};
const outOfMemory = {
  ...neverReady,
  code: 'OUT_OF_MEMORY',
  name: 'OutOfMemoryError',
  message: 'Container killed due to memory usage',
};

/** Tells the task how far the container has come, with what is known of it by then. */
const tellsTask = (status: ContainerChange['status'], more: Partial<ContainerChange> = {}) =>
  tells('parent', { type: 'container.changed', change: change('main', status, more) });
/** What is told of one that has been created, and of one that has been started. */
const withId = { runtimeId: 'c0ffee' };
const withRun = { ...withId, startedAt: 1_500 };

const resolves = starts('resolve', 'resolveImage', key);
const pulls = (digest: string | null = null) => starts('pull', 'pullImage', { ...key, digest });
const creates = starts('create', 'createContainer', key);
const startsIt = starts('start', 'startContainer', key);
const restartsIt = starts('restart', 'restartContainer', key);
const inspects = (id: string) => starts(id, 'inspectContainer', key);
const stopsIt = starts('stop', 'stopContainer', key);
const haltsIt = starts('halt', 'stopContainer', key);
/** Waits a second, as nothing was tried before. */
const waits = (id: string) => starts(id, 'timer', { deadline: 3_000 });
/** Waits at the gate before a step, as long as it takes. */
const waitsAt = (step: string) => starts(`patience.${step}`, 'timer', forEver);

describe('a container', () => {
  it('goes from none to running, and tells its task of each step on the way', () => {
    const digest = { digest: 'sha256:d1', digestResolved: true };
    const pulled = { pullStartedAt: 1_200, pullStoppedAt: 1_300 };
    const since = (time: number) => ({ ...key, since: time });
    at('preparing.none')
      .gets({ type: 'container.allow', upTo: 'start', at: 1_100 })
      .comesTo('preparing.resolving.calling', { allowed: 'start', begunAt: 1_100 }, [
        starts('resolve', 'resolveImage', since(1_100)),
      ])
      .gets(done('resolve', { ...digest, mustPull: true, at: 1_200, roll: 0 }))
      .comesTo(
        'preparing.pulling.calling',
        { ...digest, mustPull: true, knownAt: 1_200, begunAt: 1_200, pullStartedAt: 1_200 },
        [
          tellsTask('MANIFEST_PULLED', { ...digest, at: 1_200 }),
          starts('pull', 'pullImage', { ...since(1_200), digest: 'sha256:d1' }),
        ],
      )
      .gets(done('pull', { at: 1_300, roll: 0 }))
      .comesTo(
        'preparing.creating.calling',
        { pullStoppedAt: 1_300, knownAt: 1_300, begunAt: 1_300 },
        [
          tellsTask('PULLED', { ...digest, ...pulled, at: 1_300 }),
          starts('create', 'createContainer', since(1_300)),
        ],
      )
      .gets(done('create', { runtimeId: 'c0ffee', at: 1_400, roll: 0 }))
      .comesTo('starting.calling', { runtimeId: 'c0ffee', knownAt: 1_400, begunAt: 1_400 }, [
        tellsTask('CREATED', { ...digest, ...pulled, ...withId, at: 1_400 }),
        starts('start', 'startContainer', since(1_400)),
      ])
      .gets(done('start', { at: 1_500, roll: 0 }))
      .comesTo('starting.inspecting', {}, [
        starts('inspectStarted', 'inspectContainer', since(1_500)),
      ])
      .gets(inspected('inspectStarted'))
      .comesTo(
        'running.steady',
        { imageId: 'sha256:1mage', createdAt: 1_400, startedAt: 1_500, ...ended },
        [tellsTask('RUNNING', { ...digest, ...pulled, ...withRun })],
      );
  });

  describe('of which nothing has been done', () => {
    it('waits for its task', () => {
      begins(container, containerInput).comesTo('preparing.none', containerContext());
    });

    it('waits for the keys of the execution role where its registry asks for them', () => {
      at('preparing.none', { needsRole: true })
        .gets(allow('start'))
        .comesTo('preparing.awaitingRole', { allowed: 'start' }, [
          starts('role', 'credentialsArrive', key),
        ])
        .gets(done('role', stamp))
        .comesTo('preparing.resolving.calling', begun, [resolves]);
    });

    it('is stopped at once when it is not wanted any more, without a call to the Engine', () => {
      at('preparing.none')
        .gets(stop)
        .comesTo('stopped.ended', { desired: 'STOPPED', ...ended }, [tellsTask('STOPPED')]);
    });

    it('is stopped in the Engine when an earlier actor may have started it', () => {
      at('preparing.none')
        .gets(halt)
        .comesTo('stopping.calling', { desired: 'STOPPED', ...begun }, [stopsIt]);
    });

    it('is looked at when it runs although nothing was known of it', () => {
      at('preparing.none')
        .gets(adopt)
        .comesTo('starting.inspecting', begun, [inspects('inspectStarted')]);
    });

    it('has failed as by SIGTERM, with the reason, when what it depends on never comes', () => {
      at('preparing.none')
        .gets(cannot)
        .comesTo(
          'stopped.ended',
          { desired: 'STOPPED', exitCode: 143, failure: neverReady, ...ended },
          [tellsTask('STOPPED', { exitCode: 143, reason: 'CannotStartContainerError: never' })],
        );
    });
  });

  describe('whose image is being settled', () => {
    const settled = { digest: null, digestResolved: false, mustPull: false, ...stamp };

    it('is not pulled where that need not be', () => {
      at('preparing.resolving.calling', { allowed: 'pull' })
        .gets(done('resolve', settled))
        .comesTo('preparing.awaitingCreate', ended, [
          tellsTask('MANIFEST_PULLED'),
          tellsTask('PULLED'),
          waitsAt('create'),
        ]);
    });

    it('is asked for again a moment after the registry failed to answer', () => {
      at('preparing.resolving.calling')
        .gets(failed('resolve', refused))
        .comesTo('preparing.resolving.backingOff', { attempts: 1, trouble: refused }, [
          starts('retryResolve', 'timer', { deadline: 2_010 }),
        ])
        .gets(done('retryResolve', { at: 2_010, roll: 0 }))
        .comesTo('preparing.resolving.calling', {}, [
          starts('resolve', 'resolveImage', { ...key, since: 2_010 }),
        ]);
    });

    it('goes on with the failure to pull it where what is there may do', () => {
      const cannotResolve = named('CannotPullImageManifestError');
      at('preparing.resolving.calling', { attempts: 8, allowed: 'pull' })
        .gets(failed('resolve', refused))
        .comesTo(
          'preparing.pulling.calling',
          { attempts: 0, mustPull: true, failure: cannotResolve, pullStartedAt: 2_000, ...ended },
          [
            tellsTask('MANIFEST_PULLED', {
              reason: 'CannotPullImageManifestError: the Engine says no',
            }),
            pulls(),
          ],
        );
    });

    it('goes on unpulled with the failure when the image that is there is of no registry', () => {
      const unknown = failure('IMAGE_DIGEST_UNKNOWN', { message: 'no such digest' });
      at('preparing.resolving.calling', { pullBehavior: 'prefer-cached', allowed: 'pull' })
        .gets(failed('resolve', unknown))
        .comesTo(
          'preparing.awaitingCreate',
          { failure: named('CannotPullImageManifestError', unknown), ...ended },
          [
            tellsTask('MANIFEST_PULLED', {
              reason: 'CannotPullImageManifestError: no such digest',
            }),
            tellsTask('PULLED', { reason: 'CannotPullImageManifestError: no such digest' }),
            waitsAt('create'),
          ],
        );
    });

    it('ends its task when it cannot be settled and only a fresh image will do', () => {
      const reason = 'CannotPullImageManifestError: the Engine says no';
      at('preparing.resolving.calling', { pullBehavior: 'always', attempts: 8 })
        .gets(failed('resolve', refused))
        .comesTo(
          'stopped.ended',
          { attempts: 0, fatal: true, failure: named('CannotPullImageManifestError'), ...ended },
          [tellsTask('STOPPED', { reason, fatal: true })],
        );
    });

    it('does not wait for the registry when it is not wanted any more', () => {
      at('preparing.resolving.calling')
        .gets(stop)
        .comesTo('stopped.ended', { desired: 'STOPPED', ...ended }, [
          stops('resolve'),
          tellsTask('STOPPED'),
        ]);
    });
  });

  describe('at a gate', () => {
    const hold: Hold = {
      on: [{ container: 'db', condition: 'HEALTHY' }],
      until: 9_000,
      otherwise: 'db has timed out.',
    };
    const gates = [
      ['awaitingPull', 'pull', 'resolve'],
      ['awaitingCreate', 'create', 'pull'],
      ['awaitingStart', 'start', 'create'],
    ] as const;

    it('waits before its pull, its creation and its start until its task lets it go', () => {
      at('preparing.resolving.calling')
        .gets(done('resolve', { digest: null, digestResolved: false, mustPull: true, ...stamp }))
        .comesTo('preparing.awaitingPull', { mustPull: true, knownAt: 2_000 }, [
          tellsTask('MANIFEST_PULLED'),
          waitsAt('pull'),
        ])
        .gets(allow('pull'))
        .comesTo('preparing.pulling.calling', { allowed: 'pull', pullStartedAt: 2_000, ...begun }, [
          stops('patience.pull'),
          pulls(),
        ])
        .gets(done('pull', stamp))
        .comesTo('preparing.awaitingCreate', { pullStoppedAt: 2_000 }, [
          tellsTask('PULLED', { pullStartedAt: 2_000, pullStoppedAt: 2_000 }),
          waitsAt('create'),
        ])
        .gets(allow('create'))
        .comesTo('preparing.creating.calling', { allowed: 'create' }, [
          stops('patience.create'),
          creates,
        ])
        .gets(done('create', { runtimeId: 'c0ffee', ...stamp }))
        .comesTo('preparing.awaitingStart', { runtimeId: 'c0ffee' }, [
          tellsTask('CREATED', { ...withId, pullStartedAt: 2_000, pullStoppedAt: 2_000 }),
          waitsAt('start'),
        ])
        .gets(allow('start'))
        .comesTo('starting.calling', { allowed: 'start' }, [stops('patience.start'), startsIt]);
    });

    for (const [gate, step, less] of gates) {
      const patience = `patience.${step}`;

      it(`before its ${step} waits on when its task allows less than that`, () => {
        at(`preparing.${gate}`, { hold }).gets(allow(less)).stays({ allowed: less, hold: null });
      });

      it(`before its ${step} waits as long as what it depends on may take, and fails then`, () => {
        at(`preparing.${gate}`)
          .gets(waitFor(hold))
          .comesTo(`preparing.${gate}`, { hold }, [
            stops(patience),
            starts(patience, 'timer', { deadline: 9_000 }),
          ])
          .gets(done(patience, { at: 9_000, roll: 0 }))
          .comesTo(
            'stopped.ended',
            {
              desired: 'STOPPED',
              exitCode: 143,
              failure: { ...neverReady, message: 'db has timed out.', at: 9_000 },
              knownAt: 9_000,
              begunAt: 9_000,
            },
            [
              tellsTask('STOPPED', {
                at: 9_000,
                exitCode: 143,
                reason: 'CannotStartContainerError: db has timed out.',
              }),
            ],
          );
      });

      it(`before its ${step} waits for ever for what has no end`, () => {
        const endless = { ...hold, until: null };
        at(`preparing.${gate}`, { hold })
          .gets(waitFor(endless))
          .comesTo(`preparing.${gate}`, { hold: endless }, [stops(patience), waitsAt(step)]);
      });
    }

    it('knows for what it will wait before it is there', () => {
      at('preparing.resolving.calling').gets(waitFor(hold)).stays({ hold });
    });

    it('is told as stopped at once when it is not wanted any more', () => {
      at('preparing.awaitingStart', withId)
        .gets(stop)
        .comesTo('stopped.ended', { desired: 'STOPPED', ...ended }, [
          stops('patience.start'),
          tellsTask('STOPPED', withId),
        ]);
    });
  });

  describe('being pulled', () => {
    const begunPull = { mustPull: true, pullStartedAt: 1_200 };
    const pulled = { pullStartedAt: 1_200, pullStoppedAt: 2_000 };

    it('is pulled again a while after that failed', () => {
      at('preparing.pulling.calling', begunPull)
        .gets(failed('pull', refused))
        .comesTo('preparing.pulling.backingOff', { attempts: 1, trouble: refused }, [
          starts('retryPull', 'timer', { deadline: 3_100 }),
        ])
        .gets(done('retryPull', { at: 3_100, roll: 0 }))
        .comesTo('preparing.pulling.calling', {}, [
          starts('pull', 'pullImage', { ...key, since: 3_100, digest: null }),
        ]);
    });

    it('goes on with the image that is there when it cannot be pulled, and keeps the failure', () => {
      at('preparing.pulling.calling', { ...begunPull, attempts: 4, allowed: 'pull' })
        .gets(failed('pull', refused))
        .comesTo(
          'preparing.awaitingCreate',
          { failure: named('CannotPullContainerError'), pullStoppedAt: 2_000, knownAt: 2_000 },
          [
            tellsTask('PULLED', {
              ...pulled,
              reason: 'CannotPullContainerError: the Engine says no',
            }),
            waitsAt('create'),
          ],
        );
    });

    it('ends its task when it cannot be pulled and only a fresh image will do', () => {
      const denied = failure('REGISTRY_ECR', { message: 'no keys' });
      at('preparing.pulling.calling', { ...begunPull, pullBehavior: 'once' })
        .gets(failed('pull', denied))
        .comesTo(
          'stopped.ended',
          {
            failure: named('CannotPullECRContainerError', denied),
            fatal: true,
            pullStoppedAt: 2_000,
            ...ended,
          },
          [
            tellsTask('STOPPED', {
              ...pulled,
              reason: 'CannotPullECRContainerError: no keys',
              fatal: true,
            }),
          ],
        );
    });

    it('does not wait for the pull when it is not wanted any more', () => {
      at('preparing.pulling.calling', begunPull)
        .gets(stop)
        .comesTo('stopped.ended', { desired: 'STOPPED', ...ended }, [
          stops('pull'),
          tellsTask('STOPPED', { pullStartedAt: 1_200 }),
        ]);
    });
  });

  describe('being created', () => {
    it('is stopped when the Engine does not create it, with the reason', () => {
      at('preparing.creating.calling')
        .gets(failed('create', refused))
        .comesTo('stopped.ended', { failure: named('CannotCreateContainerError'), ...ended }, [
          tellsTask('STOPPED', { reason: 'CannotCreateContainerError: the Engine says no' }),
        ]);
    });

    it('shows the first failure of all, that of its pull, when the Engine does not create it', () => {
      at('preparing.creating.calling', { failure: named('CannotPullContainerError') })
        .gets(failed('create', gone))
        .comesTo('stopped.ended', ended, [
          tellsTask('STOPPED', { reason: 'CannotPullContainerError: the Engine says no' }),
        ]);
    });

    it('is created again a while after the Engine was not to be reached', () => {
      at('preparing.creating.calling')
        .gets(failed('create', away))
        .comesTo('preparing.creating.backingOff', { attempts: 1, trouble: away }, [
          waits('retryCreate'),
        ])
        .gets(done('retryCreate', { at: 3_000, roll: 0 }))
        .comesTo('preparing.creating.calling', {}, [
          starts('create', 'createContainer', { ...key, since: 3_000 }),
        ]);
    });

    it('does not wait for the Engine when it is not wanted any more', () => {
      at('preparing.creating.calling')
        .gets(stop)
        .comesTo('stopped.ended', { desired: 'STOPPED', ...ended }, [
          stops('create'),
          tellsTask('STOPPED'),
        ]);
    });
  });

  describe('being started', () => {
    const created = { allowed: 'start' as const, runtimeId: 'c0ffee' };
    /** What the first look shows of a container that runs. */
    const seen = { imageId: 'sha256:1mage', createdAt: 1_400, startedAt: 1_500 };

    it('is stopped when the Engine does not start it, with the reason', () => {
      at('starting.calling', created)
        .gets(failed('start', refused))
        .comesTo('stopped.ended', { failure: named('CannotStartContainerError'), ...ended }, [
          tellsTask('STOPPED', {
            ...withId,
            reason: 'CannotStartContainerError: the Engine says no',
          }),
        ]);
    });

    it('is stopped in the Engine when it may run although its start failed', () => {
      at('starting.calling', created)
        .gets(failed('start', timeout))
        .comesTo('stopping.calling', { failure: named('DockerTimeoutError', timeout), ...begun }, [
          stopsIt,
        ]);
    });

    it('is looked at before it is started again when the connection broke', () => {
      at('starting.calling', created)
        .gets(failed('start', away))
        .comesTo('starting.backingOff', { attempts: 1, trouble: away }, [
          waits('retryInspectStarted'),
        ]);
    });

    it('runs first and is stopped then when it was not wanted any more meanwhile', () => {
      at('starting.calling', created)
        .gets(stop)
        .stays({ desired: 'STOPPED' })
        .gets(done('start', stamp))
        .comesTo('starting.inspecting', {}, [inspects('inspectStarted')])
        .gets(inspected('inspectStarted'))
        .comesTo('stopping.calling', { ...seen, ...ended }, [
          tellsTask('RUNNING', withRun),
          stopsIt,
        ]);
    });

    it('tells the failure of its pull even when it runs', () => {
      at('starting.inspecting', { ...created, failure: named('CannotPullContainerError') })
        .gets(inspected('inspectStarted'))
        .comesTo('running.steady', { ...seen, ...ended }, [
          tellsTask('RUNNING', {
            ...withRun,
            reason: 'CannotPullContainerError: the Engine says no',
          }),
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
        .comesTo('stopped.ended', ended, [tellsTask('STOPPED', withId)]);
    });

    it('keeps the exit code it is told to have died with before it is looked at', () => {
      at('starting.calling', created).gets(hint(3)).stays({ diedWith: 3 });
    });

    it('is looked at again when it may have ended after the look', () => {
      at('starting.inspecting', created)
        .gets(hint(3))
        .comesTo('starting.inspecting', { diedWith: 3 }, [
          stops('inspectStarted'),
          inspects('inspectStarted'),
        ]);
    });

    it('tells that it ran before it tells that it stopped when it ended at once', () => {
      const exited = facts({ state: 'exited', exitCode: 0, finishedAt: 1_600 });
      at('starting.inspecting', created)
        .gets(inspected('inspectStarted', exited))
        .comesTo('stopped.ended', { ...seen, finishedAt: 1_600, exitCode: 0, ...ended }, [
          tellsTask('RUNNING', { ...withRun, exitCode: 0 }),
          tellsTask('STOPPED', { ...withRun, exitCode: 0 }),
        ]);
    });

    it('tells that it ran, and starts anew by its restart policy, when it ended unseen', () => {
      const policy = { restartPolicy: { ignoredExitCodes: [], attemptPeriodS: 0 } };
      const exited = facts({ state: 'exited', exitCode: 5, finishedAt: 1_600, outOfMemory: true });
      at('starting.inspecting', { ...created, ...policy })
        .gets(inspected('inspectStarted', exited))
        .comesTo(
          'restarting.calling',
          {
            ...seen,
            finishedAt: 1_600,
            exitCode: 5,
            restarts: 1,
            lastRestartAt: 2_000,
            ...ended,
          },
          [tellsTask('RUNNING', { ...withRun, exitCode: 5 }), restartsIt],
        );
    });

    it('has vanished when the Engine does not know it', () => {
      at('starting.inspecting', created)
        .gets(failed('inspectStarted', gone))
        .comesTo('stopped.ended', { failure: vanished, finishedAt: 2_000, ...ended }, [
          tellsTask('STOPPED', {
            ...withId,
            reason: 'ContainerVanishedError: No container matching saved ID found',
          }),
        ]);
    });

    it('has its exit code when it was told to have died before it was gone', () => {
      at('starting.inspecting', { ...created, diedWith: 3 })
        .gets(failed('inspectStarted', gone))
        .comesTo('stopped.ended', { exitCode: 3, finishedAt: 2_000, ...ended }, [
          tellsTask('STOPPED', { ...withId, exitCode: 3 }),
        ]);
    });

    it('is looked at again a while after the Engine failed to answer, later each time', () => {
      at('starting.inspecting', created)
        .gets(failed('inspectStarted', away))
        .comesTo('starting.backingOff', { attempts: 1, trouble: away }, [
          waits('retryInspectStarted'),
        ])
        .gets(done('retryInspectStarted', { at: 3_000, roll: 0 }))
        .comesTo('starting.inspecting', {}, [
          starts('inspectStarted', 'inspectContainer', { ...key, since: 3_000 }),
        ])
        .gets(failed('inspectStarted', { ...away, at: 3_000, roll: 0.5 }))
        .comesTo(
          'starting.backingOff',
          { attempts: 2, trouble: { ...away, at: 3_000, roll: 0.5 } },
          [starts('retryInspectStarted', 'timer', { deadline: 4_430 })],
        );
    });
  });

  describe('running', () => {
    it('is looked at when the Engine hints at a change, and runs on when nothing has happened', () => {
      at('running.steady', running)
        .gets(hint(null))
        .comesTo('running.inspecting', {}, [inspects('inspectRunning')])
        .gets(inspected('inspectRunning'))
        .comesTo('running.steady');
    });

    it('is looked at anew when the Engine hints again during the look', () => {
      at('running.inspecting', running)
        .gets(hint(3))
        .comesTo('running.inspecting', { diedWith: 3 }, [
          stops('inspectRunning'),
          inspects('inspectRunning'),
        ]);
    });

    it('tells its task when its health check has come to another verdict', () => {
      at('running.inspecting', running)
        .gets(inspected('inspectRunning', facts({ health: 'HEALTHY' })))
        .comesTo('running.steady', { health: 'HEALTHY' }, [
          tells('parent', {
            type: 'container.health',
            name: 'main',
            health: 'HEALTHY',
            at: 2_000,
          }),
        ]);
    });

    it('runs on although the Engine says that it ran out of memory', () => {
      at('running.inspecting', running)
        .gets(inspected('inspectRunning', facts({ outOfMemory: true })))
        .comesTo('running.steady');
    });

    it('is stopped once the look shows that it has exited', () => {
      const exited = facts({
        state: 'exited',
        exitCode: 137,
        finishedAt: 1_900,
        outOfMemory: true,
      });
      at('running.inspecting', running)
        .gets(inspected('inspectRunning', exited))
        .comesTo(
          'stopped.ended',
          { finishedAt: 1_900, exitCode: 137, failure: outOfMemory, ...ended },
          [
            tellsTask('STOPPED', {
              ...withRun,
              exitCode: 137,
              reason: 'OutOfMemoryError: Container killed due to memory usage',
            }),
          ],
        );
    });

    it('has vanished when the Engine does not know it any more', () => {
      at('running.inspecting', running)
        .gets(failed('inspectRunning', gone))
        .comesTo('stopped.ended', { failure: vanished, finishedAt: 2_000, ...ended }, [
          tellsTask('STOPPED', {
            ...withRun,
            reason: 'ContainerVanishedError: No container matching saved ID found',
          }),
        ]);
    });

    it('counts as running while the Engine does not answer, and is looked at again', () => {
      at('running.inspecting', running)
        .gets(failed('inspectRunning', away))
        .comesTo('running.backingOff', { attempts: 1, trouble: away }, [
          waits('retryInspectRunning'),
        ])
        .gets(done('retryInspectRunning', { at: 3_000, roll: 0 }))
        .comesTo('running.inspecting', {}, [
          starts('inspectRunning', 'inspectContainer', { ...key, since: 3_000 }),
        ])
        .gets(inspected('inspectRunning'))
        .comesTo('running.steady', { attempts: 0 });
    });

    it('is looked at without further delay when the Engine hints during the delay', () => {
      at('running.backingOff', { ...running, attempts: 1 })
        .gets(hint(null))
        .comesTo('running.inspecting', {}, [
          stops('retryInspectRunning'),
          inspects('inspectRunning'),
        ]);
    });

    it('is stopped in the Engine when it is not wanted any more, even during a look', () => {
      at('running.inspecting', running)
        .gets(stop)
        .comesTo('stopping.calling', { desired: 'STOPPED', ...begun }, [
          stops('inspectRunning'),
          stopsIt,
        ]);
    });
  });

  describe('with a restart policy', () => {
    const policy = { ignoredExitCodes: [0], attemptPeriodS: 60 };
    const restartable = { ...running, restartPolicy: policy, startedAt: -60_000 };
    const restarted = {
      ...restartable,
      exitCode: 5,
      finishedAt: 1_900,
      restarts: 1,
      lastRestartAt: 1_950,
    };
    const exited = (more = {}) =>
      facts({ state: 'exited', exitCode: 5, finishedAt: 1_900, ...more });
    const told = { ...withId, startedAt: -60_000 };

    it('is started again when it ends, which is counted and told to nobody', () => {
      at('running.inspecting', { ...restartable, attempts: 3, diedWith: 5 })
        .gets(inspected('inspectRunning', exited()))
        .comesTo(
          'restarting.calling',
          {
            exitCode: 5,
            finishedAt: 1_900,
            diedWith: null,
            restarts: 1,
            lastRestartAt: 2_000,
            attempts: 0,
            ...begun,
          },
          [restartsIt],
        );
    });

    it('ends when its exit code is one that is ignored', () => {
      at('running.inspecting', restartable)
        .gets(inspected('inspectRunning', exited({ exitCode: 0 })))
        .comesTo('stopped.ended', { exitCode: 0, finishedAt: 1_900, ...ended }, [
          tellsTask('STOPPED', { ...told, exitCode: 0 }),
        ]);
    });

    it('ends when its task stops and others have to stop first', () => {
      at('running.inspecting', restartable)
        .gets(retire)
        .stays({ restartPolicy: null })
        .gets(inspected('inspectRunning', exited()))
        .comesTo('stopped.ended', { exitCode: 5, finishedAt: 1_900, ...ended }, [
          tellsTask('STOPPED', { ...told, exitCode: 5 }),
        ]);
    });

    it('runs again once a look shows it, and tells how its health is now', () => {
      at('restarting.calling', { ...restarted, health: 'HEALTHY' })
        .gets(done('restart', stamp))
        .comesTo('restarting.inspecting', {}, [inspects('inspectRestarted')])
        .gets(inspected('inspectRestarted', facts({ startedAt: 1_960 })))
        .comesTo(
          'running.steady',
          { exitCode: null, finishedAt: null, health: 'UNKNOWN', ...begun },
          [
            tells('parent', {
              type: 'container.health',
              name: 'main',
              health: 'UNKNOWN',
              at: 2_000,
            }),
          ],
        );
    });

    it('is told as it ended before when it cannot be started again', () => {
      at('restarting.calling', restarted)
        .gets(failed('restart', refused))
        .comesTo('stopped.ended', ended, [tellsTask('STOPPED', { ...told, exitCode: 5 })]);
    });

    it('is stopped in the Engine when it may run although it was not started again', () => {
      at('restarting.calling', restarted)
        .gets(failed('restart', timeout))
        .comesTo('stopping.calling', { failure: named('DockerTimeoutError', timeout), ...begun }, [
          stopsIt,
        ]);
    });

    it('is looked at before it is started once more when the connection broke', () => {
      at('restarting.calling', restarted)
        .gets(failed('restart', away))
        .comesTo('restarting.backingOff', { attempts: 1, trouble: away }, [
          waits('retryInspectRestarted'),
        ])
        .gets(done('retryInspectRestarted', { at: 3_000, roll: 0 }))
        .comesTo('restarting.inspecting', {}, [
          starts('inspectRestarted', 'inspectContainer', { ...key, since: 3_000 }),
        ])
        .gets(inspected('inspectRestarted', exited({ startedAt: 1_500 })))
        .comesTo('restarting.calling', {}, [restartsIt]);
    });

    it('is not started once more when nobody wants it by then', () => {
      at('restarting.calling', restarted).gets(stop).stays({ desired: 'STOPPED' });
      at('restarting.inspecting', { ...restarted, desired: 'STOPPED' })
        .gets(inspected('inspectRestarted', exited({ startedAt: 1_500 })))
        .comesTo('stopped.ended', ended, [tellsTask('STOPPED', { ...told, exitCode: 5 })]);
    });

    it('is started once more when it ended again, long enough after its last start', () => {
      at('restarting.inspecting', { ...restarted, lastRestartAt: -60_000 })
        .gets(inspected('inspectRestarted', exited({ startedAt: -59_000, exitCode: 6 })))
        .comesTo('restarting.calling', { exitCode: 6, restarts: 2, lastRestartAt: 2_000 }, [
          restartsIt,
        ]);
    });

    it('is stopped when it ended again at once', () => {
      at('restarting.inspecting', restarted)
        .gets(inspected('inspectRestarted', exited({ startedAt: 1_960, exitCode: 6 })))
        .comesTo('stopped.ended', { exitCode: 6, ...ended }, [
          tells('parent', {
            type: 'container.health',
            name: 'main',
            health: 'UNKNOWN',
            at: 2_000,
          }),
          tellsTask('STOPPED', { ...told, exitCode: 6 }),
        ]);
    });

    it('keeps what it is told while it starts, and is looked at anew during a look', () => {
      at('restarting.calling', restarted).gets(hint(6)).stays({ diedWith: 6 });
      at('restarting.inspecting', restarted)
        .gets(hint(6))
        .comesTo('restarting.inspecting', { diedWith: 6 }, [
          stops('inspectRestarted'),
          inspects('inspectRestarted'),
        ]);
    });

    it('has vanished when the Engine does not know it, and is asked for again otherwise', () => {
      at('restarting.inspecting', restarted)
        .gets(failed('inspectRestarted', gone))
        .comesTo(
          'stopped.ended',
          { exitCode: null, failure: vanished, finishedAt: 2_000, ...ended },
          [
            tellsTask('STOPPED', {
              ...told,
              reason: 'ContainerVanishedError: No container matching saved ID found',
            }),
          ],
        );
      at('restarting.inspecting', restarted)
        .gets(failed('inspectRestarted', away))
        .comesTo('restarting.backingOff', { attempts: 1, trouble: away }, [
          waits('retryInspectRestarted'),
        ]);
    });
  });

  describe('being stopped', () => {
    const stopping = { ...running, desired: 'STOPPED' as const };
    const exited = facts({ state: 'exited', exitCode: 143, finishedAt: 1_900 });
    const pings = starts('ping', 'pingEngine', key);

    it('forgets how often the Engine failed to answer before', () => {
      at('running.backingOff', { ...running, attempts: 4, trouble: away })
        .gets(stop)
        .comesTo('stopping.calling', { desired: 'STOPPED', attempts: 0, trouble: null, ...begun }, [
          stops('retryInspectRunning'),
          stopsIt,
        ]);
    });

    it('is stopped once an inspect shows how it ended', () => {
      at('stopping.calling', stopping)
        .gets(done('stop', stamp))
        .comesTo('stopping.inspecting', {}, [inspects('inspectStopped')])
        .gets(inspected('inspectStopped', exited))
        .comesTo('stopped.ended', { finishedAt: 1_900, exitCode: 143, ...ended }, [
          tellsTask('STOPPED', { ...withRun, exitCode: 143 }),
        ]);
    });

    it('is looked at when the Engine hints that it died before the call returns', () => {
      at('stopping.calling', stopping)
        .gets(hint(143))
        .comesTo('stopping.inspecting', { diedWith: 143 }, [
          stops('stop'),
          inspects('inspectStopped'),
        ]);
    });

    it('is left to shut down when the Engine hints at anything else', () => {
      at('stopping.calling', stopping).gets(hint(null)).stays();
    });

    it('is stopped again a while after an inspect shows that it runs all the same', () => {
      at('stopping.inspecting', stopping)
        .gets(inspected('inspectStopped'))
        .comesTo('stopping.backingOff', { attempts: 1 }, [waits('retryStop')])
        .gets(done('retryStop', { at: 3_000, roll: 0 }))
        .comesTo('stopping.calling', {}, [
          starts('stop', 'stopContainer', { ...key, since: 3_000 }),
        ]);
    });

    it('is stopped again a while after the Engine failed to stop it, or to show it', () => {
      at('stopping.calling', stopping)
        .gets(failed('stop', timeout))
        .comesTo('stopping.backingOff', { attempts: 1, trouble: timeout }, [waits('retryStop')]);
      at('stopping.inspecting', stopping)
        .gets(failed('inspectStopped', away))
        .comesTo('stopping.backingOff', { attempts: 1, trouble: away }, [waits('retryStop')]);
    });

    const fifths: [
      string,
      string,
      Parameters<ReturnType<typeof at>['gets']>[0],
      typeof away | null,
    ][] = [
      ['the Engine failed to stop it', 'calling', failed('stop', timeout), timeout],
      ['the Engine failed to show it', 'inspecting', failed('inspectStopped', timeout), timeout],
      ['it ran on', 'inspecting', inspected('inspectStopped'), null],
    ];
    for (const [what, state, event, trouble] of fifths)
      it(`is stopped no more but the Engine is asked whether it lives when ${what} five times`, () => {
        at(`stopping.${state}`, { ...stopping, attempts: 4, trouble })
          .gets(event)
          .comesTo('stopping.pinging', { attempts: 5, trouble }, [pings]);
      });

    it('is told to stop without end while the Engine cannot be reached, with no ping between', () => {
      at('stopping.calling', { ...stopping, attempts: 9, trouble: away })
        .gets(failed('stop', away))
        .comesTo('stopping.backingOff', { attempts: 10, trouble: away }, [
          starts('retryStop', 'timer', { deadline: 7_000 }),
        ]);
      at('stopping.calling', { ...stopping, attempts: 9, trouble: away })
        .gets(failed('stop', timeout))
        .comesTo('stopping.backingOff', { attempts: 1, trouble: timeout }, [waits('retryStop')]);
    });

    it('is looked at once more when the Engine lives', () => {
      at('stopping.pinging', { ...stopping, attempts: 5, trouble: timeout })
        .gets(done('ping', stamp))
        .comesTo('stopping.concluding', {}, [inspects('inspectUnstoppable')]);
    });

    it('has stopped after all where that look shows it', () => {
      const seen = facts({ state: 'exited', exitCode: 3, finishedAt: 1_900 });
      at('stopping.concluding', { ...stopping, attempts: 5, trouble: timeout })
        .gets(inspected('inspectUnstoppable', seen))
        .comesTo(
          'stopped.ended',
          { exitCode: 3, finishedAt: 1_900, attempts: 0, trouble: null, ...ended },
          [tellsTask('STOPPED', { ...withRun, exitCode: 3 })],
        );
      at('stopping.concluding', { ...stopping, attempts: 5, trouble: timeout })
        .gets(failed('inspectUnstoppable', gone))
        .comesTo('stopped.ended', { finishedAt: 2_000, attempts: 0, trouble: null, ...ended }, [
          tellsTask('STOPPED', withRun),
        ]);
    });

    it('counts as stopped when it cannot be looked at either, and is stopped on', () => {
      at('stopping.concluding', { ...stopping, attempts: 5, trouble: timeout })
        .gets(failed('inspectUnstoppable', refused))
        .comesTo(
          'stopped.halting',
          { failure: named('DockerTimeoutError', timeout), attempts: 0, trouble: null, ...ended },
          [
            tellsTask('STOPPED', { ...withRun, reason: 'DockerTimeoutError: the Engine says no' }),
            haltsIt,
          ],
        );
    });

    it('counts as stopped when the Engine lives and cannot stop it, and is stopped on', () => {
      at('stopping.concluding', { ...stopping, attempts: 5, trouble: timeout })
        .gets(inspected('inspectUnstoppable'))
        .comesTo(
          'stopped.halting',
          { failure: named('DockerTimeoutError', timeout), attempts: 0, trouble: null, ...ended },
          [
            tellsTask('STOPPED', { ...withRun, reason: 'DockerTimeoutError: the Engine says no' }),
            haltsIt,
          ],
        );
    });

    it('says that it runs on where the Engine claims to have stopped it', () => {
      const stillRuns = {
        ...neverReady,
        code: 'CONTAINER_STILL_RUNS',
        name: 'CannotStopContainerError',
        message: 'the container still runs after the Docker Engine stopped it',
      };
      at('stopping.concluding', { ...stopping, attempts: 5 })
        .gets(inspected('inspectUnstoppable'))
        .comesTo('stopped.halting', { failure: stillRuns, attempts: 0, ...ended }, [
          tellsTask('STOPPED', {
            ...withRun,
            reason:
              'CannotStopContainerError: the container still runs after the Docker Engine stopped it',
          }),
          haltsIt,
        ]);
    });

    it('counts as running while the Engine is dead, and all begins again', () => {
      at('stopping.pinging', { ...stopping, attempts: 5, trouble: timeout })
        .gets(failed('ping', away))
        .comesTo('stopping.backingOff', { attempts: 0, trouble: null, ...begun }, [
          waits('retryStop'),
        ]);
    });

    it('is stopped when the Engine does not know whom to stop', () => {
      at('stopping.calling', stopping)
        .gets(failed('stop', gone))
        .comesTo('stopped.ended', { finishedAt: 2_000, ...ended }, [tellsTask('STOPPED', withRun)]);
    });

    it('is stopped with the exit code of its death when it is gone before the inspect', () => {
      at('stopping.inspecting', { ...stopping, diedWith: 143 })
        .gets(failed('inspectStopped', gone))
        .comesTo('stopped.ended', { exitCode: 143, finishedAt: 2_000, ...ended }, [
          tellsTask('STOPPED', { ...withRun, exitCode: 143 }),
        ]);
    });
  });

  describe('that is stopped', () => {
    const over = { ...running, desired: 'STOPPED' as const, finishedAt: 1_900 };
    const exited = facts({ state: 'exited', exitCode: 143, finishedAt: 1_900 });

    it('stays so whatever is asked of it, and tells no more', () => {
      at('stopped.ended', over)
        .gets(halt)
        .stays()
        .gets(cannot)
        .stays()
        .gets(allow('start'))
        .stays()
        .gets(hint(0))
        .stays();
    });

    it('is looked at when the Engine says that it was started, and stopped if it does run', () => {
      at('stopped.ended', over)
        .gets({ type: 'engine.started', at: 2_000 })
        .comesTo('stopped.looking', {}, [inspects('inspectEnded')])
        .gets(inspected('inspectEnded'))
        .comesTo('stopped.halting', {}, [haltsIt])
        .gets(done('halt', stamp))
        .comesTo('stopped.looking', {}, [inspects('inspectEnded')])
        .gets(inspected('inspectEnded', exited))
        .comesTo('stopped.ended');
    });

    it('is left alone once it is gone', () => {
      at('stopped.looking', over).gets(failed('inspectEnded', gone)).comesTo('stopped.ended');
      at('stopped.halting', over).gets(failed('halt', gone)).comesTo('stopped.ended');
    });

    it('is looked at again a while after the Engine failed to answer', () => {
      at('stopped.looking', over)
        .gets(failed('inspectEnded', away))
        .comesTo('stopped.backingOff', { attempts: 1, trouble: away }, [waits('retryHalt')])
        .gets(done('retryHalt', { at: 3_000, roll: 0 }))
        .comesTo('stopped.looking', {}, [
          starts('inspectEnded', 'inspectContainer', { ...key, since: 3_000 }),
        ]);
      at('stopped.halting', over)
        .gets(failed('halt', timeout))
        .comesTo('stopped.backingOff', { attempts: 1, trouble: timeout }, [waits('retryHalt')]);
    });
  });

  everythingWasTaken(container);
});
