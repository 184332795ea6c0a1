import { expect } from 'chai';
import { createActor, toPromise } from 'xstate';
import { stampOf, unbound, unboundCallback } from '../../../machines/names/effects.ts';
import { done, failed } from '../../support/chart.ts';
import { failure } from '../../support/chart-contexts.ts';

describe('the stamp of an event', () => {
  it('is that of a fact', () => {
    expect(stampOf({ type: 'engine.hint', at: 5, roll: 0.5 })).to.deep.equal({ at: 5, roll: 0.5 });
  });

  it('is that of an effect’s output', () => {
    expect(stampOf(done('pull', { at: 5, roll: 0.5 }))).to.deep.equal({ at: 5, roll: 0.5 });
  });

  it('is that of an effect’s failure', () => {
    const stamped = failure('X', { at: 5, roll: 0.5 });
    expect(stampOf(failed('pull', stamped))).to.include({ at: 5, roll: 0.5 });
  });

  it('is zero where there is none', () => {
    expect(stampOf({ type: 'xstate.init' })).to.deep.equal({ at: 0, roll: 0 });
  });
});

describe('an effect that nobody has provided', () => {
  it('fails and names itself', async () => {
    const actor = createActor(unbound('pullImage'), { input: undefined });
    const end = toPromise(actor).catch((error: Error) => error);
    actor.start();
    expect(await end).to.include({ message: 'effect "pullImage" is not provided' });
  });

  it('fails and names itself also where it would live on', async () => {
    const actor = createActor(unboundCallback('connection'), { input: undefined });
    const end = toPromise(actor).catch((error: Error) => error);
    actor.start();
    expect(await end).to.include({ message: 'effect "connection" is not provided' });
  });
});
