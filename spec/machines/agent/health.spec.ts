import { expect } from 'chai';
import { awayWithinMs, healthOf, type Touch } from '../../../machines/agent/health.ts';

const now = 1_000_000_000;

describe('the health of an agent', () => {
  const gone = { registered: true, connected: false };
  const cases: [string, Touch, boolean, string][] = [
    [
      'not registered',
      { registered: false, connected: false, awaySince: null },
      false,
      'The container instance is not registered with ECS yet',
    ],
    ['connected', { registered: true, connected: true, awaySince: null }, true, 'ACS is connected'],
    [
      'without ACS for a moment',
      { ...gone, awaySince: now - 1_500 },
      true,
      'ACS has not been connected for 1 seconds',
    ],
    [
      'without ACS for nearly five minutes',
      { ...gone, awaySince: now - awayWithinMs + 1 },
      true,
      'ACS has not been connected for 299 seconds',
    ],
    [
      'without ACS for five minutes',
      { ...gone, awaySince: now - awayWithinMs },
      false,
      'ACS has not been connected for 300 seconds',
    ],
  ];
  for (const [what, touch, healthy, sentence] of cases)
    it(`is ${healthy ? 'good' : 'bad'} while it is ${what}`, () => {
      expect(healthOf(touch, now)).to.deep.equal({ healthy, sentence });
    });
});
