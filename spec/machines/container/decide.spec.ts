import { expect } from 'chai';
import * as decide from '../../../machines/container/decide.ts';
import type {
  ContainerContext,
  PullBehavior,
  RestartPolicy,
  Step,
} from '../../../machines/container/model.ts';
import {
  failureOfExit,
  named,
  reasonOf,
  stillRuns,
  vanished,
} from '../../../machines/container/reasons.ts';
import {
  change,
  containerContext,
  containerInput,
  facts,
  failure,
} from '../../support/chart-contexts.ts';

const port = { bindIP: '0.0.0.0', protocol: 'tcp' as const, containerPort: 80, hostPort: 32_768 };

describe('what a container becomes', () => {
  it('begins with nothing but its name and what is wanted of it', () => {
    expect(decide.newContainer(containerInput)).to.deep.equal(containerContext());
  });

  describe('an image', () => {
    const must: [PullBehavior, boolean, boolean, boolean][] = [
      // behaviour, is there, pulled before: must be pulled
      ['default', false, false, true],
      ['default', true, true, true],
      ['always', false, false, true],
      ['always', true, true, true],
      ['once', false, false, true],
      ['once', true, false, true],
      ['once', false, true, true],
      ['once', true, true, false],
      ['prefer-cached', false, false, true],
      ['prefer-cached', false, true, true],
      ['prefer-cached', true, false, false],
    ];
    for (const [behavior, isThere, pulledBefore, expected] of must) {
      const image = { isThere, pulledBefore };
      it(`must be pulled (${expected}) with ${behavior} given ${JSON.stringify(image)}`, () => {
        expect(decide.mustPull(behavior, image)).to.equal(expected);
      });
    }

    const serves: Record<PullBehavior, boolean> = {
      default: true,
      always: false,
      once: false,
      'prefer-cached': true,
    };
    for (const [behavior, expected] of Object.entries(serves))
      it(`may serve from the store (${expected}) with ${behavior} after a failed pull`, () => {
        expect(decide.cachedImageMayServe(behavior as PullBehavior)).to.equal(expected);
      });
  });

  describe('a step', () => {
    const steps: Step[] = ['resolve', 'pull', 'create', 'start'];
    for (const [index, allowed] of steps.entries())
      it(`may be taken up to the one that is allowed, here ${allowed}`, () => {
        const may = steps.filter((step) => decide.mayGo(containerContext({ allowed }), step));
        expect(may).to.deep.equal(steps.slice(0, index + 1));
      });

    const rule = { tries: 3, withinMs: 1_000 };
    const again: [string, { attempts: number; code?: string; at?: number }, boolean][] = [
      ['has failed once', { attempts: 0 }, true],
      ['has failed for the last time but one', { attempts: 1 }, true],
      ['has been tried as often as it may', { attempts: 2 }, false],
      ['has still time', { attempts: 0, at: 2_999 }, true],
      ['has taken as long as it may', { attempts: 0, at: 3_000 }, false],
      ['was refused its credentials', { attempts: 0, code: 'REGISTRY_AUTH' }, false],
      ['got no token of Amazon ECR', { attempts: 0, code: 'REGISTRY_ECR' }, false],
      ['found an image without a digest', { attempts: 0, code: 'IMAGE_DIGEST_UNKNOWN' }, false],
    ];
    for (const [what, { attempts, code = 'DOCKER_REFUSED', at = 2_500 }, expected] of again)
      it(`may be tried again (${expected}) when it ${what}`, () => {
        const context = containerContext({ attempts, begunAt: 2_000 });
        expect(decide.mayTryAgain(rule, context, failure(code, { at }))).to.equal(expected);
      });
  });

  describe('a restart', () => {
    const policy: RestartPolicy = { ignoredExitCodes: [0, 3], attemptPeriodS: 60 };
    const exited = facts({ state: 'exited', exitCode: 1, startedAt: 1_000 });
    const ran: [string, Partial<ContainerContext>, ReturnType<typeof facts>, boolean][] = [
      ['has a policy and ran for long enough', {}, exited, true],
      ['has no policy', { restartPolicy: null }, exited, false],
      ['was to stop', { desired: 'STOPPED' }, exited, false],
      ['still runs', {}, facts(), false],
      ['was never started', {}, facts({ state: 'created' }), false],
      ['ended with an ignored code', {}, { ...exited, exitCode: 3 }, false],
      ['ended without a code', {}, { ...exited, exitCode: null }, false],
      ['was told to have died with one', { diedWith: 1 }, { ...exited, exitCode: null }, true],
      ['was told an ignored one', { diedWith: 0 }, { ...exited, exitCode: null }, false],
      ['ran for less than the period', { startedAt: 1_001 }, exited, false],
      ['first ran long ago', { startedAt: 500, lastRestartAt: null }, exited, true],
      ['was restarted a moment ago', { lastRestartAt: 1_001 }, exited, false],
      ['was restarted long ago', { lastRestartAt: 1_000 }, exited, true],
      ['shows no start at all', { startedAt: null }, { ...exited, startedAt: null }, false],
    ];
    for (const [what, more, seen, expected] of ran)
      it(`is due (${expected}) for a container that ${what}`, () => {
        const context = containerContext({ restartPolicy: policy, startedAt: 1_000, ...more });
        expect(decide.mayRestart(context, seen, 61_000)).to.equal(expected);
      });

    it('has not taken place while the process is the one before it', () => {
      const asked = containerContext({ lastRestartAt: 2_000 });
      expect(decide.restartIsDue(asked, { ...exited, startedAt: 1_999 })).to.equal(true);
      expect(decide.restartIsDue(asked, { ...exited, startedAt: null })).to.equal(true);
      expect(decide.restartIsDue(asked, { ...exited, startedAt: 2_000 })).to.equal(false);
      expect(decide.restartIsDue(asked, facts({ startedAt: 1_999 }))).to.equal(false);
      expect(decide.restartIsDue(containerContext(), exited)).to.equal(false);
    });

    it('makes no failure of how the container ended before it', () => {
      const before = containerContext({
        restartPolicy: { ignoredExitCodes: [], attemptPeriodS: 0 },
        startedAt: 1_500,
      });
      const killed = facts({ state: 'exited', exitCode: 137, outOfMemory: true });
      expect(decide.withFacts(before, killed, 2_000)).to.deep.include({
        exitCode: 137,
        finishedAt: 2_000,
        failure: null,
      });
      const last = { ...before, desired: 'STOPPED' as const };
      expect(decide.withFacts(last, killed, 2_000).failure?.name).to.equal('OutOfMemoryError');
    });
  });

  describe('an inspect', () => {
    const before = containerContext({ diedWith: 7, attempts: 3 });

    /** What any inspect tells, and that it ends all waiting. */
    const seenAtAll = {
      runtimeId: 'c0ffee',
      imageId: 'sha256:1mage',
      createdAt: 1_400,
      attempts: 0,
    };

    it('of a running container tells its ids, ports, start and health, and ends all waiting', () => {
      const seen = facts({ bindings: [port], health: 'HEALTHY' });
      expect(decide.withFacts(before, seen, 2_000)).to.deep.equal({
        ...before,
        ...seenAtAll,
        bindings: [port],
        startedAt: 1_500,
        health: 'HEALTHY',
      });
    });

    it('of an exited container tells its end and leaves its ports and start as they were', () => {
      const ran = { ...before, bindings: [port], startedAt: 1_400 };
      const seen = facts({ state: 'exited', startedAt: null, exitCode: 1, finishedAt: 1_900 });
      expect(decide.withFacts(ran, seen, 2_000)).to.deep.equal({
        ...ran,
        ...seenAtAll,
        exitCode: 1,
        finishedAt: 1_900,
      });
    });

    it('keeps the ports that were seen first', () => {
      const ran = { ...before, bindings: [port] };
      const moved = facts({ bindings: [{ ...port, hostPort: 40_000 }] });
      expect(decide.withFacts(ran, moved, 2_000).bindings).to.deep.equal([port]);
    });

    it('without exit code and time leaves those of the death that was told, and of the look', () => {
      const seen = facts({ state: 'exited' });
      const { exitCode, finishedAt } = decide.withFacts(before, seen, 2_000);
      expect({ exitCode, finishedAt }).to.deep.equal({ exitCode: 7, finishedAt: 2_000 });
    });

    it('of a created container does not tell an end', () => {
      const seen = facts({ state: 'created', startedAt: null, outOfMemory: true });
      const { exitCode, finishedAt, failure } = decide.withFacts(before, seen, 2_000);
      expect({ exitCode, finishedAt, failure }).to.deep.equal({
        exitCode: null,
        finishedAt: null,
        failure: null,
      });
    });

    it('does not make a failure of what the Engine says of a container that runs', () => {
      const seen = facts({ outOfMemory: true, error: 'odd' });
      expect(decide.withFacts(before, seen, 2_000).failure).to.equal(null);
    });

    it('does not replace the first failure', () => {
      const first = failure('DOCKER_REFUSED');
      const seen = facts({ state: 'exited', outOfMemory: true });
      expect(decide.withFacts({ ...before, failure: first }, seen, 2_000).failure).to.equal(first);
    });
  });

  describe('a container that is gone', () => {
    it('has vanished when nobody told of its death', () => {
      expect(decide.withoutTrace(containerContext(), 2_000)).to.deep.equal(
        containerContext({ finishedAt: 2_000, failure: vanished(2_000) }),
      );
    });

    it('ended as its death told, without a failure', () => {
      expect(decide.withoutTrace(containerContext({ diedWith: 0 }), 2_000)).to.deep.equal(
        containerContext({ diedWith: 0, exitCode: 0, finishedAt: 2_000 }),
      );
    });

    it('has not failed when it was to stop', () => {
      const unwanted = containerContext({ desired: 'STOPPED' });
      expect(decide.withoutTrace(unwanted, 2_000).failure).to.equal(null);
    });

    it('keeps its first failure', () => {
      const first = failure('DOCKER_REFUSED');
      expect(decide.withoutTrace(containerContext({ failure: first }), 2_000).failure).to.equal(
        first,
      );
    });
  });

  it('has failed for what it depends on when that never comes, unless it failed before', () => {
    const waiting = containerContext();
    const stopped = decide.withoutDependency(waiting, 'db never starts', 2_000);
    expect(stopped).to.deep.include({
      ...waiting,
      desired: 'STOPPED',
      exitCode: 143,
      failure: stopped.failure,
    });
    expect(reasonOf(stopped.failure)).to.equal('CannotStartContainerError: db never starts');
    const first = failure('DOCKER_REFUSED');
    const failed = decide.withoutDependency(containerContext({ failure: first }), 'no', 2_000);
    expect(failed.failure).to.equal(first);
  });

  it('keeps its first failure of all', () => {
    const [first, second] = [failure('DOCKER_REFUSED'), failure('DOCKER_TIMEOUT')];
    const failed = decide.withFailure(containerContext(), first);
    expect(failed).to.deep.equal(containerContext({ failure: first }));
    expect(decide.withFailure(failed, second)).to.deep.equal(failed);
  });

  it('is told to its task with all that is known of it', () => {
    const context = containerContext({
      runtimeId: 'c0ffee',
      exitCode: 3,
      failure: named(failure('DOCKER_REFUSED'), 'start'),
      fatal: true,
      digest: 'sha256:d1',
      digestResolved: true,
      health: 'UNHEALTHY',
      startedAt: 1_500,
      bindings: [port],
      pullStartedAt: 1_100,
      pullStoppedAt: 1_200,
      knownAt: 2_000,
    });
    expect(decide.changeOf(context, 'STOPPED')).to.deep.equal(
      change('main', 'STOPPED', {
        runtimeId: 'c0ffee',
        exitCode: 3,
        reason: 'CannotStartContainerError: the Engine says no',
        fatal: true,
        digest: 'sha256:d1',
        digestResolved: true,
        health: 'UNHEALTHY',
        startedAt: 1_500,
        bindings: [port],
        pullStartedAt: 1_100,
        pullStoppedAt: 1_200,
      }),
    );
  });
});

