import { expect } from 'chai';
import { task } from '../../support/builders.ts';
import { digest, pulling, running } from './stories.ts';

describe('the image of a task', () => {
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
});
