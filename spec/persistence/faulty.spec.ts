import { expect } from 'chai';
import { FaultyStore } from '../../persistence/faulty.ts';
import { bodies, describeStore, refusal } from '../contract/store.ts';

describeStore('FaultyStore', async () => {
  const store = new FaultyStore();
  return { store, damage: async (key) => store.damage(key) };
});

describe('FaultyStore', () => {
  it('keeps over a crash what was written, and only that', async () => {
    const store = new FaultyStore();
    await store.open();
    await store.write([{ key: 'task/a', body: 1 }]);
    store.hold();
    void store.write([{ key: 'task/b', body: 2 }]);
    await Promise.resolve();
    const next = store.crash();
    store.release();
    const { rows, damage } = await next.open();
    expect(bodies(rows)).to.deep.equal({ 'task/a': 1 });
    expect(damage).to.equal(null);
  });

  it('never answers a call of a process that was killed', async () => {
    const store = new FaultyStore();
    await store.open();
    let settled = false;
    const next = store.crash();
    void store.write([{ key: 'task/a', body: 1 }]).finally(() => {
      settled = true;
    });
    await next.open();
    await next.write([{ key: 'task/b', body: 2 }]);
    await new Promise((turn) => setImmediate(turn));
    expect(settled).to.equal(false);
    await next.close();
    expect(bodies((await next.open()).rows)).to.deep.equal({ 'task/b': 2 });
  });

  it('writes what it held, in order, once it is released', async () => {
    const store = new FaultyStore();
    await store.open();
    store.hold();
    const order: number[] = [];
    const first = store.write([{ key: 'count', body: 1 }]).then(() => order.push(1));
    const second = store.write([{ key: 'count', body: 2 }]).then(() => order.push(2));
    await new Promise((turn) => setImmediate(turn));
    expect(order).to.deep.equal([]);
    store.release();
    await Promise.all([first, second]);
    expect(order).to.deep.equal([1, 2]);
    await store.close();
    expect(bodies((await store.open()).rows)).to.deep.equal({ count: 2 });
  });

  it('refuses one batch when told to, and takes the next that waits already', async () => {
    const store = new FaultyStore();
    await store.open();
    store.failNextWrite();
    const first = refusal(store.write([{ key: 'task/a', body: 1 }]));
    const second = store.write([{ key: 'task/b', body: 2 }]);
    expect((await first).code).to.equal('STORE_WRITE_FAILED');
    await second;
    await store.close();
    const { rows, damage } = await store.open();
    expect(bodies(rows)).to.deep.equal({ 'task/b': 2 });
    expect(damage).to.equal(null);
  });

  it('has a record of another version set aside, and the others read', async () => {
    const store = new FaultyStore();
    await store.open();
    await store.write([
      { key: 'task/a', body: 1 },
      { key: 'task/b', body: 2 },
    ]);
    store.setVersion('task/a', 7);
    const { rows, quarantined, damage } = await store.crash().open();
    expect(bodies(rows)).to.deep.equal({ 'task/b': 2 });
    expect(quarantined).to.deep.equal([{ key: 'task/a', reason: 'unknown version' }]);
    expect(damage).to.equal(null);
  });
});
