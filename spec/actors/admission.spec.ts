import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import type { PortMapping } from '../../machines/container/model.ts';
import type { TaskPlan } from '../../machines/task/model.ts';
import { container, ending, task, unwanted, wanted } from '../support/builders.ts';

const second = 1_000;

describe('the place of tasks on their host', () => {
  let world: World;
  beforeEach(async () => {
    // 1024 MiB and 2048 CPU units are there for tasks; port 22 is not.
    world = new World({ reservedMemoryMiB: 4096 - 1024 });
    await world.start();
  });

  const deliver = async (...plans: TaskPlan[]) => {
    world.plane.deliver(plans.map(wanted));
    await world.clock.advance(second);
  };
  const stop = async (plan: TaskPlan) => {
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(second);
  };
  /** Those that run of these tasks, by their ids. */
  const runs = (...ids: string[]) => ids.filter((id) => world.stateOf(`task/${id}`) === 'running');
  const memory = (id: string, memoryMiB: number) => task(id, [container('main')], { memoryMiB });
  const mapped = (id: string, hostPort: number, protocol: PortMapping['protocol'] = 'tcp') =>
    task(id, [
      container('main', {
        portMappings: [{ kind: 'single', containerPort: 80, hostPort, protocol }],
      }),
    ]);

  it('is given to as many as fit, in the order in which they came', async () => {
    await deliver(memory('a', 512), memory('b', 512), memory('c', 512), memory('d', 512));
    expect(runs('a', 'b', 'c', 'd')).to.deep.equal(['a', 'b']);
    expect(world.count('create')).to.equal(2);
    await stop(memory('a', 512));
    expect(runs('b', 'c', 'd')).to.deep.equal(['b', 'c']);
    await stop(memory('b', 512));
    expect(runs('c', 'd')).to.deep.equal(['c', 'd']);
  });

  it('counts CPU as it counts memory', async () => {
    const half = (id: string) => task(id, [container('main')], { cpu: 1.5 });
    await deliver(half('a'), half('b'));
    expect(runs('a', 'b')).to.deep.equal(['a']);
    await stop(half('a'));
    expect(runs('b')).to.deep.equal(['b']);
  });

  it('is free again when a task has ended by itself, and when one has failed', async () => {
    const ends = task('a', [ending('main', 0, 30)], { memoryMiB: 1024 });
    const fails = task('b', [container('main', { command: ['/no/such/program'] })], {
      memoryMiB: 1024,
    });
    await deliver(ends, fails, memory('c', 1024));
    expect(runs('a', 'b', 'c')).to.deep.equal(['a']);
    await world.clock.advance(30 * second);
    expect(world.stateOf('task/b')).to.equal('stopped.keeping');
    expect(runs('c')).to.deep.equal(['c']);
  });

  it('is not free while a task still stops', async () => {
    const stubborn = task('a', [container('main', { command: ['/bin/busybox', 'sleep', '999'] })], {
      memoryMiB: 1024,
    });
    await deliver(stubborn, memory('b', 1024));
    await stop(stubborn);
    await world.clock.advance(28 * second);
    expect(runs('b')).to.deep.equal([]);
    await world.clock.advance(2 * second);
    expect(runs('b')).to.deep.equal(['b']);
  });

  it('of a task that is too big for this host is never found, and others go on', async () => {
    await deliver(memory('huge', 2048), memory('a', 512));
    expect(runs('huge', 'a')).to.deep.equal(['a']);
    await world.clock.advance(600 * second);
    await deliver(memory('b', 512));
    expect(runs('b')).to.deep.equal(['b']);
    expect(world.stateOf('task/huge')).to.equal('queued');
  });

  it('is kept for one that has been passed for two minutes, so that small ones cannot keep it out', async () => {
    await deliver(memory('a', 512), memory('big', 1024));
    await deliver(memory('s1', 256));
    expect(runs('s1')).to.deep.equal(['s1']);
    await world.clock.advance(119 * second);
    await deliver(memory('s2', 128));
    // A second of the two minutes is over by now.
    expect(runs('s2')).to.deep.equal([]);
    await stop(memory('a', 512));
    await stop(memory('s1', 256));
    expect(runs('big', 's2')).to.deep.equal(['big']);
  });

  it('lets small ones pass within the two minutes', async () => {
    await deliver(memory('a', 512), memory('big', 1024));
    await deliver(memory('s1', 256));
    await world.clock.advance(100 * second);
    await deliver(memory('s2', 128));
    expect(runs('s1', 's2')).to.deep.equal(['s1', 's2']);
  });

  it('is one port of the host for one task', async () => {
    await deliver(mapped('a', 8080), mapped('b', 8080), mapped('c', 8081));
    expect(runs('a', 'b', 'c')).to.deep.equal(['a', 'c']);
    await stop(mapped('a', 8080));
    expect(runs('b')).to.deep.equal(['b']);
  });

  it('is the same number twice for TCP and for UDP', async () => {
    await deliver(mapped('a', 53, 'tcp'), mapped('b', 53, 'udp'), mapped('c', 53, 'udp'));
    expect(runs('a', 'b', 'c')).to.deep.equal(['a', 'b']);
  });

  it('is never a port that the configuration reserves', async () => {
    await deliver(mapped('ssh', 22), mapped('dns', 22, 'udp'));
    expect(runs('ssh', 'dns')).to.deep.equal(['dns']);
  });

  it('is held and waited for in the same order after a restart', async () => {
    await deliver(memory('a', 512), memory('b', 512));
    await deliver(memory('c', 512));
    await deliver(memory('d', 512));
    await world.kill();
    await world.start();
    await world.clock.advance(600 * second);
    expect(runs('a', 'b', 'c', 'd')).to.deep.equal(['a', 'b']);
    expect(world.count('create')).to.equal(2);
    await stop(memory('b', 512));
    expect(runs('a', 'c', 'd')).to.deep.equal(['a', 'c']);
  });

  it('that became free while the agent was away is given when it is back', async () => {
    await deliver(task('a', [ending('main', 0, 30)], { memoryMiB: 1024 }), memory('b', 1024));
    await world.kill();
    await world.clock.advance(60 * second);
    await world.start();
    await world.clock.advance(second);
    expect(runs('a', 'b')).to.deep.equal(['b']);
  });

  it('is waited for by a task that was stopped while the agent was away no more', async () => {
    await deliver(memory('a', 1024), memory('b', 1024));
    await world.kill();
    await world.start();
    await stop(memory('b', 1024));
    expect(world.plane.statusesOf(memory('b', 1).arn)).to.deep.equal(['STOPPED']);
    await stop(memory('a', 1024));
    expect(world.count('create')).to.equal(1);
  });
});
