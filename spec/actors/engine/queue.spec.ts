import { expect } from 'chai';
import { container, task, unwanted, wanted } from '../../support/builders.ts';
import { minute, running, second, started } from './stories.ts';

/** A host of 1024 MiB for tasks. */
const small = () => started({ reservedMemoryMiB: 4096 - 1024 });
const of = (id: string, memoryMiB: number) => task(id, [container('main')], { memoryMiB });

describe('a task that does not fit', () => {
  it('waits for its place, and a small one does not wait behind it', async () => {
    const world = await small();
    await running(world, of('a', 768));
    world.plane.deliver([wanted(of('b', 768)), wanted(of('c', 128))]);
    await world.untilTold('c', 'RUNNING', second);
    expect(world.stateOf('task/b')).to.equal('queued');
    expect(world.told('b')).to.deep.equal([]);
    world.plane.deliver([unwanted(of('a', 768))]);
    await world.untilTold('b', 'RUNNING', second);
    const order = world.plane.reports.map(({ taskArn, status }) => `${taskArn.at(-1)} ${status}`);
    expect(order).to.deep.equal(['a RUNNING', 'c RUNNING', 'a STOPPED', 'b RUNNING']);
  });

  it('is stopped at once while it waits, without a call to the Engine', async () => {
    const world = await small();
    await running(world, of('a', 768));
    world.asked.length = 0;
    world.plane.deliver([wanted(of('b', 768))]);
    await world.clock.advance(minute);
    world.plane.deliver([unwanted(of('b', 768))]);
    await world.untilTold('b', 'STOPPED', second);
    expect(world.told('b')).to.deep.equal(['STOPPED: main STOPPED']);
    expect(world.asked).to.deep.equal([]);
  });
});
