import { expect } from 'chai';
import { EcrFailure } from '../../../transport/registry/ecr.ts';
import { TokenCache } from '../../../transport/registry/tokens.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

describe('the tokens of ECR', () => {
  let clock: SimClock;
  let roll: number;
  let fetched: string[];
  let cache: TokenCache;
  beforeEach(() => {
    clock = new SimClock(1_000_000);
    roll = 0;
    fetched = [];
    cache = new TokenCache({ clock, random: { roll: () => roll, uuid: () => '' } });
  });

  /** A token for twelve hours, as ECR gives them. */
  const get = (key: string) =>
    cache.get(key, () => {
      fetched.push(key);
      const login = { username: 'AWS', password: `${key}-${fetched.length}`, serverAddress: 's' };
      return Promise.resolve({ login, expiresAt: clock.now() + 12 * hourMs });
    });
  const failing = (failure: Error) => () => {
    fetched.push('failed');
    return Promise.reject(failure);
  };
  const busy = new EcrFailure('ThrottlingException: Rate exceeded', { passing: true });
  const refused = new EcrFailure('AccessDeniedException: no', { passing: false });

  it('are fetched once and then remembered', async () => {
    const first = await get('a');
    expect(await get('a')).to.equal(first);
    expect(fetched).to.deep.equal(['a']);
  });

  it('are kept apart by who asks for what', async () => {
    expect((await get('a')).password).to.equal('a-1');
    expect((await get('b')).password).to.equal('b-2');
  });

  it('are fetched once however many ask at the same time', async () => {
    const logins = await Promise.all(Array.from({ length: 50 }, () => get('a')));
    expect(new Set(logins).size).to.equal(1);
    expect(fetched).to.deep.equal(['a']);
  });

  it('are used until thirty minutes before they expire, where chance is at its least', async () => {
    await get('a');
    await clock.advance(11.5 * hourMs - 1);
    await get('a');
    expect(fetched).to.have.length(1);
    await clock.advance(1);
    await get('a');
    expect(fetched).to.have.length(2);
  });

  it('are used until an hour before they expire, where chance is at its most', async () => {
    roll = 0.999_999;
    await get('a');
    await clock.advance(11 * hourMs - minuteMs);
    await get('a');
    expect(fetched).to.have.length(1);
    await clock.advance(2 * minuteMs);
    await get('a');
    expect(fetched).to.have.length(2);
  });

  it('are given up by a chance that is drawn at each look-up', async () => {
    await get('a');
    await clock.advance(11.25 * hourMs);
    await get('a');
    expect(fetched).to.have.length(1);
    roll = 0.9;
    await get('a');
    expect(fetched).to.have.length(2);
  });

  it('are used once where ECR does not say when they expire', async () => {
    const login = { username: 'AWS', password: 'p', serverAddress: 's' };
    expect(await cache.get('a', () => Promise.resolve({ login, expiresAt: null }))).to.equal(login);
    expect((await get('a')).password).to.equal('a-1');
  });

  it('are a hundred, of which the one that was not used for longest makes room', async () => {
    for (let n = 0; n < 100; n++) await get(`k${n}`);
    await get('k0');
    await get('more');
    expect(fetched).to.have.length(101);
    await get('k0');
    expect(fetched).to.have.length(101);
    await get('k1');
    expect(fetched).to.have.length(102);
  });

  it('are asked for again after a failure, which is not remembered', async () => {
    const failures = [1, 2].map(() => cache.get('a', failing(refused)).catch((e: unknown) => e));
    expect(await Promise.all(failures)).to.deep.equal([refused, refused]);
    expect(fetched).to.deep.equal(['failed']);
    expect((await get('a')).password).to.equal('a-2');
  });

  it('are asked for three times, with growing pauses, where ECR is busy', async () => {
    const times: number[] = [];
    const asked = cache.get('a', () => {
      times.push(clock.now() - 1_000_000);
      return Promise.reject(busy);
    });
    const outcome = asked.catch((error: unknown) => error);
    await clock.advance(minuteMs);
    expect(await outcome).to.equal(busy);
    expect(times).to.deep.equal([0, 500, 1_500]);
  });

  it('come after a failure that passes', async () => {
    let left = 2;
    const login = { username: 'AWS', password: 'p', serverAddress: 's' };
    const asked = cache.get('a', () =>
      left-- > 0 ? Promise.reject(busy) : Promise.resolve({ login, expiresAt: null }),
    );
    await clock.advance(minuteMs);
    expect(await asked).to.equal(login);
  });
});
