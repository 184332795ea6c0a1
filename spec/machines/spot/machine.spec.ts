import { type SpotContext, spotMachine } from '../../../machines/spot/machine.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  when,
} from '../../support/chart.ts';
import { failure } from '../../support/chart-contexts.ts';

const spot = chart(spotMachine);
const asks = starts('ask', 'askSpot');
const told = (action: string | null) => done('ask', { action, at: 2_000, roll: 0 });

const at = (state: string, more: Partial<SpotContext> = {}) =>
  when(spot, state, { action: null, trouble: null, ...more });

describe('the watch over a Spot Instance', () => {
  it('begins by asking what EC2 has announced', () => {
    begins(spot, undefined).comesTo('watching.asking', { action: null, trouble: null }, [asks]);
  });

  const rests = starts('askAgain', 'timer', { deadline: 3_000 });

  it('asks again each second while nothing is announced', () => {
    at('watching.asking')
      .gets(told(null))
      .comesTo('watching.resting', {}, [rests])
      .gets(done('askAgain', { at: 3_000, roll: 0 }))
      .comesTo('watching.asking', {}, [asks]);
  });

  it('asks again a second after nobody could tell', () => {
    at('watching.asking')
      .gets(failed('ask', failure('METADATA_UNAVAILABLE')))
      .comesTo('watching.resting', {}, [rests]);
  });

  it('passes over what it does not know to be an interruption', () => {
    at('watching.asking').gets(told('rebalance')).comesTo('watching.resting', {}, [rests]);
  });

  for (const action of ['terminate', 'stop', 'hibernate']) {
    const drains = starts('drain', 'drain', { action });

    it(`has the instance drained that EC2 is about to ${action}, and ends`, () => {
      at('watching.asking')
        .gets(told(action))
        .comesTo('draining.calling', { action }, [drains])
        .gets(done('drain', { at: 2_100, roll: 0 }))
        .comesTo('drained');
    });
  }

  it('tells ECS again each second until it has drained the instance', () => {
    const trouble = failure('ECS_THROTTLED');
    at('draining.calling', { action: 'stop' })
      .gets(failed('drain', trouble))
      .comesTo('draining.backingOff', { trouble }, [
        starts('drainAgain', 'timer', { deadline: 3_000 }),
      ])
      .gets(done('drainAgain', { at: 3_000, roll: 0 }))
      .comesTo('draining.calling', {}, [starts('drain', 'drain', { action: 'stop' })]);
  });

  everythingWasTaken(spot);
});
