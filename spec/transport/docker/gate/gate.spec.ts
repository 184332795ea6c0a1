import { expect } from 'chai';
import type { CallLimit } from '../../../../transport/docker/calls.ts';
import { Gate } from '../../../../transport/docker/gate/gate.ts';
import { DockerError } from '../../../../transport/docker/port.ts';
import { outcomeOf, standingClock } from '../daemon.ts';

describe('the gate of an Engine', () => {
  const counted = { ms: 1, transition: 'x' };
  const always = { ...counted, passes: 'always' } as const;
  const uncounted = { ...counted, passes: 'uncounted' } as const;
  const away = () => Promise.reject(new DockerError('DOCKER_UNREACHABLE', 'no connection'));
  let clock: ReturnType<typeof standingClock>;
  let gate: Gate;
  let states: string[];
  beforeEach(() => {
    clock = standingClock();
    states = [];
    const onBreaker = (state: string) => states.push(state);
    gate = new Gate({ clock, dockerHost: 'unix:///x', onBreaker });
  });

  /** A call that is under way until it is ended. */
  const calls = () => {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const make = (name: number, limit: CallLimit = counted, signal?: AbortSignal) =>
      gate.pass(limit, signal, () => {
        begun.push(name);
        return new Promise<number>((resolve) => {
          ends[name] = () => resolve(name);
        });
      });
    return { begun, make, end: (name: number) => ends[name]?.() };
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  const full = () => {
    const all = calls();
    const under = Array.from({ length: 50 }, (_, name) => all.make(name));
    return { ...all, under };
  };
  const fail = async (times: number) => {
    for (let time = 0; time < times; time += 1)
      await outcomeOf(gate.pass(counted, undefined, away));
  };

  it('lets the calls that wait go on in their order, one for each that ends', async () => {
    const { make, begun, end, under } = full();
    const [first, second] = [make(50), make(51)];
    expect(begun).to.have.length(50);
    end(7);
    await under[7];
    await Promise.resolve();
    expect(begun.slice(50)).to.deep.equal([50]);
    end(50);
    await first;
    end(51);
    expect(await second).to.equal(51);
    for (const name of [52, 53]) void make(name);
    expect(begun.slice(50)).to.deep.equal([50, 51, 52]);
  });

  it('takes a call out of the row when its caller loses interest', async () => {
    const { make, begun, end, under } = full();
    const interest = new AbortController();
    const waits = make(50, counted, interest.signal);
    const next = make(51);
    interest.abort();
    expect(await outcomeOf(waits)).to.include({ code: 'DOCKER_ABORTED' });
    expect(await outcomeOf(make(52, counted, interest.signal))).to.include({
      code: 'DOCKER_ABORTED',
    });
    end(0);
    await under[0];
    end(51);
    expect(await next).to.equal(51);
    expect(begun).to.not.include(50);
  });

  it('counts neither what mostly waits for others nor what looks for the Engine', async () => {
    const { make, begun } = full();
    void make(50, uncounted);
    void make(51, always);
    expect(begun.slice(50)).to.deep.equal([50, 51]);
  });

  it('makes calls that are in no hurry a few at a time, and lets no other wait for them', async () => {
    const { make, begun, end } = calls();
    const behind = { ...counted, passes: 'behind' } as const;
    const few = Array.from({ length: 6 }, (_, name) => make(name, behind));
    void make(6);
    void make(7, uncounted);
    await settled();
    expect(begun).to.deep.equal([6, 7, 0, 1, 2, 3]);
    end(2);
    await few[2];
    await settled();
    expect(begun.slice(6)).to.deep.equal([4]);
  });

  it('makes them once the agent is idle, or they have waited for five seconds', async () => {
    const turns: (() => void)[] = [];
    const busy = { ...clock, afterTurn: (work: () => void) => turns.push(work) };
    gate = new Gate({ clock: busy, dockerHost: 'unix:///x' });
    const { make, begun } = calls();
    const behind = { ...counted, passes: 'behind' } as const;
    /** Lets the event loop turn as often, which takes so long each time. */
    const turn = async (times: number, ms: number) => {
      for (let time = 0; time < times; time += 1) {
        clock.pass(ms);
        for (const work of turns.splice(0)) work();
      }
      await settled();
    };
    void make(0, behind);
    await turn(100, 10);
    await turn(1, 0);
    expect(begun).to.deep.equal([]);
    await turn(2, 0);
    expect(begun).to.deep.equal([0]);
    void make(1, behind);
    await turn(499, 10);
    expect(begun).to.deep.equal([0]);
    await turn(1, 10);
    expect(begun).to.deep.equal([0, 1]);
  });

  it('opens after five failures in a row, and then fails at once, those that wait too', async () => {
    const { make, end, under, begun } = full();
    const waits = outcomeOf(make(50));
    for (let time = 0; time < 4; time += 1) await outcomeOf(gate.pass(uncounted, undefined, away));
    expect(states).to.deep.equal([]);
    await outcomeOf(gate.pass(uncounted, undefined, away));
    expect(states).to.deep.equal(['open']);
    for (const outcome of [
      await waits,
      await outcomeOf(make(51)),
      await outcomeOf(make(52, uncounted)),
    ])
      expect(outcome).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    expect(begun).to.have.length(50);
    end(0);
    await under[0];
    // That one was answered.
    expect(states).to.deep.equal(['open', 'closed']);
  });

  const others: [string, DockerError | null, boolean][] = [
    ['an answer', null, true],
    ['a refusal', new DockerError('DOCKER_REFUSED', 'no', { status: 500 }), true],
    ['a time-out', new DockerError('DOCKER_TIMEOUT', 'late'), false],
    ['a call that was given up', new DockerError('DOCKER_ABORTED', 'never mind'), false],
  ];
  for (const [what, error, breaks] of others) {
    it(`${breaks ? 'begins to count anew' : 'counts on'} after ${what}`, async () => {
      await fail(4);
      await outcomeOf(gate.pass(counted, undefined, async () => error && Promise.reject(error)));
      await fail(1);
      expect(states).to.deep.equal(breaks ? [] : ['open']);
    });
  }

  it('lets one call through after 1, 2, 4 and then every 5 seconds', async () => {
    await fail(5);
    const tries: number[] = [];
    const from = clock.now();
    while (clock.now() < from + 20_000) {
      clock.pass(500);
      for (const _ of ['first', 'second'])
        await outcomeOf(
          gate.pass(counted, undefined, () => {
            tries.push((clock.now() - from) / 1_000);
            return away();
          }),
        );
    }
    expect(tries).to.deep.equal([1, 3, 7, 12, 17]);
    expect(states).to.deep.equal(['open']);
  });

  it('closes when a call gets through, and is then as it was', async () => {
    await fail(5);
    clock.pass(1_000);
    expect(await gate.pass(counted, undefined, async () => 'here')).to.equal('here');
    expect(states).to.deep.equal(['open', 'closed']);
    await fail(4);
    expect(await gate.pass(counted, undefined, async () => 'here')).to.equal('here');
    expect(states).to.deep.equal(['open', 'closed']);
  });

  it('always lets through what looks for the Engine, which closes it', async () => {
    await fail(5);
    expect(await gate.pass(always, undefined, async () => 'here')).to.equal('here');
    expect(states).to.deep.equal(['open', 'closed']);
  });
});
