import { type WatchContext, watchMachine } from '../../../machines/watch/machine.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  when,
} from '../../support/chart.ts';

const watch = chart(watchMachine);
const stamp = { at: 1_000, roll: 0.5 };
const opened = { type: 'stream.opened' as const, ...stamp };
const ended = (heard: number | null = null) => ({
  type: 'stream.ended' as const,
  because: 'socket hang up',
  heard,
  ...stamp,
});
/** What is remembered since the stream first ended. */
const trouble = { because: 'socket hang up', since: 1_000 };

/** The watch in a state, remembering what is given. */
const at = (state: string, more: Partial<WatchContext> = {}) =>
  when(watch, state, { attempts: 0, since: null, trouble: null, ...more });

const streams = (since: number | null) => starts('stream', 'stream', { since });
const reconciles = starts('reconcile', 'reconcile');
const polls = starts('poll', 'timer', { deadline: 316_000 });
const retryAt = (deadline: number) => starts('retry', 'timer', { deadline });

describe('the watch over the Engine', () => {
  it('begins by opening the stream of the events from now on', () => {
    begins(watch, undefined).comesTo(
      'following.subscribing',
      { attempts: 0, since: null, trouble: null },
      [streams(null)],
    );
  });

  it('looks at every container once the stream stands, and then watches', () => {
    at('following.subscribing', { attempts: 3, trouble })
      .gets(opened)
      .comesTo('following.reconciling', { since: 1_000 }, [reconciles])
      .gets(done('reconcile', stamp))
      .comesTo('following.watching', { attempts: 0, trouble: null }, [polls]);
  });

  it('looks at every container now and then while it watches', () => {
    at('following.watching', { since: 500 })
      .gets(done('poll', stamp))
      .comesTo('following.reconciling', {}, [reconciles]);
  });

  it('opens the stream again a while after it could not be opened, later each time', () => {
    at('following.subscribing')
      .gets(ended())
      .comesTo('backingOff', { attempts: 1, trouble }, [stops('stream'), retryAt(1_275)])
      .gets(done('retry', stamp))
      .comesTo('following.subscribing', {}, [streams(null)])
      .gets({ ...ended(), because: 'no such file', at: 2_000 })
      .comesTo('backingOff', { attempts: 2, trouble: { because: 'no such file', since: 1_000 } }, [
        stops('stream'),
        retryAt(2_550),
      ]);
  });

  it('asks again for the events since the latest that was heard when the stream ends', () => {
    at('following.watching', { since: 500 })
      .gets(ended(900))
      .comesTo('backingOff', { attempts: 1, since: 900, trouble }, [
        stops('poll'),
        stops('stream'),
        retryAt(1_275),
      ])
      .gets(done('retry', stamp))
      .comesTo('following.subscribing', {}, [streams(900)])
      .gets(opened)
      .comesTo('following.reconciling', {}, [reconciles]);
  });

  it('asks again for the events since the stream first stood when none was heard', () => {
    at('following.reconciling', { since: 500 })
      .gets(ended())
      .comesTo('backingOff', { attempts: 1, trouble }, [
        stops('reconcile'),
        stops('stream'),
        retryAt(1_275),
      ])
      .gets(done('retry', stamp))
      .comesTo('following.subscribing', {}, [streams(500)]);
  });

  it('begins anew when the Engine does not list its containers, later each time', () => {
    const failure = { code: 'DOCKER_UNREACHABLE', message: 'no answer', ...stamp };
    at('following.reconciling', { attempts: 1 })
      .gets(failed('reconcile', failure))
      .comesTo('backingOff', { attempts: 2, trouble: { because: 'no answer', since: 1_000 } }, [
        stops('stream'),
        retryAt(1_550),
      ]);
  });

  everythingWasTaken(watch);
});
