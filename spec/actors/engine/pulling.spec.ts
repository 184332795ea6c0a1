import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { RoleCredentials } from '../../../transport/acs/port.ts';
import { container, inessential, task, unwanted, wanted } from '../../support/builders.ts';
import { digest, hour, minute, pulling, running, second } from './stories.ts';

const down = 'Get "https://registry-1.docker.io/v2/": dial tcp: connection refused';
const manifestError = `CannotPullImageManifestError: Error response from daemon: ${down}`;

describe('the image of a task', () => {
  it('with a digest is asked for nowhere and tagged nowhere', async () => {
    const world = await pulling();
    const image = `busybox@${digest}`;
    await running(world, task('a', [container('main', { image })]));
    expect(world.asked.slice(0, 3)).to.deep.equal([
      `pull ${image}`,
      `inspectImage ${image}`,
      'create main',
    ]);
    expect(world.told('a')).to.deep.equal(['RUNNING: main RUNNING']);
    expect(world.plane.reports[0]?.containers[0]?.digest).to.equal(digest);
  });

  it('that the Engine has serves under default while the registry is down; the reason tells so', async () => {
    const world = await pulling('default', ['busybox:local']);
    world.engine.core.registry.setTrouble(down);
    await running(world, task('a'));
    expect(world.count('resolveDigest')).to.equal(9);
    expect(world.count('pull')).to.equal(5);
    expect(world.told('a')).to.deep.equal([`RUNNING: main RUNNING (${manifestError})`]);
    world.plane.deliver([unwanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.told('a').at(-1)).to.equal(`STOPPED: main STOPPED 0 (${manifestError})`);
  });

  it('that nobody has while the registry is down ends the task under default with its first error', async () => {
    const world = await pulling();
    world.engine.core.registry.setTrouble(down);
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect([
      world.count('resolveDigest'),
      world.count('pull'),
      world.count('create'),
    ]).to.deep.equal([9, 5, 1]);
    expect(world.happened()).to.deep.equal([]);
    expect(world.told('a')).to.deep.equal([`STOPPED: main STOPPED (${manifestError})`]);
  });

  it('whose manifest cannot be had ends the task under always, without a pull', async () => {
    const world = await pulling('always', ['busybox:local']);
    world.engine.core.registry.setTrouble(down);
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'STOPPED');
    expect(world.count('resolveDigest')).to.equal(9);
    expect([world.count('pull'), world.count('create')]).to.deep.equal([0, 0]);
    expect(world.told('a')).to.deep.equal([`STOPPED: main STOPPED (${manifestError})`]);
  });

  const denied =
    'CannotPullContainerError: The task can’t pull the image. Check whether the image exists. ' +
    'Error response from daemon: pull access denied for secret, repository does not exist or may ' +
    "require 'docker login': denied: requested access to the resource is denied";
  const secret = container('deny', { image: 'secret:1' });
  const whose: [string, ContainerPlan][] = [
    ['of an essential container', secret],
    ['even of one that is not essential', inessential(secret)],
  ];
  for (const [what, plan] of whose)
    it(`that may not be pulled, ${what}, ends the task under always, with advice`, async () => {
      const world = await pulling('always');
      world.plane.deliver([wanted(task('a', [plan, container('other')]))]);
      await world.clock.until(() => world.count('pull') > 0);
      world.engine.core.registry.deny('secret:1');
      await world.untilTold('a', 'STOPPED');
      const tries = world.asked.filter((call) => call === `pull secret@${digest}`);
      expect(tries).to.have.length(5);
      expect(world.told('a')).to.deep.equal([
        'MANIFEST_PULLED: deny MANIFEST_PULLED, other MANIFEST_PULLED',
        `STOPPED: deny STOPPED (${denied}), other STOPPED 0`,
      ]);
    });

  it('is not asked for at all under prefer-cached where the Engine has it', async () => {
    const world = await pulling('prefer-cached', ['busybox:local']);
    await running(world, task('a'));
    expect(world.asked.slice(0, 2)).to.deep.equal(['inspectImage busybox:local', 'create main']);
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: main MANIFEST_PULLED',
      'RUNNING: main RUNNING',
    ]);
    expect(world.plane.reports.map(({ pullStartedAt }) => pullStartedAt)).to.deep.equal([
      null,
      null,
    ]);
  });

  it('is pulled once under once, whatever the registry has by then', async () => {
    const world = await pulling('once');
    await running(world, task('a'));
    world.asked.length = 0;
    world.engine.core.registry.set('busybox:local', { digest: `sha256:${'e'.repeat(64)}` });
    await running(world, task('b'));
    expect(world.asked.slice(0, 2)).to.deep.equal(['inspectImage busybox:local', 'create main']);
    expect(world.plane.reports.at(-1)).to.include({ pullStartedAt: null, pullStoppedAt: null });
    expect(world.plane.reports.at(-1)?.containers[0]?.digest).to.equal(digest);
  });

  it('that is stopped while it is pulled is told as stopped at once, without a code or a reason', async () => {
    const world = await pulling();
    world.engine.core.registry.set('busybox:local', { digest, pullMs: 50 * second });
    const plan = task('a');
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(20 * second);
    expect(world.stateOf('container/a/main')).to.equal('preparing.pulling.calling');
    const from = world.clock.now();
    world.plane.deliver([unwanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.clock.now() - from).to.be.below(100);
    expect(world.told('a')).to.deep.equal([
      'MANIFEST_PULLED: main MANIFEST_PULLED',
      'STOPPED: main STOPPED',
    ]);
    await world.clock.advance(10 * minute);
    expect(world.count('create')).to.equal(0);
    expect(world.told('a')).to.have.length(2);
  });

  it('that two tasks want at once is pulled once for both', async () => {
    const world = await pulling();
    world.engine.core.registry.set('busybox:local', { digest, pullMs: 50 * second });
    world.plane.deliver([wanted(task('a')), wanted(task('b'))]);
    await world.clock.advance(2 * minute);
    expect([world.told('a').length, world.told('b').length]).to.deep.equal([2, 2]);
    expect([world.count('resolveDigest'), world.count('pull')]).to.deep.equal([1, 1]);
  });

  it('is pulled on for the other task when the first is stopped meanwhile', async () => {
    const world = await pulling();
    world.engine.core.registry.set('busybox:local', { digest, pullMs: 50 * second });
    world.plane.deliver([wanted(task('a')), wanted(task('b'))]);
    await world.clock.advance(20 * second);
    world.plane.deliver([unwanted(task('a'))]);
    await world.untilTold('b', 'RUNNING');
    expect(world.told('a').at(-1)).to.equal('STOPPED: main STOPPED');
    expect(world.count('pull')).to.equal(1);
  });

  it('whose registry goes silent is pulled again after the time that it may be', async () => {
    const world = await pulling();
    world.engine.core.registry.stallNext('busybox:local');
    const from = world.clock.now();
    await running(world, task('a'));
    expect(world.clock.now() - from).to.be.within(minute, minute + 3 * second);
    expect(world.count('pull')).to.equal(2);
    expect(world.told('a').at(-1)).to.equal('RUNNING: main RUNNING');
  });

  describe('from a registry that asks for the execution role', () => {
    const ecr = { region: 'r', registryId: '1', endpointOverride: '', useExecutionRole: true };
    const plan = task('a', [container('main', { ecr })], { executionCredentialsId: 'exec' });
    const role: RoleCredentials = {
      credentialsId: 'exec',
      roleArn: 'arn:aws:iam::123456789012:role/exec',
      expiration: '2030-01-01T00:00:00Z',
      keys: { accessKeyId: 'AKIA', secretAccessKey: 'key', sessionToken: 'token' },
    };

    it('waits after a restart for its credentials, and is pulled as soon as they arrive', async () => {
      const world = await pulling();
      world.plane.deliver([wanted(plan)]);
      await world.clock.settle();
      await world.kill();
      await world.start();
      await world.clock.advance(hour);
      expect(world.asked).to.deep.equal([]);
      expect(world.stateOf('container/a/main')).to.equal('preparing.awaitingRole');
      const from = world.clock.now();
      world.plane.refresh(role);
      await world.untilTold('a', 'RUNNING');
      expect(world.clock.now() - from).to.be.below(second);
      expect(world.logins.map(({ executionRole }) => executionRole?.credentialsId)).to.deep.equal([
        'exec',
        'exec',
      ]);
    });

    it('is not waited for by a task that is stopped meanwhile', async () => {
      const world = await pulling();
      world.plane.deliver([wanted(plan)]);
      // Not as long as ACS may be silent, or what it sends next may meet no connection.
      await world.clock.advance(30 * second);
      world.plane.deliver([unwanted(plan)]);
      await world.untilTold('a', 'STOPPED', second);
      expect(world.told('a')).to.deep.equal(['STOPPED: main STOPPED']);
      expect(world.asked).to.deep.equal([]);
    });
  });
});
