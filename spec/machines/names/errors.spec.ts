import { expect } from 'chai';
import { AgentError, asFailure } from '../../../machines/names/errors.ts';
import { failure } from '../../support/chart-contexts.ts';

class StoreFull extends AgentError {}

describe('an error of the agent', () => {
  it('has a code, which is its name, and may not be tried again unless it says so', () => {
    const error = new StoreFull('STORE_FULL', 'the disk is full');
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({
      code: 'STORE_FULL',
      name: 'STORE_FULL',
      message: 'the disk is full',
      retry: false,
    });
    expect('cause' in error).to.equal(false);
  });

  it('keeps what caused it', () => {
    const cause = new Error('ENOSPC');
    const error = new StoreFull('STORE_FULL', 'the disk is full', { retry: true, cause });
    expect(error).to.include({ retry: true, cause });
  });
});

describe('a failure', () => {
  it('is read back as it is', () => {
    const whole = failure('DOCKER_TIMEOUT', { retry: true, roll: 0.5 });
    expect(asFailure(whole)).to.deep.equal(whole);
  });

  const unknown = { code: 'UNKNOWN', name: 'UnknownError', retry: false, at: 0, roll: 0 };
  const odd: [unknown, object][] = [
    ['no', { ...unknown, message: 'no' }],
    [null, { ...unknown, message: 'null' }],
    [undefined, { ...unknown, message: 'undefined' }],
    [
      new TypeError('x is not a function'),
      { ...unknown, name: 'TypeError', message: 'x is not a function' },
    ],
    [
      { code: 7, name: 7, message: 7, retry: 'yes', at: '7', roll: '7' },
      { ...unknown, message: '[object Object]' },
    ],
    [
      new StoreFull('STORE_FULL', 'full', { retry: true }),
      { ...unknown, code: 'STORE_FULL', name: 'STORE_FULL', message: 'full', retry: true },
    ],
  ];
  for (const [value, expected] of odd)
    it(`is made of whatever was thrown: ${value}`, () => {
      expect(asFailure(value)).to.deep.equal(expected);
    });
});
