import { expect } from 'chai';
import { delayOf } from '../../../machines/names/backoff.ts';
import * as timing from '../../../machines/session/timing.ts';
import { sessionContext } from '../../support/chart-contexts.ts';

const minute = 60_000;

describe('the times of a session with ACS', () => {
  const rolls = [
    [0, 1, 30],
    [0.5, 1.5, 32.5],
    [1, 2, 35],
  ] as const;
  for (const [roll, silent, old] of rolls)
    it(`give up a silent connection after ${silent} minutes and renew it after ${old}`, () => {
      expect(timing.silentAt({ at: 1_000, roll })).to.equal(1_000 + silent * minute);
      expect(timing.expiresAt({ at: 1_000, roll })).to.equal(1_000 + old * minute);
    });

  const lives = [
    [minute, 0, false],
    [minute + 1, 0, true],
    [1.5 * minute, 0.5, false],
    [1.5 * minute + 1, 0.5, true],
  ] as const;
  for (const [age, roll, stable] of lives)
    it(`call a connection of ${age} ms ${stable ? '' : 'not '}stable with a roll of ${roll}`, () => {
      const context = sessionContext({ connectedAt: 1_000 });
      expect(timing.wasStable(context, { at: 1_000 + age, roll })).to.equal(stable);
    });

  it('leave ACS alone for an hour where it does not know the container instance', () => {
    expect(timing.inactiveMs).to.equal(60 * minute);
  });

  it('space tries from a quarter of a second to two minutes', () => {
    const delays = [1, 2, 3, 20].map((attempt) => delayOf(timing.reconnectBackoff, attempt, 0));
    expect(delays).to.deep.equal([250, 375, 563, 120_000]);
    expect(delayOf(timing.reconnectBackoff, 1, 0.5)).to.equal(275);
  });
});
