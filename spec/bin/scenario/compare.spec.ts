import { expect } from 'chai';
import { beside, matches, verdictOf } from '../../../bin/scenario/compare.ts';

const lines: [string, string, boolean][] = [
  ['web RUNNING', 'web RUNNING', true],
  ['web RUNNING', 'web RUNNING: main RUNNING', false],
  ['web …', 'web RUNNING', true],
  ['…', '', true],
  ['… 3', 'main STOPPED 3', true],
  ['… 3', 'main STOPPED 30', false],
  ['a…b…c', 'a-b-c', true],
  ['a…b…c', 'a-c-b', false],
  ['a…b…b', 'ab', false],
  ['ab…bc', 'abc', false],
  ['a…c', 'abcd', false],
];

describe('a line that must be seen', () => {
  for (const [expected, seen, is] of lines)
    it(`"${expected}" is ${is ? '' : 'not '}"${seen}"`, () => {
      expect(matches(expected, seen)).to.equal(is);
    });
});

describe('lines that must be seen in order', () => {
  it('are there, may come, or never will', () => {
    expect(verdictOf(['a', 'b'], ['a', 'b'])).to.equal('yes');
    expect(verdictOf(['a', 'b'], ['a'])).to.equal('not yet');
    expect(verdictOf(['a', 'b'], ['b'])).to.equal('never');
    expect(verdictOf(['a'], ['a', 'b'])).to.equal('never');
    expect(verdictOf([], [])).to.equal('yes');
  });

  it('may be any number of lines where one is nothing but an ellipsis', () => {
    expect(verdictOf(['…'], [])).to.equal('yes');
    expect(verdictOf(['…', 'b'], ['a', 'a', 'b'])).to.equal('yes');
    expect(verdictOf(['a', '…'], ['a'])).to.equal('yes');
    expect(verdictOf(['…', 'b'], ['a', 'b', 'a'])).to.equal('not yet');
    expect(beside(['…', 'b'], ['a', 'a', 'c'])).to.deep.equal([
      { expected: '…', seen: 'a', isSame: true },
      { expected: '…', seen: 'a', isSame: true },
      { expected: 'b', seen: 'c', isSame: false },
    ]);
  });

  it('stand beside what was seen, up to the end of the longer', () => {
    expect(beside(['a', 'b'], ['a', 'c', 'd'])).to.deep.equal([
      { expected: 'a', seen: 'a', isSame: true },
      { expected: 'b', seen: 'c', isSame: false },
      { expected: null, seen: 'd', isSame: false },
    ]);
  });
});
