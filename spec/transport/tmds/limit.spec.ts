import { expect } from 'chai';
import { SimClock } from '../../../transport/sim/clock.ts';
import { RateLimit } from '../../../transport/tmds/limit.ts';

describe('the rate of requests', () => {
  let clock: SimClock;
  let limit: RateLimit;
  const lets = (key: string, times: number) =>
    Array.from({ length: times }, () => limit.lets(key)).filter(Boolean).length;

  beforeEach(() => {
    clock = new SimClock(1_000_000);
    limit = new RateLimit({ steady: 40, burst: 60 }, clock);
  });

  it('lets a burst through, and then none', () => {
    expect(lets('a', 100)).to.equal(60);
    expect(limit.lets('a')).to.equal(false);
  });

  it('lets the steady rate through from then on', async () => {
    lets('a', 60);
    await clock.advance(1_000);
    expect(lets('a', 100)).to.equal(40);
    await clock.advance(25);
    expect(lets('a', 2)).to.equal(1);
  });

  it('never saves up more than a burst', async () => {
    lets('a', 60);
    await clock.advance(3_600_000);
    expect(lets('a', 100)).to.equal(60);
  });

  it('counts each key for itself', () => {
    lets('a', 100);
    expect(lets('b', 100)).to.equal(60);
  });

  it('forgets nobody who still owes, however many keys there are', () => {
    lets('busy', 100);
    for (let n = 0; n < 25_000; n++) limit.lets(`key ${n}`);
    expect(limit.lets('busy')).to.equal(false);
  });
});
