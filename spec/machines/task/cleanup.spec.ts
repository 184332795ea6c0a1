import { expect } from 'chai';
import { overstaying } from '../../../machines/task/cleanup.ts';

/** A stopped task of the family that its name begins with. */
const stopped = (arn: string, stoppedAt: number) => ({ arn, family: arn.slice(0, 1), stoppedAt });

describe('the stopped tasks whose remains go before their time', () => {
  const tables: [string, ReturnType<typeof stopped>[], string[]][] = [
    ['are none of none', [], []],
    ['are none where each is the latest of its family', [stopped('a1', 1), stopped('b1', 2)], []],
    [
      'are all but the latest of each family, those that stopped first in front',
      [stopped('a3', 30), stopped('b1', 5), stopped('a1', 10), stopped('a2', 20), stopped('b2', 6)],
      ['b1', 'a1', 'a2'],
    ],
    [
      'are all but one of those that stopped together',
      [stopped('a1', 7), stopped('a2', 7)],
      ['a1'],
    ],
  ];
  for (const [what, tasks, arns] of tables)
    it(what, () => {
      expect(overstaying(tasks)).to.deep.equal(arns);
    });
});
