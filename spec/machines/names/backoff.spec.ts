import { expect } from 'chai';
import { delayOf, isPatient, nextTryAt, startPatience } from '../../../machines/names/backoff.ts';

const rule = { firstMs: 1_000, maxMs: 5_000, factor: 1.3, jitter: 0.2 };

describe('a growing delay', () => {
  const delays = [
    // attempt, roll, delay in ms
    [0, 0, 1_000],
    [1, 0, 1_000],
    [2, 0, 1_300],
    [3, 0, 1_690],
    [4, 0, 2_197],
    [8, 0, 5_000],
    [1_000_000, 0, 5_000],
    [1, 0.5, 1_100],
    [8, 0.999, 5_999],
  ] as const;
  for (const [attempt, roll, delay] of delays)
    it(`is ${delay} ms before try ${attempt} with a roll of ${roll}`, () => {
      expect(delayOf(rule, attempt, roll)).to.equal(delay);
    });
});

describe('the patience of a start', () => {
  const begun = { begunAt: 1_000, attempts: 1 };

  it('lasts ten seconds from the first try', () => {
    expect(isPatient(startPatience, begun, 10_999)).to.equal(true);
    expect(isPatient(startPatience, begun, 11_000)).to.equal(false);
  });

  const tries = [
    // attempts, at, roll, time of the next try
    [1, 1_000, 0, 1_250],
    [2, 1_300, 0, 1_800],
    [3, 2_000, 0.5, 3_100],
    [4, 3_000, 0, 5_000],
    [9, 3_000, 0, 5_000],
    [6, 10_000, 0, 11_000],
  ] as const;
  for (const [attempts, at, roll, next] of tries)
    it(`tries again at ${next} after try ${attempts} failed at ${at} with a roll of ${roll}`, () => {
      expect(nextTryAt(startPatience, { begunAt: 1_000, attempts }, { at, roll })).to.equal(next);
    });
});
