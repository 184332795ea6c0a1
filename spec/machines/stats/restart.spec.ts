import { expect } from 'chai';
import type { NetworkCounts, UsageSample } from '../../../machines/stats/model.ts';
import { carriedOn, nothingCarried } from '../../../machines/stats/restart.ts';

const counts = (each: number): NetworkCounts => ({
  ...{ rxBytes: each, rxPackets: each, rxErrors: each, rxDropped: each },
  ...{ txBytes: each, txPackets: each, txErrors: each, txDropped: each },
});
const sample = (each: number): UsageSample => ({
  at: { s: each, ns: 0 },
  cpuNs: each,
  memoryBytes: each,
  storage: { readBytes: each, writtenBytes: each },
  network: counts(each),
  restarts: 0,
});

describe('the counters of a container that is started again', () => {
  it('go on from where they were, each time', () => {
    let carried = { ...nothingCarried };
    const told = [10, 20, 5, 7, 1].map((each) => {
      const next = carriedOn(carried, sample(each));
      carried = next;
      return next.whole;
    });
    expect(told.map(({ cpuNs }) => cpuNs)).to.deep.equal([10, 20, 25, 27, 28]);
    expect(told.map(({ memoryBytes }) => memoryBytes)).to.deep.equal([10, 20, 5, 7, 1]);
    expect(told.at(-1)).to.deep.include({
      ...{ storage: { readBytes: 28, writtenBytes: 28 }, network: counts(28) },
    });
  });

  it('have no network where it has none now', () => {
    const before = carriedOn(nothingCarried, sample(10));
    const now = carriedOn(before, { ...sample(5), network: null });
    expect(now.whole.network).to.equal(null);
  });
});
