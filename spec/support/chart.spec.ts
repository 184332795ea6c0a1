import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { assign, setup } from 'xstate';
import { unbound } from '../../machines/names/effects.ts';
import { productSources, root } from '../style/source.ts';
import { chart, done, starts, stops, when } from './chart.ts';

const door = () =>
  chart(
    setup({
      types: {
        context: {} as { coins: number },
        events: {} as { type: 'push' } | { type: 'coin.given' },
      },
      actors: { motor: unbound('motor') },
      actions: { count: assign({ coins: ({ context }) => context.coins + 1 }) },
      guards: { isPaid: ({ context }) => context.coins > 0, isOdd: () => true },
    }).createMachine({
      id: 'door',
      context: { coins: 0 },
      initial: 'shut',
      on: { 'coin.given': { actions: 'count' } },
      states: {
        shut: { on: { push: { guard: 'isPaid', target: 'ajar' } } },
        ajar: { always: 'turning' },
        turning: { invoke: { id: 'motor', src: 'motor', onDone: 'shut' } },
      },
    }),
  );

const paidPush = {
  state: 'turning',
  asks: [starts('motor', 'motor')],
};

describe('the count of what stories take of a chart', () => {
  it('knows every state, transition and guard outcome, and a guard that is used nowhere', () => {
    expect(door().missing()).to.have.members([
      'transition door on coin.given 1',
      'state door.shut',
      'transition door.shut on push 1 to door.ajar',
      'guard isPaid is true at door.shut on push 1 to door.ajar',
      'guard isPaid is false at door.shut on push 1 to door.ajar',
      'state door.ajar',
      'transition door.ajar always 1 to door.turning',
      'state door.turning',
      'transition door.turning on xstate.done.actor.motor 1 to door.shut',
      'guard isOdd, which no transition names',
    ]);
  });

  it('counts what a story went through, with the states it only passed', () => {
    const covered = door();
    when(covered, 'shut', { coins: 1 })
      .gets({ type: 'push' })
      .comesTo(paidPush.state, {}, paidPush.asks)
      .gets({ type: 'coin.given' })
      .stays({ coins: 2 })
      .gets(done('motor', null))
      .comesTo('shut');
    expect(covered.missing()).to.deep.equal([
      'guard isPaid is false at door.shut on push 1 to door.ajar',
      'guard isOdd, which no transition names',
    ]);
  });

  it('does not count the state in which a story begins', () => {
    const covered = door();
    when(covered, 'shut', { coins: 0 }).gets({ type: 'push' }).stays();
    expect(covered.missing()).to.include('state door.shut');
    expect(covered.missing()).not.to.include(
      'guard isPaid is false at door.shut on push 1 to door.ajar',
    );
  });

  const lies: [string, string, object, typeof paidPush.asks][] = [
    ['another state', 'shut', {}, paidPush.asks],
    ['another context', 'turning', { coins: 7 }, paidPush.asks],
    ['another input of an effect', 'turning', {}, [starts('motor', 'motor', { speed: 3 })]],
    ['an effect that is not asked for', 'turning', {}, [...paidPush.asks, stops('motor')]],
    ['nothing of an effect that is asked for', 'turning', {}, []],
  ];
  for (const [what, state, changes, asks] of lies)
    it(`refuses a story that tells of ${what}, and does not count it`, () => {
      const covered = door();
      const all = covered.missing();
      const story = when(covered, 'shut', { coins: 1 }).gets({ type: 'push' });
      expect(() => story.comesTo(state, changes, asks)).to.throw();
      expect(covered.missing()).to.deep.equal(all);
    });

  it('refuses a story in which nobody heeds a failure', () => {
    const story = when(door(), 'turning', { coins: 1 }).gets({
      type: 'xstate.error.actor.motor',
      error: new Error('jammed'),
      actorId: 'motor',
    });
    expect(() => story.stays()).to.throw('jammed');
  });

  it('is made of every chart that there is', () => {
    const charts = productSources().filter(({ text }) => text.includes('.createMachine('));
    const isCounted = (path: string): boolean => {
      const stories = `${root}spec/${path.replace(/ts$/, 'spec.ts')}`;
      return existsSync(stories) && readFileSync(stories, 'utf8').includes('everythingWasTaken(');
    };
    const paths = charts.map(({ path }) => path);
    expect(paths).to.include.members(['machines/agent/machine.ts', 'machines/watch/machine.ts']);
    expect(paths.filter((path) => !isCounted(path))).to.deep.equal([]);
  });
});
