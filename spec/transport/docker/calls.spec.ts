import { expect } from 'chai';
import { dockerErrorOf, durationText, EngineRefusal } from '../../../transport/docker/calls.ts';

describe('an error of the Engine', () => {
  for (const { status, code } of [
    { status: 404, code: 'DOCKER_NOT_FOUND' },
    { status: 400, code: 'DOCKER_REFUSED' },
    { status: 409, code: 'DOCKER_REFUSED' },
    { status: 500, code: 'DOCKER_REFUSED' },
  ]) {
    it(`with status ${status} is ${code}, in the words of the Engine`, () => {
      const error = dockerErrorOf(new EngineRefusal(status, 'no such thing'), 'unix:///x');
      expect(error).to.include({
        code,
        status,
        message: 'Error response from daemon: no such thing',
      });
      expect(error.retry).to.equal(false);
    });
  }
});

describe('a duration in the reason of a container', () => {
  for (const [ms, text] of [
    [1_500, '1.5s'],
    [30_000, '30s'],
    [240_000, '4m0s'],
    [150_000, '2m30s'],
    [7_200_000, '2h0m0s'],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(durationText(ms)).to.equal(text);
    });
  }
});