describe('the reason of a container', () => {
  const names = [
    ['DOCKER_REFUSED', 'pull', 'CannotPullContainerError'],
    ['DOCKER_REFUSED', 'create', 'CannotCreateContainerError'],
    ['DOCKER_REFUSED', 'start', 'CannotStartContainerError'],
    ['DOCKER_TIMEOUT', 'start', 'DockerTimeoutError'],
    ['DOCKER_BAD_CONFIG', 'create', 'DockerClientConfigError'],
    ['DOCKER_BAD_HOST_CONFIG', 'create', 'HostConfigError'],
    ['DOCKER_BAD_VERSION', 'create', 'CannotGetDockerClientVersionError'],
    ['DOCKER_REFUSED', 'resolve', 'CannotPullImageManifestError'],
    ['DOCKER_REFUSED', 'stop', 'CannotStopContainerError'],
    ['REGISTRY_ECR', 'resolve', 'CannotPullECRContainerError'],
    ['REGISTRY_ECR', 'pull', 'CannotPullECRContainerError'],
    ['REGISTRY_AUTH', 'pull', 'CannotPullContainerAuthError'],
  ] as const;
  for (const [code, step, name] of names)
    it(`is ${name} when ${code} ends its ${step}`, () => {
      expect(named(failure(code), step)).to.deep.equal({ ...failure(code), name });
    });

  const role = 'arn:aws:sts::123456789012:assumed-role/app/i';
  const denied = 'denied: requested access to the resource is denied';
  const ecrDenied = `denied: User: ${role} is not authorized to perform: ecr:BatchGetImage on resource: r`;
  const advised = [
    [denied, 'DOCKER_REFUSED', 'pull', 'Check whether the image exists. '],
    [
      ecrDenied,
      'REGISTRY_ECR',
      'pull',
      'Check that the role has the permissions to pull images from the registry. ',
    ],
    [
      'Get "https://r/": request canceled while waiting for connection',
      'DOCKER_REFUSED',
      'pull',
      'Check your network configuration. ',
    ],
  ] as const;
  for (const [message, code, step, advice] of advised)
    it(`begins with "${advice.trim()}" when a registry says ${message}`, () => {
      expect(named(failure(code, { message }), step).message).to.equal(
        `The task can’t pull the image. ${advice}${message}`,
      );
    });

  const unadvised = [
    ['resolve', 'DOCKER_REFUSED'],
    ['create', 'DOCKER_REFUSED'],
    ['pull', 'DOCKER_TIMEOUT'],
    ['pull', 'REGISTRY_AUTH'],
  ] as const;
  for (const [step, code] of unadvised)
    it(`has no advice when ${code} ends its ${step}`, () => {
      expect(named(failure(code, { message: denied }), step).message).to.equal(denied);
    });

  it('is the name and the text of its failure, or nothing', () => {
    expect(reasonOf(failure('X', { name: 'HostConfigError', message: 'no such volume' }))).to.equal(
      'HostConfigError: no such volume',
    );
    expect(reasonOf(null)).to.equal(null);
  });

  const ends = [
    [{ outOfMemory: true }, 'OutOfMemoryError: Container killed due to memory usage'],
    [
      { outOfMemory: true, error: 'no such file' },
      'OutOfMemoryError: Container killed due to memory usage',
    ],
    [{ error: 'no such file' }, 'DockerStateError: no such file'],
    [{}, null],
  ] as const;
  for (const [seen, reason] of ends)
    it(`is ${reason} when the Engine shows ${JSON.stringify(seen)}`, () => {
      expect(reasonOf(failureOfExit(facts({ state: 'exited', ...seen }), 2_000))).to.equal(reason);
    });

  it('has the time at which it was seen', () => {
    expect(failureOfExit(facts({ outOfMemory: true }), 2_000)).to.include({
      at: 2_000,
      retry: false,
    });
    expect(stillRuns(2_000)).to.include({ name: 'CannotStopContainerError', at: 2_000 });
    expect(vanished(2_000)).to.deep.equal({
      code: 'CONTAINER_VANISHED',
      name: 'ContainerVanishedError',
      message: 'No container matching saved ID found',
      retry: false,
      at: 2_000,
      roll: 0,
    });
  });
});
