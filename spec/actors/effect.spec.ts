import { expect } from 'chai';
import { createActor, toPromise } from 'xstate';
import { effect, type Pulse, timer } from '../../actors/effect.ts';
import type { Signal } from '../../machines/names/ending.ts';
import { DockerError } from '../../transport/docker/port.ts';
import { SimClock } from '../../transport/sim/clock.ts';

describe('an effect', () => {
  const clock = new SimClock(7_000);
  const pulse: Pulse = { clock, random: { roll: () => 0.5, uuid: () => '' } };
  const stamp = { at: 7_000, roll: 0.5 };
  const never = () => new Promise<never>(() => {});

  it('answers what its call answers, and when', async () => {
    const double = effect(pulse, async (number: number) => ({ doubled: 2 * number }));
    const actor = createActor(double, { input: 21 }).start();
    expect(await toPromise(actor)).to.deep.equal({ doubled: 42, ...stamp });
    expect(actor.getSnapshot()).to.include({ status: 'done', input: undefined });
  });

  it('fails with what an actor may keep of an error, and when', async () => {
    const error = new DockerError('DOCKER_REFUSED', 'no');
    const actor = createActor(effect(pulse, () => Promise.reject(error))).start();
    const failed = await toPromise(actor).catch((failure: unknown) => failure);
    expect(failed).to.include({ code: 'DOCKER_REFUSED', message: 'no', ...stamp });
  });

  it('that is left has its call given up, and tells no more', async () => {
    let signal: Signal | undefined;
    let answer = (_: object) => {};
    const asking = effect(pulse, (_: undefined, scope) => {
      signal = scope.signal;
      return new Promise<object>((resolve) => {
        answer = resolve;
      });
    });
    const actor = createActor(asking).start();
    expect(signal?.aborted).to.equal(false);
    actor.stop();
    expect(signal?.aborted).to.equal(true);
    answer({});
    await new Promise(setImmediate);
    expect(actor.getSnapshot()).to.include({ status: 'stopped', output: undefined });
  });

  it('makes its call again where it was restored in the middle, and only then', async () => {
    const asked: string[] = [];
    const first = createActor(effect(pulse, never), { input: 'a' }).start();
    const again = effect(pulse, async (input: string) => ({ asked: asked.push(input) }));
    const snapshot = first.getPersistedSnapshot();
    const second = createActor(again, { snapshot, input: '' }).start();
    expect(await toPromise(second)).to.include({ asked: 1 });
    createActor(again, { snapshot: second.getPersistedSnapshot(), input: '' }).start();
    expect(asked).to.deep.equal(['a']);
  });
});

describe('a wait', () => {
  it('ends at its deadline, or takes its place from the clock when it is left', async () => {
    const clock = new SimClock(0);
    const wait = timer({ clock, random: { roll: () => 0.5, uuid: () => '' } });
    const actors = [1_000, 2_000].map((deadline) =>
      createActor(wait, { input: { deadline } }).start(),
    );
    actors[1]?.stop();
    await clock.advance(1_000);
    expect(actors[0]?.getSnapshot().output).to.deep.equal({ at: 1_000, roll: 0.5 });
    expect(await clock.step(Number.POSITIVE_INFINITY)).to.equal(false);
  });
});
