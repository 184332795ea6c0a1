import { expect } from 'chai';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import type { ImagesContext } from '../../machines/image/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import { DockerError } from '../../transport/docker/port.ts';
import { SimRegistry } from '../../transport/sim/registry.ts';
import { container, ending, task, wanted } from '../support/builders.ts';
import { lone, testImage } from '../support/engine-plans.ts';

const minute = 60_000;
const hour = 60 * minute;
const megabyte = 1_000_000;

/** An agent that pulls every image, each of 10 MB, on an Engine that has none at first. */
async function begin(cleanup: WorldSettings['cleanup'] = {}, images: string[] = []) {
  const world = new World({
    rules: { pullBehavior: 'always' },
    pullInactivityMs: 2 * hour,
    cleanup,
    engine: { images, registry: new SimRegistry(undefined, { sizeBytes: 10 * megabyte }) },
  });
  await world.start();
  return world;
}

/** Tasks that use these images one after another, a minute each, and end. */
async function used(world: World, ...images: string[]): Promise<void> {
  for (const image of images) {
    const id = image.replace(':', '-');
    world.plane.deliver([wanted(task(id, [{ ...ending('main', 0, 30), image }]))]);
    await world.clock.advance(minute);
  }
}

/** The images that the Engine has, by their first names. */
const images = (world: World): string[] =>
  world.engine.core.images.list().map(({ tags, digests, id }) => tags[0] ?? digests[0] ?? id);

const kept = (world: World): string[] => {
  const context: ImagesContext | undefined = world.agent?.system
    .get('images')
    .getSnapshot().context;
  return (context?.kept ?? []).map(({ what, because }) => `${what}: ${because}`);
};

describe('the image of a task', () => {
  it('goes in the cycle after its last task was cleaned up', async () => {
    const world = await begin();
    await used(world, 'one:1');
    await world.clock.advance(2.9 * hour);
    expect(images(world)).to.deep.equal(['one:1']);
    expect(kept(world)).to.deep.equal(['one:1: needed by task one-1 and 1 more']);
    await world.clock.advance(hour);
    expect(images(world)).to.deep.equal([]);
    expect(world.logged.join()).to.include('info Removed an image {"image":"one:1"');
  });

  it('stays while a task has it, and is pulled no more often for that', async () => {
    const world = await begin();
    await used(world, 'one:1');
    const plan = task('b', [container('main', { image: 'one:1' })]);
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(10 * hour);
    expect(images(world)).to.deep.equal(['one:1']);
    expect(kept(world)).to.deep.equal(['one:1: needed by task b and 1 more']);
  });

  it('stays while it is pulled anew', async () => {
    const world = await begin();
    await used(world, 'one:1');
    await world.clock.advance(2.6 * hour);
    world.engine.core.registry.set('one:1', {
      digest: `sha256:${'1'.repeat(64)}`,
      pullMs: 1.5 * hour,
    });
    world.plane.deliver([wanted(task('b', [container('main', { image: 'one:1' })]))]);
    await world.clock.advance(hour);
    expect(world.stateOf('task/one-1')).to.equal(undefined);
    expect(images(world)).to.deep.equal(['one:1']);
    await world.untilTold('b', 'RUNNING');
  });

  it('stays until it has been there for the time that the configuration names', async () => {
    const world = await begin({ minimumAgeMs: 6 * hour });
    await used(world, 'one:1');
    await world.clock.advance(5.9 * hour);
    expect(images(world)).to.deep.equal(['one:1']);
    expect(kept(world)).to.deep.equal(['one:1: younger than 6h0m0s']);
    await world.clock.advance(hour);
    expect(images(world)).to.deep.equal([]);
  });

  it('that is excluded stays, however it is written', async () => {
    const world = await begin({ excluded: ['docker.io/library/one'] });
    await used(world, 'one:latest', 'two:1');
    await world.clock.advance(10 * hour);
    expect(images(world)).to.deep.equal(['one:latest']);
    expect(kept(world)).to.deep.equal(['one:latest: excluded']);
  });

  it('goes with a few others in each cycle, the least recently used first', async () => {
    const world = await begin({ imagesPerCycle: 2, minimumAgeMs: hour });
    await used(world, 'b:1', 'a:1', 'd:1', 'c:1', 'e:1');
    await world.clock.until(() => images(world).length < 5, 5 * hour);
    await world.clock.advance(minute);
    expect(images(world)).to.deep.equal(['d:1', 'c:1', 'e:1']);
    await world.clock.advance(30 * minute);
    expect(images(world)).to.deep.equal(['e:1']);
  });

  it('stays where images are not to be removed', async () => {
    const world = await begin({ images: false });
    await used(world, 'one:1');
    await world.clock.advance(10 * hour);
    expect(images(world)).to.deep.equal(['one:1']);
  });

  it('that the agent has used before it was started again goes as well', async () => {
    const world = await begin();
    await used(world, 'one:1');
    await world.kill();
    await world.start();
    await world.clock.advance(4 * hour);
    expect(images(world)).to.deep.equal([]);
  });

  it('that nobody used is not its business', async () => {
    const world = await begin({}, ['theirs:1']);
    await world.clock.advance(10 * hour);
    expect(images(world)).to.deep.equal(['theirs:1']);
  });

  it('that nobody used goes, the smallest first, where that is asked for', async () => {
    const untracked = { untracked: true, untrackedMinimumAgeMs: hour, imagesPerCycle: 2 };
    const world = await begin(untracked, ['x:1', 'y:1', 'z:1']);
    await world.clock.advance(31 * minute);
    expect(images(world)).to.deep.equal(['z:1']);
  });

  it('that the Engine refuses to remove is told as kept for that, and tried again', async () => {
    const world = await begin();
    await used(world, 'one:1');
    world.engine.failNext('removeImage', new DockerError('DOCKER_REFUSED', 'it is busy'));
    await world.clock.until(() => world.count('removeImage') === 1, 5 * hour);
    await world.clock.advance(minute);
    expect(kept(world)).to.deep.equal(['one:1: it is busy']);
    await world.clock.advance(hour);
    expect(images(world)).to.deep.equal([]);
  });
});

