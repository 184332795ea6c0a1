import type { StateValue } from 'xstate';
import type { TelemetryContext } from '../../../machines/telemetry/events.ts';
import { telemetryMachine } from '../../../machines/telemetry/machine.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import { failure, instance } from '../../support/chart-contexts.ts';

const telemetry = chart(telemetryMachine);

const second = 1_000;
const minute = 60_000;
const now = 100 * minute;
const stamp = { at: now, roll: 0 };
const endpoint = 'https://tcs.specs.amazonaws.com';
const serving = { serving: { hearing: 'listening', telling: 'resting' } };

const context = (more: Partial<TelemetryContext> = {}): TelemetryContext => ({
  containerInstanceArn: instance,
  endpoint: '',
  connectedAt: null,
  attempts: 0,
  useless: 0,
  trouble: null,
  ...more,
});
/** Between two publishings, with the service in this state. */
const state = (service: StateValue, publishing = 'resting') => ({ publishing, service });
const online = (inner: StateValue) => state({ online: inner });
const at = (value: ReturnType<typeof state>, more: Partial<TelemetryContext> = {}) =>
  when(telemetry, value, context({ endpoint, ...more }));

const discovers = starts('discover', 'discover', { containerInstanceArn: instance });
const connects = starts('connection', 'connection', { endpoint, containerInstanceArn: instance });
const retries = (deadline: number) => starts('retry', 'timer', { deadline });
const sendsBacklog = tells('connection', { type: 'backlog.send' });
const closes = tells('connection', {
  type: 'connection.close',
  reason: 'ConnectionExpired: Reconnect to continue',
});
const leavesServing = [stops('status'), stops('silence'), stops('age')];
const patience = starts('patience', 'timer', { deadline: now + 3 * minute });

const closed = (clean: boolean) => ({
  type: 'connection.closed' as const,
  clean,
  because: '1006 gone',
  ...stamp,
});
const trouble = { because: '1006 gone', since: now };

