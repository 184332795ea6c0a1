import { expect } from 'chai';
import { within } from '../../../transport/wire/within.ts';
import { outcomeOf, standingClock } from '../docker/daemon.ts';

describe('a call within its bounds', () => {
  const late = () => new Error('late');
  const givenUp = () => new Error('given up');
  let clock: ReturnType<typeof standingClock>;
  let caller: AbortController;
  let ended: number;
  beforeEach(() => {
    clock = standingClock();
    caller = new AbortController();
    ended = 0;
  });

  /** What the call comes to, and a count of how often what it has under way was ended. */
  const call = (work: Promise<unknown>, more: object = { givenUp }) =>
    outcomeOf(
      within({ clock, ms: 5_000, late, signal: caller.signal, ...more }, (ending) => {
        ending.onEnd(() => ended++);
        return work;
      }),
    );
  const never = new Promise<never>(() => {});
  const messageOf = async (outcome: Promise<unknown>) => ((await outcome) as Error).message;

  it('is what it answers, and nothing is ended or waited for any more', async () => {
    expect(await call(Promise.resolve(7))).to.equal(7);
    caller.abort();
    expect([ended, clock.waiting()]).to.deep.equal([0, 0]);
  });

  it('is ended when its time is up', async () => {
    const outcome = call(never);
    clock.pass(4_999);
    expect(clock.waiting()).to.equal(1);
    clock.pass(1);
    expect(await messageOf(outcome)).to.equal('late');
    expect(ended).to.equal(1);
  });

  it('is ended when its caller has lost interest', async () => {
    const outcome = call(never);
    caller.abort();
    expect(await messageOf(outcome)).to.equal('given up');
    expect([ended, clock.waiting()]).to.deep.equal([1, 0]);
  });

  it('is told to a caller without words for that as late', async () => {
    const outcome = call(never, {});
    caller.abort();
    expect(await messageOf(outcome)).to.equal('late');
  });

  it('is not begun for a caller who had no interest from the start', async () => {
    caller.abort();
    let isBegun = false;
    const bounds = { clock, ms: 5_000, late, signal: caller.signal, givenUp };
    const outcome = outcomeOf(
      within(bounds, async () => {
        isBegun = true;
      }),
    );
    expect(await messageOf(outcome)).to.equal('given up');
    expect([isBegun, clock.waiting()]).to.deep.equal([false, 0]);
  });

  it('that fails ends what else it has under way', async () => {
    expect(await messageOf(call(Promise.reject(new Error('no'))))).to.equal('no');
    expect([ended, clock.waiting()]).to.deep.equal([1, 0]);
  });

  it('that cannot even begin leaves nothing to be waited for', async () => {
    const cannot = (): Promise<never> => {
      throw new Error('no');
    };
    const bounds = { clock, ms: 5_000, late, signal: caller.signal };
    expect(await messageOf(outcomeOf(within(bounds, cannot)))).to.equal('no');
    expect(clock.waiting()).to.equal(0);
  });
});
