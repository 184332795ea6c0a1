import { expect } from 'chai';
import { SimClock } from '../../../transport/sim/clock.ts';
import { simHost } from '../../../transport/sim/host.ts';
import { simRandom } from '../../../transport/sim/random.ts';

describe('virtual time', () => {
  it('passes only when it is told to, an hour in no time', async () => {
    const clock = new SimClock(1_000);
    await clock.advance(3_600_000);
    expect(clock.now()).to.equal(3_601_000);
  });

  it('wakes in the order of time, and of asking for the same time', async () => {
    const clock = new SimClock();
    const woken: string[] = [];
    clock.at(20, () => woken.push(`third at ${clock.now()}`));
    clock.at(10, () => woken.push(`first at ${clock.now()}`));
    clock.at(10, () => woken.push(`second at ${clock.now()}`));
    clock.at(30, () => woken.push('too late'));
    await clock.advance(25);
    expect(woken).to.deep.equal(['first at 10', 'second at 10', 'third at 20']);
  });

  it('lets promises settle between two waits for the same time, and then ends the turn', async () => {
    const clock = new SimClock();
    const happened: string[] = [];
    clock.at(10, () => {
      clock.afterTurn(() => happened.push('turn ended'));
      void Promise.resolve().then(() => happened.push('promise settled'));
    });
    clock.at(10, () => happened.push('next wait'));
    await clock.advance(10);
    expect(happened).to.deep.equal(['promise settled', 'next wait', 'turn ended']);
  });

  it('lets promises settle between two works of a turn’s end', async () => {
    const clock = new SimClock();
    const happened: string[] = [];
    clock.afterTurn(() => {
      happened.push('first work');
      void Promise.resolve().then(() => happened.push('its promise'));
    });
    clock.afterTurn(() => happened.push('second work'));
    await clock.settle();
    expect(happened).to.deep.equal(['first work', 'its promise', 'second work']);
  });

  it('does not wake what was cancelled', async () => {
    const clock = new SimClock();
    let woken = false;
    const cancel = clock.at(10, () => {
      woken = true;
    });
    cancel();
    await clock.advance(20);
    expect(woken).to.equal(false);
  });

  it('passes until a condition holds, and says so when it never does', async () => {
    const clock = new SimClock();
    let open = false;
    clock.at(500, () => {
      open = true;
    });
    await clock.until(() => open);
    expect(clock.now()).to.equal(500);
    const vain = await clock
      .until(() => false, 100)
      .then(
        () => '',
        (error: Error) => error.message,
      );
    expect(vain).to.equal('waited 100 virtual ms in vain');
  });
});

describe('chance from a seed', () => {
  const rolls = (seed: number) => {
    const random = simRandom(seed);
    return [random.roll(), random.roll(), random.uuid()];
  };

  it('is the same for the same seed, and another for another', () => {
    expect(rolls(1)).to.deep.equal(rolls(1));
    expect(rolls(1)).not.to.deep.equal(rolls(2));
  });

  it('rolls evenly between 0 and 1', () => {
    const random = simRandom(42);
    const tenths = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor(random.roll() * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) expect(count).to.be.within(900, 1_100);
  });

  it('makes ids in the form of a UUID of version 4', () => {
    expect(simRandom(3).uuid()).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe('the simulated machine', () => {
  it('counts its ports up, and begins anew rather than pass the last port there is', async () => {
    const host = simHost();
    const take = (count: number) => host.freePorts({ count, protocol: 'tcp' });
    expect([await take(3), await take(1)]).to.deep.equal([32_768, 32_771]);
    expect([await take(32_764), await take(1)]).to.deep.equal([32_772, 32_768]);
  });

  it('has a disk that is half full, or as full as a story wants', async () => {
    const host = simHost();
    const { totalBytes = 0, freeBytes = 0 } = (await host.disk('/')) ?? {};
    expect(freeBytes * 2).to.equal(totalBytes);
    let freeing = 0;
    host.setDisk(() => ({ totalBytes: 100, freeBytes: ++freeing }));
    expect([await host.disk('/'), await host.disk('/')]).to.deep.equal([
      { totalBytes: 100, freeBytes: 1 },
      { totalBytes: 100, freeBytes: 2 },
    ]);
  });
});
