import { expect } from 'chai';
import * as decide from '../../../machines/container/decide.ts';
import type { PullBehavior } from '../../../machines/container/model.ts';
import { failureOfExit, named, reasonOf, vanished } from '../../../machines/container/reasons.ts';
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

  describe('an inspect', () => {
    const before = containerContext({ diedWith: 7, attempts: 3 });

    it('of a running container tells its id, ports and start, and ends all waiting', () => {
      expect(decide.withFacts(before, facts({ bindings: [port] }), 2_000)).to.deep.equal({
        ...before,
        runtimeId: 'c0ffee',
        bindings: [port],
        startedAt: 1_500,
        attempts: 0,
      });
    });

    it('of an exited container tells its end and leaves its ports and start as they were', () => {
      const ran = { ...before, bindings: [port], startedAt: 1_400 };
      const seen = facts({ state: 'exited', startedAt: null, exitCode: 1, finishedAt: 1_900 });
      expect(decide.withFacts(ran, seen, 2_000)).to.deep.equal({
        ...ran,
        runtimeId: 'c0ffee',
        exitCode: 1,
        finishedAt: 1_900,
        attempts: 0,
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

    it('keeps its first failure', () => {
      const first = failure('DOCKER_REFUSED');
      expect(decide.withoutTrace(containerContext({ failure: first }), 2_000).failure).to.equal(
        first,
      );
    });
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
  ] as const;
  for (const [code, step, name] of names)
    it(`is ${name} when ${code} ends its ${step}`, () => {
      expect(named(failure(code), step)).to.deep.equal({ ...failure(code), name });
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
