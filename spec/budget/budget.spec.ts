import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import type { Change } from '../../persistence/store.ts';
import { task, wanted } from '../support/builders.ts';

describe('what a hundred tasks cost', () => {
  const count = 100;
  let world: World;
  const batches: Change[][] = [];
  let looksBefore = 0;

  before(async () => {
    world = new World();
    await world.start();
    looksBefore = world.engine.calls.get('inspectImage') ?? 0;
    const write = world.store.write.bind(world.store);
    world.store.write = (batch) => {
      batches.push(batch);
      return write(batch);
    };
    world.plane.deliver(Array.from({ length: count }, (_, at) => wanted(task(`t${at}`))));
    await world.clock.until(() => world.plane.reports.length === count);
    await world.clock.settle();
  });

  it('is at most one sync for each step of their way, not for each task', () => {
    expect(batches.length).to.be.at.most(16);
  });

  it('is all of them in the batch that their acknowledgement waits for', () => {
    const keys = (batches[0] ?? []).map(({ key }) => key.split('/')[0]);
    for (const subject of ['plan', 'task', 'container', 'outbox'])
      expect(keys.filter((key) => key === subject)).to.have.length(count);
  });

  it('is four calls of the Engine for each: image, create, start, inspect', () => {
    const { calls } = world.engine;
    expect((calls.get('inspectImage') ?? 0) - looksBefore).to.equal(count);
    for (const call of ['create', 'start', 'inspect'] as const)
      expect(calls.get(call)).to.equal(count);
    expect(calls.get('pull')).to.equal(undefined);
    expect(calls.get('list')).to.equal(1);
  });

  it('is one call to ECS for each', () => {
    expect(world.plane.reports).to.have.length(count);
  });

  it('is less than one and a quarter KiB a record', () => {
    const sizes = batches.flat().map(({ body }) => JSON.stringify(body).length);
    expect(Math.max(...sizes)).to.be.below(1_280);
  });
});

describe('the bundle', () => {
  it('is smaller than 2.2 MB', () => {
    const { size } = statSync(join(import.meta.dirname, '../../dist/agent.js'));
    expect(size).to.be.below(2_200_000);
  });
});
