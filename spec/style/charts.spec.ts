import { expect } from 'chai';
import { assign, fromPromise, raise, setup } from 'xstate';
import { chartBreaches, type Fault, faultsOf, lineOf } from './charts.ts';
import { listed, productSources, tokensOf } from './source.ts';

const steady = { meta: { steady: 'nothing is to be done' } };

/** A sound machine, but for what `state` says of its only state. */
const machineWith = (state: object) =>
  setup({
    actions: { count: assign({}) },
    guards: { isDone: () => true },
    actors: { effect: fromPromise(async () => null) },
  }).createMachine({ initial: 'only', states: { only: { ...steady, ...state } } });

const saidOf = (state: object): string[] => faultsOf(machineWith(state)).map(({ says }) => says);

describe('charts', () => {
  it('name all they do, use built-in actions only, and end or explain every wait', async () => {
    const breaches = await Promise.all(productSources().map(chartBreaches));
    expect(listed(breaches.flat())).to.equal('');
  });

  it('are found in every room of machines', async () => {
    const files = productSources().filter(({ text }) => text.includes('.createMachine('));
    expect(files.map(({ path }) => path)).to.include('machines/watch/machine.ts');
    expect(files.length).to.be.at.least(7);
  });

  it('may name actions with parameters, guards and actors', () => {
    const state = {
      entry: ['count', { type: 'count' }],
      always: { guard: { type: 'isDone' }, actions: 'count' },
      invoke: { src: 'effect', onDone: [{ guard: 'isDone', actions: ['count'] }] },
      on: { told: { actions: 'count' } },
    };
    expect(saidOf(state)).to.deep.equal([]);
  });

  const inline = () => undefined;
  const nameless: [string, object, string][] = [
    ['an entry action', { entry: inline }, 'an action'],
    ['a built-in exit action', { exit: ['count', assign({})] }, 'an action'],
    ['an action of an event', { on: { told: [{ actions: inline }] } }, 'an action'],
    [
      'an action of an effect',
      { invoke: { src: 'effect', onDone: { actions: inline } } },
      'an action',
    ],
    [
      'an action of a failure',
      { invoke: [{ src: 'effect', onError: { actions: inline } }] },
      'an action',
    ],
    ['a guard', { on: { told: { guard: inline } } }, 'a guard'],
    ['a guard that always holds', { always: [{ guard: inline }] }, 'a guard'],
    ['an actor', { invoke: { src: fromPromise(async () => null) } }, 'an actor'],
  ];
  for (const [what, state, said] of nameless)
    it(`may not hold ${what} without a name`, () => {
      expect(saidOf(state)).to.deep.equal([`has ${said} without a name`]);
    });

  it('may not hold a nameless guard in a nested state', () => {
    const nested = { ...steady, on: { told: { guard: inline } } };
    const faults = faultsOf(machineWith({ initial: 'inner', states: { inner: nested } }));
    expect(faults.map(({ path }) => path.join('.'))).to.deep.equal(['states.only.states.inner']);
  });

  it('may not wait by a plain after', () => {
    expect(saidOf({ after: { 5: 'only' } })).to.have.length(1);
  });

  it('may not implement an action by a function of their own', () => {
    const machine = setup({ actions: { log: inline } }).createMachine({ ...steady });
    expect(faultsOf(machine)).to.deep.equal([
      { in: 'setup', path: ['actions', 'log'], says: 'is not one of the built-in actions' },
    ]);
  });

  it('may not delay an event by a number', () => {
    const late = raise({ type: 'told' }, { delay: 5 });
    const machine = setup({ actions: { late } }).createMachine({ ...steady });
    expect(faultsOf(machine).map(({ says }) => says)).to.deep.equal(['has a delay without a name']);
  });

  const endless: [string, object][] = [
    ['no sentence', { meta: undefined }],
    ['an empty sentence', { meta: { steady: '' } }],
    ['no deadline', { meta: { waits: { for: 'the Engine' } } }],
    ['no subject', { meta: { waits: { deadline: 'pull' } } }],
    ['both kinds', { meta: { steady: 'it runs', waits: { for: 'it', deadline: 'pull' } } }],
    ['only a guarded way on', { meta: undefined, always: { guard: 'isDone', target: 'only' } }],
  ];
  for (const [what, state] of endless)
    it(`may not have a state with ${what}`, () => {
      expect(saidOf(state)).to.deep.equal(['is neither steady nor a wait with a deadline']);
    });

  it('need no sentence for a state that is passed through', () => {
    const choice = [{ guard: 'isDone', target: 'only' }, { actions: 'count' }];
    expect(saidOf({ meta: undefined, always: choice })).to.deep.equal([]);
  });

  it('need no sentence for a final state', () => {
    expect(saidOf({ meta: undefined, type: 'final' })).to.deep.equal([]);
  });

  it('are defined in machines only', async () => {
    const source = { path: 'actors/task.ts', text: '\nsetup({}).createMachine({})' };
    expect(listed(await chartBreaches(source))).to.match(/^actors\/task\.ts:2: /);
  });

  it('are told by the line of the action or the state at fault', () => {
    const tokens = tokensOf({
      path: 'machines/door/machine.ts',
      text: `import { setup } from 'xstate';
        setup({
          types: { context: {} as { ring: number } },
          actions: {
            ring: enqueue(({ knock }) => knock({ knock: 1 })),
            knock: () => undefined,
          },
        }).createMachine({
          on: { shut: {} },
          states: {
            open: { on: { shut: 'shut' } },
            shut: {
              initial: 'locked',
              states: { open: {},
                locked: {} },
            },
          },
        });`,
    });
    const lineAt = (where: Fault['in'], ...path: string[]) => lineOf(tokens, { in: where, path });
    expect(lineAt('setup', 'actions', 'ring')).to.equal(5);
    expect(lineAt('setup', 'actions', 'knock')).to.equal(6);
    expect(lineAt('createMachine', 'states', 'shut')).to.equal(12);
    expect(lineAt('createMachine', 'states', 'shut', 'states', 'open')).to.equal(14);
    expect(lineAt('createMachine', 'states', 'shut', 'states', 'locked')).to.equal(15);
  });
});