describe('a disk that runs full', () => {
  /** A disk of 100 MB, of which so much is used by others than images and containers. */
  const disk = (world: World, others: number) =>
    world.host.setDisk(() => {
      const used = others * megabyte + world.engine.core.images.sizeBytes();
      return { totalBytes: 100 * megabyte, freeBytes: 100 * megabyte - used };
    });

  it('is not at its high mark before that', async () => {
    const world = await begin({ minimumAgeMs: 10 * hour });
    await used(world, 'one:1', 'two:1', 'three:1');
    disk(world, 54);
    await world.clock.advance(9 * hour);
    expect(images(world)).to.have.length(3);
  });

  it('is emptied down to its low mark, whatever the age of the images', async () => {
    const world = await begin({ minimumAgeMs: 24 * hour });
    await used(world, 'one:1', 'two:1', 'three:1', 'four:1');
    await world.clock.advance(4 * hour);
    disk(world, 55);
    await world.clock.advance(minute + 1_000);
    // 95 % are in use: 80 % are when two images have gone, the least recently used.
    expect(images(world)).to.deep.equal(['three:1', 'four:1']);
    expect(kept(world)).to.deep.equal([
      'three:1: the disk is below 80% without it',
      'four:1: the disk is below 80% without it',
    ]);
    await world.clock.advance(hour);
    expect(images(world)).to.have.length(2);
  });

  it('hurries tasks that have stopped, but the latest of each family', async () => {
    const world = await begin();
    const of = (id: string, family: string): TaskPlan =>
      task(id, [ending('main', 0, 30)], { family });
    for (const [id, family] of [
      ['w1', 'web'],
      ['w2', 'web'],
      ['d1', 'db'],
      ['w3', 'web'],
    ] as const) {
      world.plane.deliver([wanted(of(id, family))]);
      await world.clock.advance(minute);
    }
    world.plane.deliver([wanted(task('run', [container('main')], { family: 'web' }))]);
    await world.clock.advance(minute);
    disk(world, 90);
    await world.clock.advance(2 * minute);
    const left = ['w1', 'w2', 'w3', 'd1', 'run'].filter((id) => world.stateOf(`task/${id}`));
    expect(left).to.deep.equal(['w3', 'd1', 'run']);
    expect(world.engine.core.list({})).to.have.length(3);
    expect(world.logged).to.include(
      'warn The disk runs full: tasks are cleaned up early {"tasks":2}',
    );
    await world.clock.advance(4 * hour);
    expect(['w3', 'd1'].filter((id) => world.stateOf(`task/${id}`))).to.deep.equal([]);
  });

  it('that cannot be told is no reason for anything', async () => {
    const world = await begin({ minimumAgeMs: 24 * hour });
    await used(world, 'one:1');
    world.host.setDisk(() => null);
    await world.clock.advance(10 * hour);
    expect(images(world)).to.deep.equal(['one:1']);
  });
});

describe('a container that no record knows', () => {
  const others = 'arn:aws:ecs:us-west-2:123456789012:container-instance/others';

  /** Made by this container instance or another, and not by this agent; perhaps run to its end. */
  async function stray(world: World, of: { instance: string; run: boolean }): Promise<void> {
    const container = ending('main', 0, 1);
    const ref = { ...lone(), task: task('stray', [container]), container };
    const port = world.engine.port('specs');
    await settled(world, port.create({ ...ref, containerInstanceArn: of.instance }));
    if (of.run) await settled(world, port.start(ref));
  }
  const settled = async (world: World, call: Promise<unknown>) => {
    await world.clock.advance(2_000);
    await call;
  };
  const mine = (world: World): string =>
    String(world.agent?.system.get('agent').getSnapshot().context.containerInstanceArn);
  const count = (world: World) => world.engine.core.list({}).length;

  for (const run of [false, true])
    it(`${run ? 'has exited' : 'was never started'} goes after its time, if it is ours`, async () => {
      const world = await begin({ images: false }, [testImage]);
      await stray(world, { instance: mine(world), run });
      await world.clock.advance(2.9 * hour);
      expect(count(world)).to.equal(1);
      await world.clock.advance(hour);
      expect(count(world)).to.equal(0);
      expect(world.logged.join()).to.include('info Removed a container that no task has');
    });

  it('of another agent on the same host stays for ever', async () => {
    const world = await begin({ untracked: true }, [testImage]);
    await stray(world, { instance: others, run: true });
    await world.clock.advance(100 * hour);
    expect(count(world)).to.equal(1);
  });

  it('of somebody else stays, unless such are asked for', async () => {
    for (const [untracked, left] of [
      [false, 1],
      [true, 0],
    ] as const) {
      const world = await begin({ untracked }, [testImage]);
      world.engine.core.create('tool', { Image: testImage, Cmd: ['true'] });
      world.engine.core.start('tool');
      await world.clock.advance(10 * hour);
      expect(count(world)).to.equal(left);
    }
  });

  it('of somebody else that runs stays in any case', async () => {
    const world = await begin({ untracked: true }, [testImage]);
    world.engine.core.create('tool', { Image: testImage, Cmd: ['/bin/serve'] });
    world.engine.core.start('tool');
    await world.clock.advance(10 * hour);
    expect(count(world)).to.equal(1);
  });
});
