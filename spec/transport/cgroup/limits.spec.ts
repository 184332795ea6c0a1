import { expect } from 'chai';
import {
  cpuPerSecondUs,
  cpuQuotaOf,
  cpuWeightOf,
  sharesOf,
} from '../../../transport/cgroup/limits.ts';

describe('the limits of a task', () => {
  const quotas = [
    { cpu: 0.25, periodMs: 100, quotaUs: 25_000 },
    { cpu: 2, periodMs: 100, quotaUs: 200_000 },
    { cpu: 0.5, periodMs: 8, quotaUs: 4_000 },
    { cpu: 0.123456, periodMs: 100, quotaUs: 12_345 },
    { cpu: 0.001, periodMs: 100, quotaUs: 1_000 },
    { cpu: 0.1, periodMs: 8, quotaUs: 1_000 },
  ];
  for (const { cpu, periodMs, quotaUs } of quotas)
    it(`give ${cpu} vCPU ${quotaUs} µs in ${periodMs} ms`, () => {
      expect(cpuQuotaOf(cpu, periodMs)).to.deep.equal({ quotaUs, periodUs: periodMs * 1_000 });
    });

  const seconds: [cpu: number, us: number][] = [
    [0.25, 250_000],
    [0.07, 70_000],
    [2, 2_000_000],
    [0.125, 130_000],
    [0.001, 10_000],
  ];
  for (const [cpu, us] of seconds)
    it(`give ${cpu} vCPU ${us} µs of a second, in whole percents`, () => {
      expect(cpuPerSecondUs(cpu)).to.equal(us);
    });

  const weights: [shares: number, weight: number][] = [
    [0, 1],
    [2, 1],
    [128, 5],
    [1_024, 39],
    [262_144, 10_000],
    [300_000, 10_000],
  ];
  for (const [shares, weight] of weights)
    it(`weigh ${shares} shares as ${weight}`, () => {
      expect(cpuWeightOf(shares)).to.equal(weight);
    });

  it('keep shares within what the kernel takes', () => {
    expect([0, 2, 512, 300_000].map(sharesOf)).to.deep.equal([2, 2, 512, 262_144]);
  });
});
