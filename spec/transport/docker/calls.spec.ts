import { expect } from 'chai';
import {
  bounded,
  dockerErrorOf,
  durationText,
  Ending,
  EngineRefusal,
} from '../../../transport/docker/calls.ts';
import { outcomeOf, standingClock } from './daemon.ts';

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

describe('the end of a call', () => {
  const clock = standingClock();
  const limit = { ms: 5_000, transition: 'x' };
  const never = () => new Promise<never>(() => {});
  let interest = new AbortController();
  for (const [how, end, code] of [
    ['its deadline', () => clock.pass(5_000), 'DOCKER_TIMEOUT'],
    ['its caller', () => interest.abort(), 'DOCKER_ABORTED'],
  ] as const) {
    it(`by ${how} ends what it has under way`, async () => {
      interest = new AbortController();
      let ended = 0;
      const outcome = outcomeOf(
        bounded({ limit, clock, signal: interest.signal }, (ending) => {
          ending.onEnd(() => ended++);
          return never();
        }),
      );
      end();
      expect(await outcome).to.include({ code });
      expect([ended, clock.waiting()]).to.deep.equal([1, 0]);
    });
  }
  it('by a failure does so too, and one by success does not', async () => {
    const ended: string[] = [];
    const call = (name: string, work: Promise<unknown>) =>
      outcomeOf(
        bounded({ limit, clock }, (ending) => {
          ending.onEnd(() => ended.push(name));
          return work;
        }),
      );
    await call('good', Promise.resolve());
    await call('bad', Promise.reject(new Error('no')));
    expect([ended, clock.waiting()]).to.deep.equal([['bad'], 0]);
  });

  it('comes at once to what begins only after it', async () => {
    let ending = new Ending();
    await outcomeOf(
      bounded({ limit, clock }, (it) => {
        ending = it;
        return Promise.reject(new Error('no'));
      }),
    );
    let isEnded = false;
    ending.onEnd(() => {
      isEnded = true;
    });
    expect(isEnded).to.equal(true);
  });
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
