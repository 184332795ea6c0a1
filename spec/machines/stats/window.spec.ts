import { expect } from 'chai';
import type { Count, UsageSample, Window } from '../../../machines/stats/model.ts';
import { setsOf } from '../../../machines/stats/sets.ts';
import { newWindow, published, withSample } from '../../../machines/stats/window.ts';

const network = (more: Record<string, Count> = {}) => ({
  ...{ rxBytes: 0, rxPackets: 0, rxErrors: 0, rxDropped: 0 },
  ...{ txBytes: 0, txPackets: 0, txErrors: 0, txDropped: 0 },
  ...more,
});

/** A sample `ns` nanoseconds after the first, but for what is given. */
const sample = (ns: number, more: Partial<UsageSample> = {}): UsageSample => ({
  at: { s: Math.floor(ns / 1e9), ns: ns % 1e9 },
  cpuNs: 0,
  memoryBytes: 0,
  storage: { readBytes: 0, writtenBytes: 0 },
  network: network(),
  restarts: null,
  ...more,
});
const windowOf = (samples: UsageSample[], length?: number): Window =>
  samples.reduce((window, one) => withSample(window, one, length), newWindow());

describe('the statistics of a container', () => {
  it('are those of the worked example: two samples a second apart, on four CPUs', () => {
    const [first, second] = [
      sample(0, {
        cpuNs: 65_714_455_379,
        memoryBytes: 10,
        storage: { readBytes: 3, writtenBytes: 15 },
        network: network({
          ...{ rxBytes: 1_096, rxPackets: 14, rxDropped: 1 },
          ...{ txBytes: 8_992, txPackets: 123, txDropped: 10 },
        }),
      }),
      sample(1e9, {
        cpuNs: 66_014_455_379,
        memoryBytes: 83_886_080,
        storage: { readBytes: 4_099, writtenBytes: 8_207 },
        network: network({
          ...{ rxBytes: 1_001_096, rxPackets: 814, rxDropped: 1 },
          ...{ txBytes: 258_992, txPackets: 423, txDropped: 10 },
        }),
      }),
    ];
    const sets = setsOf(windowOf([first, second]));
    const percent = 30.000001907348633;
    expect(sets.cpu).to.deep.equal({ min: percent, max: percent, sum: percent, sampleCount: 1 });
    expect(sets.memory).to.deep.equal({ min: 0, max: 80, sum: 80, sampleCount: 2 });
    const fits = { sampleCount: 2, overflowMin: 0, overflowMax: 0, overflowSum: 0 };
    expect(sets.storage).to.deep.equal({
      read: { min: 3, max: 4_099, sum: 4_102, ...fits },
      written: { min: 15, max: 8_207, sum: 8_222, ...fits },
    });
    expect(sets.network?.counters.rxBytes).to.deep.equal({
      ...{ min: 1_096, max: 1_001_096, sum: 1_002_192, ...fits },
    });
    expect(sets.network?.counters.txDropped).to.deep.equal({ min: 10, max: 10, sum: 20, ...fits });
    expect(sets.network?.rxRate?.sum).to.equal(1_000_000.0625);
    expect(sets.network?.txRate?.sum).to.equal(250_000.015625);
  });

  it('are those of a longer run on one CPU', () => {
    const run: [ns: number, cpuNs: number, memoryBytes: number][] = [
      [131_117_533, 22_400_432, 1_839_104],
      [232_291_187, 116_499_979, 3_649_536],
      [333_776_335, 248_503_503, 3_649_536],
      [434_753_595, 372_167_097, 3_649_536],
      [535_746_779, 502_862_518, 3_649_536],
      [638_709_495, 638_485_801, 3_649_536],
      [739_985_398, 780_707_806, 3_649_536],
      [840_941_705, 911_624_529, 3_649_536],
    ];
    const window = windowOf(
      run.map(([ns, cpuNs, memoryBytes]) => sample(ns, { cpuNs, memoryBytes })),
    );
    expect(window.entries[1]?.cpuPercent).to.equal(93.0079574584961);
    const { cpu, memory } = setsOf(window);
    expect(cpu).to.deep.equal({
      ...{ min: 93.0079574584961, max: 140.43023681640625, sum: 876.7842559814453, sampleCount: 7 },
    });
    expect(memory).to.deep.equal({ min: 1, max: 3, sum: 22, sampleCount: 8 });
  });

  it('count a memory of 7,377,772,544 bytes as 7,035 MiB', () => {
    expect(windowOf([sample(0, { memoryBytes: 7_377_772_544 })]).entries[0]?.memoryMiB).to.equal(
      7_035,
    );
  });

  const cpuOf = (cpus: number[], times: number[]) =>
    setsOf(windowOf(cpus.map((cpuNs, nth) => sample(times[nth] ?? 0, { cpuNs })))).cpu;

  it('repeat the last percentage for a moment that the Engine tells twice', () => {
    expect(cpuOf([0, 1, 3, 4], [0, 1, 2, 2])).to.deep.equal({
      ...{ min: 100, max: 200, sum: 500, sampleCount: 3 },
    });
    expect(cpuOf([0, 1e7, 2e7], [0, 0, 1e6])).to.deep.equal({
      ...{ min: 1_000, max: 1_000, sum: 1_000, sampleCount: 1 },
    });
    expect(cpuOf([0, 1], [0, 0])).to.equal(null);
  });

  it('are not capped, however strange they are', () => {
    expect(cpuOf([0, 1, 300_000_000], [0, 1, 2])?.max).to.equal(30_000_001_024);
  });

  it('need two samples, of which one may have been published', () => {
    const one = windowOf([sample(0)]);
    expect(setsOf(one)).to.deep.equal({
      ...{ cpu: null, memory: null, storage: null, network: null, restarts: null },
    });
    const next = withSample(published(one), sample(1e9, { cpuNs: 5e8 }));
    expect(setsOf(next).cpu).to.deep.equal({ min: 50, max: 50, sum: 50, sampleCount: 1 });
    expect(setsOf(published(next)).memory).to.equal(null);
  });

  it('lose the oldest samples where too many wait', () => {
    const many = Array.from({ length: 22 }, (_, nth) =>
      sample(nth * 1e8, { memoryBytes: nth * 1_048_576 }),
    );
    const { memory, cpu } = setsOf(windowOf(many, 5));
    expect(memory).to.deep.equal({ min: 17, max: 21, sum: 95, sampleCount: 5 });
    expect(cpu?.sampleCount).to.equal(5);
  });

  it('tell beside a sum what it is more than 63 bits can hold', () => {
    const large = { readBytes: 4_611_686_018_427_387_903n, writtenBytes: 2n ** 64n - 1n };
    const window = windowOf([0, 1, 2].map((ns) => sample(ns, { storage: large })));
    expect(setsOf(window).storage?.read).to.deep.include({
      sum: 9_223_372_036_854_775_807n,
      overflowSum: 4_611_686_018_427_387_902n,
      overflowMax: 0,
    });
    expect(setsOf(window).storage?.written).to.deep.include({
      max: 9_223_372_036_854_775_807n,
      overflowMax: 1,
    });
  });

  it('have no network where the container has none, and zeros for a sample without', () => {
    expect(setsOf(windowOf([0, 1].map((ns) => sample(ns, { network: null })))).network).to.equal(
      null,
    );
    const lost = [sample(0, { network: network({ rxBytes: 7 }) }), sample(1e9, { network: null })];
    const found = setsOf(windowOf(lost)).network;
    expect(found?.counters.rxBytes).to.deep.include({ min: 0, max: 7, sum: 7 });
    expect(found?.rxRate).to.equal(null);
  });

  const restartsOf = (before: number[], since: number[]) => {
    const add = (window: Window, restarts: number) =>
      withSample(window, sample(restarts * 1e9, { restarts }));
    const told = published(before.reduce(add, newWindow()));
    return setsOf(since.reduce(add, before.length > 0 ? told : newWindow())).restarts;
  };
  it('count the restarts since the last publishing', () => {
    expect(restartsOf([], [0, 1, 3, 3, 4, 5])).to.equal(5);
    expect(restartsOf([0, 1, 3], [4, 5, 7])).to.equal(4);
    expect(restartsOf([2], [2])).to.equal(0);
    expect(restartsOf([3], [1])).to.equal(null);
    expect(setsOf(windowOf([sample(0), sample(1e9)])).restarts).to.equal(null);
  });
});