describe('telemetry', () => {
  describe('that publishes', () => {
    it('takes figures as soon as it begins, and asks ECS for the service', () => {
      begins(telemetry, { containerInstanceArn: instance }).comesTo(
        state('discovering', 'measuring'),
        context(),
        [starts('measure', 'measure'), discovers],
      );
    });

    it('takes them every 20 seconds without a connection, too', () => {
      at(state('backingOff', 'measuring'))
        .gets(done('measure', stamp))
        .comesTo(state('backingOff'), {}, [
          starts('publish', 'timer', { deadline: now + 20 * second }),
        ])
        .gets(done('publish', stamp))
        .comesTo(state('backingOff', 'measuring'), {}, [starts('measure', 'measure')]);
    });

    it('sends them at once where there is a connection', () => {
      at(state({ online: serving }, 'measuring'))
        .gets(done('measure', stamp))
        .comesTo(online(serving), {}, [
          starts('publish', 'timer', { deadline: now + 20 * second }),
          sendsBacklog,
        ]);
    });

    it('takes the next ones when these could not be taken', () => {
      at(state({ online: serving }, 'measuring'))
        .gets(failed('measure', failure('UNKNOWN', { at: now })))
        .comesTo(online(serving), {}, [
          starts('publish', 'timer', { deadline: now + 20 * second }),
        ]);
    });
  });

  describe('that looks for the service', () => {
    it('connects once ECS has named the endpoint', () => {
      at(state('discovering'), { endpoint: '' })
        .gets(done('discover', { endpoint, ...stamp }))
        .comesTo(online('connecting'), { endpoint }, [connects]);
    });

    it('asks again after 1, 2, 4 seconds, up to a minute, and remembers since when it has to', () => {
      at(state('discovering'), { attempts: 1, trouble: { because: 'before', since: 7 } })
        .gets(failed('discover', failure('ECS_THROTTLED', { at: now, roll: 1 })))
        .comesTo(
          state('backingOff'),
          { attempts: 2, trouble: { because: 'the Engine says no', since: 7 } },
          [retries(now + 2.4 * second)],
        )
        .gets(done('retry', stamp))
        .comesTo(state('discovering'), {}, [discovers]);
      at(state('discovering'), { attempts: 30, trouble })
        .gets(failed('discover', failure('ECS_THROTTLED', { at: now })))
        .comesTo(
          state('backingOff'),
          { attempts: 31, trouble: { because: 'the Engine says no', since: now } },
          [retries(now + minute)],
        );
    });
  });

  describe('that connects', () => {
    it('sends what waits once the connection is open, and keeps the count of failures', () => {
      at(online('connecting'), { attempts: 4, trouble })
        .gets({ type: 'connection.opened', at: now, roll: 0.5 })
        .comesTo(online(serving), { connectedAt: now, trouble: null }, [
          sendsBacklog,
          starts('age', 'timer', { deadline: now + 32.5 * minute }),
          starts('silence', 'timer', { deadline: now + 1.5 * minute }),
          starts('status', 'timer', { deadline: now + 20 * second }),
        ]);
    });

    it('waits longer each time it is not taken', () => {
      at(online('connecting'), { attempts: 4 })
        .gets(closed(false))
        .comesTo(state('backingOff'), { attempts: 5, trouble }, [
          stops('connection'),
          retries(now + 16 * second),
        ]);
    });
  });

  describe('that serves', () => {
    const known = { connectedAt: now - minute };

    it('waits anew with each sign of the service', () => {
      at(online(serving), known)
        .gets({ type: 'service.heard', at: now, roll: 0 })
        .comesTo(online(serving), {}, [
          stops('silence'),
          starts('silence', 'timer', { deadline: now + minute }),
        ]);
    });

    it('sees every 20 seconds whether the status of the instance is to be told', () => {
      at(online(serving), known)
        .gets(done('status', stamp))
        .comesTo(online(serving), {}, [
          tells('connection', { type: 'status.tell' }),
          starts('status', 'timer', { deadline: now + 20 * second }),
        ]);
    });

    it('asks for the end of a silent connection', () => {
      at(online(serving), known)
        .gets(done('silence', stamp))
        .comesTo(online('closing'), {}, [stops('status'), stops('age'), closes, patience]);
    });

    it('asks for the end of an old one, and sends no figures over it any more', () => {
      at(online(serving), known)
        .gets(done('age', stamp))
        .comesTo(online('closing'), {}, [stops('status'), stops('silence'), closes, patience]);
      at(state({ online: 'closing' }, 'measuring'), known)
        .gets(done('measure', stamp))
        .comesTo(online('closing'), {}, [
          starts('publish', 'timer', { deadline: now + 20 * second }),
        ]);
    });

    it('connects again at once when the service has ended it in good order', () => {
      at(online('closing'), { ...known, attempts: 4, useless: 2 })
        .gets(closed(true))
        .comesTo(state('discovering'), { attempts: 0, useless: 0 }, [
          stops('patience'),
          stops('connection'),
          discovers,
        ]);
    });

    it('cuts it where the service does not end it within three minutes', () => {
      at(online('closing'), known)
        .gets(done('patience', stamp))
        .comesTo(
          state('backingOff'),
          {
            attempts: 1,
            trouble: {
              because: 'TCS did not end a connection that it was asked to end',
              since: now,
            },
          },
          [stops('connection'), retries(now + second)],
        );
    });

    it('connects again after a delay when the connection breaks', () => {
      at(online(serving), { ...known, attempts: 2, useless: 1 })
        .gets(closed(false))
        .comesTo(state('backingOff'), { attempts: 3, useless: 0, trouble }, [
          ...leavesServing,
          stops('connection'),
          retries(now + 4 * second),
        ]);
    });

    it('drops the connection when ACS says that the instance is not active', () => {
      at(online(serving), known)
        .gets({ type: 'instance.inactive', ...stamp })
        .comesTo(
          state('backingOff'),
          {
            attempts: 1,
            trouble: { because: 'ACS says that the container instance is not active', since: now },
          },
          [...leavesServing, stops('connection'), retries(now + second)],
        );
    });
  });

  describe('whose connections end in good order as soon as they are open', () => {
    const brief = { connectedAt: now - 9 * second };

    it('connects at once three times in a row', () => {
      for (const useless of [0, 1, 2])
        at(online(serving), { ...brief, useless, attempts: 3 })
          .gets(closed(true))
          .comesTo(state('discovering'), { attempts: 0, useless: useless + 1 }, [
            ...leavesServing,
            stops('connection'),
            discovers,
          ]);
    });

    const delays: [number, number][] = [
      [3, 1],
      [4, 2],
      [40, 60],
    ];
    for (const [useless, seconds] of delays)
      it(`connects after ${seconds} s when ${useless} were of no use before`, () => {
        at(online(serving), { ...brief, useless })
          .gets(closed(true))
          .comesTo(state('backingOff'), { useless: useless + 1 }, [
            ...leavesServing,
            stops('connection'),
            retries(now + seconds * second),
          ]);
      });

    it('forgets them with one that was of use', () => {
      at(online(serving), { connectedAt: now - 10 * second, useless: 9 })
        .gets(closed(true))
        .comesTo(state('discovering'), { useless: 0 }, [
          ...leavesServing,
          stops('connection'),
          discovers,
        ]);
    });
  });

  everythingWasTaken(telemetry);
});
