import { expect } from 'chai';
import { clockOver, lagMeter, realClock } from '../../../transport/host/clock.ts';
import { WaitHeap } from '../../../transport/host/waits.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

describe('the clock', () => {
  const clock = realClock();
  const woken = (time: number): Promise<number> =>
    new Promise((resolve) => {
      clock.at(time, () => resolve(clock.now()));
    });

  it('wakes in the order of the times, and at no time too early', async () => {
    const start = clock.now();
    const order: string[] = [];
    const later = woken(start + 30).then((at) => {
      order.push('later');
      return at;
    });
    const sooner = woken(start + 10).then((at) => {
      order.push('sooner');
      return at;
    });
    const past = woken(start - 1_000).then(() => order.push('past'));
    await past;
    expect(await sooner).to.be.at.least(start + 10);
    expect(await later).to.be.at.least(start + 30);
    expect(order).to.deep.equal(['past', 'sooner', 'later']);
  });

  it('wakes waits for one time in one turn, in the order they were asked for', async () => {
    const time = clock.now() + 5;
    const order: (number | string)[] = [];
    await new Promise<void>((resolve) => {
      clock.at(time, () => {
        clock.afterTurn(() => {
          order.push('next turn');
          resolve();
        });
      });
      for (const at of [1, 2, 3]) clock.at(time, () => order.push(at));
    });
    expect(order).to.deep.equal([1, 2, 3, 'next turn']);
  });

  it('does not wake what was cancelled, even if it was due', async () => {
    const time = clock.now() + 5;
    let woke = false;
    const twice = clock.at(time + 1, () => {
      woke = true;
    });
    await new Promise<void>((resolve) => {
      clock.at(time, () => {
        while (clock.now() <= time + 1);
        cancel();
        // Cancelling twice is harmless.
        twice();
        twice();
        resolve();
      });
      const cancel = clock.at(time + 1, () => {
        woke = true;
      });
    });
    await woken(time + 5);
    expect(woke).to.equal(false);
  });

  it('waits for a time that is further away than a timer of Node reaches', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    let woke = false;
    const cancel = clock.at(clock.now() + 2 ** 32, () => {
      woke = true;
    });
    await woken(clock.now() + 10);
    cancel();
    process.off('warning', onWarning);
    expect(woke).to.equal(false);
    expect(warnings).to.deep.equal([]);
  });

  it('runs work after what the present turn has left to do', async () => {
    const order: string[] = [];
    const after = new Promise<void>((resolve) => {
      clock.afterTurn(() => {
        order.push('after');
        resolve();
      });
    });
    await Promise.resolve().then(() => order.push('turn'));
    await after;
    expect(order).to.deep.equal(['turn', 'after']);
  });
});

describe('a time of day that is set', () => {
  let jumpedMs: number;
  const passing = new SimClock(1_700_000_000_000);
  const clock = clockOver({
    now: () => passing.now() + jumpedMs,
    passed: () => passing.now(),
    after: (ms, wake) => passing.at(passing.now() + ms, wake),
    afterTurn: (work) => passing.afterTurn(work),
  });
  const waited = async (ms: number, byMs: number): Promise<number> => {
    jumpedMs = 0;
    const start = passing.now();
    let took: number | undefined;
    clock.at(clock.now() + ms, () => {
      took = passing.now() - start;
    });
    await passing.advance(ms / 2);
    jumpedMs = byMs;
    await passing.until(() => took !== undefined);
    return took ?? 0;
  };

  it('keeps nobody waiting for longer when it is set back', async () => {
    expect(await waited(10_000, -600_000)).to.equal(10_000);
  });

  it('ends no wait when it is set ahead', async () => {
    expect(await waited(10_000, 600_000)).to.equal(10_000);
  });

  it('is followed while it is only kept right', async () => {
    expect(await waited(10_000, -200)).to.equal(10_200);
    jumpedMs = 0;
  });
});

describe('the heap of waits', () => {
  it('gives them back by time, without those that were taken out', () => {
    const heap = new WaitHeap();
    const times = Array.from({ length: 300 }, (_, at) => (at * 7_919) % 101);
    const remove = times.map((time) => heap.add({ time, wake: () => {} }));
    for (const [at, take] of remove.entries()) {
      if (at % 3 !== 0) continue;
      take();
      take();
    }
    const kept = times.filter((_, at) => at % 3 !== 0).sort((a, b) => a - b);
    expect(heap.size).to.equal(kept.length);
    const given: number[] = [];
    for (let due = heap.takeDue(100); due; due = heap.takeDue(100)) given.push(due.time);
    expect(given).to.deep.equal(kept);
  });

  it('stays in order when one is taken out whose place falls to an earlier one', () => {
    const heap = new WaitHeap();
    const times = [1, 50, 2, 60, 70, 3, 4, 61, 62, 71, 72, 5, 6, 7, 8];
    const remove = new Map(times.map((time) => [time, heap.add({ time, wake: () => {} })]));
    remove.get(60)?.();
    const given: number[] = [];
    for (let due = heap.takeDue(100); due; due = heap.takeDue(100)) given.push(due.time);
    expect(given).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 50, 61, 62, 70, 71, 72]);
  });

  it('keeps what is not due', () => {
    const heap = new WaitHeap();
    heap.add({ time: 5, wake: () => {} });
    expect(heap.takeDue(4)).to.equal(undefined);
    expect(heap.first?.time).to.equal(5);
  });
});

describe('the lag of the event loop', () => {
  const clock = realClock();
  const pass = (ms: number) =>
    new Promise<void>((resolve) => clock.at(clock.now() + ms, () => resolve()));

  it('is the longest turn since it was last asked for', async () => {
    const lagMs = lagMeter();
    expect(lagMs()).to.equal(null);
    await pass(250);
    const busyUntil = clock.now() + 700;
    while (clock.now() < busyUntil);
    await pass(250);
    expect(lagMs()).to.be.within(500, 5_000);
    await pass(250);
    expect(lagMs()).to.be.below(500);
  });
});
