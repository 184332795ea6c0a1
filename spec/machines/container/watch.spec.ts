import { watchMachine } from '../../../machines/container/watch.ts';
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
const ended = { type: 'stream.ended' as const, ...stamp };
const retryAt = (deadline: number) => starts('retry', 'timer', { deadline });

describe('the watch over the Engine', () => {
  it('begins by opening the stream of events', () => {
    begins(watch, undefined).comesTo('following.subscribing', { attempts: 0 }, [
      starts('stream', 'stream'),
    ]);
  });

  it('looks at every container once the stream stands, and then watches', () => {
    when(watch, 'following.subscribing', { attempts: 3 })
      .gets(opened)
      .comesTo('following.reconciling', {}, [starts('reconcile', 'reconcile')])
      .gets(done('reconcile', stamp))
      .comesTo('following.watching', { attempts: 0 });
  });

  it('opens the stream again a while after it could not be opened, later each time', () => {
    when(watch, 'following.subscribing', { attempts: 0 })
      .gets(ended)
      .comesTo('backingOff', { attempts: 1 }, [stops('stream'), retryAt(1_275)])
      .gets(done('retry', stamp))
      .comesTo('following.subscribing', {}, [starts('stream', 'stream')])
      .gets(ended)
      .comesTo('backingOff', { attempts: 2 }, [stops('stream'), retryAt(1_550)]);
  });

  it('opens the stream again when it ends while the Engine is watched', () => {
    when(watch, 'following.watching', { attempts: 0 })
      .gets(ended)
      .comesTo('backingOff', { attempts: 1 }, [stops('stream'), retryAt(1_275)]);
  });

  it('gives up the look at the containers when the stream ends meanwhile', () => {
    when(watch, 'following.reconciling', { attempts: 0 })
      .gets(ended)
      .comesTo('backingOff', { attempts: 1 }, [
        stops('reconcile'),
        stops('stream'),
        retryAt(1_275),
      ]);
  });

  it('begins anew when the Engine does not list its containers, later each time', () => {
    when(watch, 'following.reconciling', { attempts: 1 })
      .gets(failed('reconcile', { code: 'DOCKER_UNREACHABLE', ...stamp }))
      .comesTo('backingOff', { attempts: 2 }, [stops('stream'), retryAt(1_550)]);
  });

  everythingWasTaken(watch);
});
