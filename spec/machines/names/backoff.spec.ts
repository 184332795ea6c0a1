import { expect } from 'chai';
import { delayOf } from '../../../machines/names/backoff.ts';

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
