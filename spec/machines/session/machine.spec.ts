import type { SessionContext } from '../../../machines/session/events.ts';
import { sessionMachine } from '../../../machines/session/machine.ts';
import type {
  Acknowledgement,
  Attachment,
  InboundMessage,
  Manifest,
} from '../../../machines/session/model.ts';
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
import { failure, instance, payload, sessionContext } from '../../support/chart-contexts.ts';

const session = chart(sessionMachine);
const at = (state: string, more: Partial<SessionContext> = {}) =>
  when(session, state, sessionContext(more));

const minute = 60_000;
const now = 100 * minute;
const stamp = { at: now, roll: 0 };
const endpoint = 'https://acs.specs.amazonaws.com';
const known = { endpoint, hasConnected: true, connectedAt: now - 30_000 };

const opened = { type: 'connection.opened' as const, at: now, roll: 0.5 };
const closed = (more: { clean?: boolean; inactiveInstance?: boolean } = {}) => ({
  type: 'connection.closed' as const,
  clean: false,
  inactiveInstance: false,
  ...more,
  ...stamp,
});
const received = (message: InboundMessage, known: string[] = []) => ({
  type: 'message.received' as const,
  message,
  known,
  ...stamp,
});

const addressed = { messageId: 'm1', clusterArn: 'arn:c', containerInstanceArn: instance };
const sends = (...acknowledgements: Acknowledgement[]) =>
  tells('connection', { type: 'frame.send', acknowledgements });

const discovers = starts('discover', 'discover', { containerInstanceArn: instance });
const connects = (sendCredentials: boolean) =>
  starts('connection', 'connection', {
    endpoint,
    containerInstanceArn: instance,
    sendCredentials,
  });
const retries = (deadline: number) => starts('retry', 'timer', { deadline });
const listens = starts('heartbeat', 'timer', { deadline: now + minute });
const tellsAgent = (type: string) => tells('parent', { type, at: now });
const leavesServing = [
  stops('heartbeat'),
  tellsAgent('session.disconnected'),
  stops('age'),
  stops('connection'),
];

describe('a session with ACS', () => {
  describe('that looks for its endpoint', () => {
    it('asks ECS for it first', () => {
      begins(session, { containerInstanceArn: instance }).comesTo('discovering', sessionContext(), [
        discovers,
      ]);
    });

    it('connects once ECS has named it', () => {
      at('discovering')
        .gets(done('discover', { endpoint, ...stamp }))
        .comesTo('online.connecting', { endpoint }, [connects(true)]);
    });

    it('asks for the credentials of running tasks the first time only', () => {
      at('discovering', { hasConnected: true })
        .gets(done('discover', { endpoint, ...stamp }))
        .comesTo('online.connecting', { endpoint }, [connects(false)]);
    });

    it('asks again a while after a failure, later each time', () => {
      at('discovering', { attempts: 1 })
        .gets(failed('discover', failure('ECS_THROTTLED', { at: now, roll: 0 })))
        .comesTo('backingOff', { attempts: 2 }, [retries(now + 375)])
        .gets(done('retry', stamp))
        .comesTo('discovering', {}, [discovers]);
    });
  });

  describe('that connects', () => {
    it('serves once the connection is open, renews it when it is old, and listens', () => {
      at('online.connecting', { endpoint, attempts: 2 })
        .gets(opened)
        .comesTo('online.serving.listening', { hasConnected: true, connectedAt: now }, [
          tellsAgent('session.connected'),
          starts('age', 'timer', { deadline: now + 32.5 * minute }),
          starts('heartbeat', 'timer', { deadline: now + 1.5 * minute }),
        ]);
    });

    it('rests for an hour when ACS says that the container instance is not active', () => {
      at('online.connecting', { endpoint })
        .gets(closed({ inactiveInstance: true }))
        .comesTo('dormant', {}, [
          stops('connection'),
          starts('sleep', 'timer', { deadline: now + 60 * minute }),
        ])
        .gets(done('sleep', stamp))
        .comesTo('discovering', {}, [discovers]);
    });

    it('waits longer each time ACS does not take it', () => {
      at('online.connecting', { endpoint, attempts: 1 })
        .gets(closed())
        .comesTo('backingOff', { attempts: 2 }, [stops('connection'), retries(now + 375)]);
    });
  });

  describe('that serves', () => {
    it('hands a payload to the agent, and listens anew', () => {
      at('online.serving.listening', known)
        .gets(received({ kind: 'payload', payload: payload() }, ['arn:known']))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          tells('parent', {
            type: 'payload.received',
            payload: payload(),
            known: ['arn:known'],
            at: now,
          }),
          listens,
        ]);
    });

    it('answers a heartbeat', () => {
      at('online.serving.listening', known)
        .gets(received({ kind: 'heartbeat', messageId: 'h1' }))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          tells('connection', {
            type: 'frame.send',
            acknowledgements: [{ kind: 'heartbeat', messageId: 'h1' }],
          }),
          listens,
        ]);
    });

    it('acknowledges new keys of a role, which are kept in memory only', () => {
      const receipt = { credentialsId: 'c1', expiration: '2030-01-01T00:00:00Z' };
      const keys = { kind: 'credentials' as const, messageId: 'k1', taskArn: 'arn:t', receipt };
      at('online.serving.listening', known)
        .gets(received(keys, ['arn:t']))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          sends({ kind: 'credentials', messageId: 'k1', ...receipt }),
          listens,
        ])
        .gets(received(keys))
        .comesTo('online.serving.listening', {}, [stops('heartbeat'), listens]);
    });

    it('hands a manifest to the agent, with the tasks that it wants running', () => {
      const manifest: Manifest = { ...addressed, timeline: 7, running: ['arn:a'] };
      at('online.serving.listening', known)
        .gets(received({ kind: 'manifest', manifest }, ['arn:a', 'arn:b']))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          tells('parent', { type: 'manifest.received', manifest, known: ['arn:a', 'arn:b'] }),
          listens,
        ]);
    });

    it('hands to the agent which of its tasks are to stop', () => {
      at('online.serving.listening', known)
        .gets(received({ kind: 'stopVerified', messageId: 'm1', taskArns: ['x'] }, ['arn:b']))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          tells('parent', { type: 'stop.verified', messageId: 'm1', known: ['arn:b'], at: now }),
          listens,
        ]);
    });

    it('says at once that the message of an attachment is here', () => {
      const attachment: Attachment = {
        ...addressed,
        of: 'volume',
        taskArn: null,
        ids: ['vol-1'],
        waitTimeoutMs: 1_000,
      };
      at('online.serving.listening', known)
        .gets(received({ kind: 'attachment', attachment }))
        .comesTo('online.serving.listening', {}, [
          stops('heartbeat'),
          sends({ kind: 'received', ...addressed }),
          listens,
        ]);
    });

    it('takes any other message for a sign of life', () => {
      const request = { ...addressed, update: null };
      const others: InboundMessage[] = [
        { kind: 'other', type: 'CloseMessage', is: 'error', remark: '' },
        { kind: 'stageUpdate', request },
        { kind: 'performUpdate', request },
      ];
      for (const other of others)
        at('online.serving.listening', known)
          .gets(received(other))
          .comesTo('online.serving.listening', {}, [stops('heartbeat'), listens]);
    });

    it('acknowledges what the agent says is on disk', () => {
      const acknowledgements = [{ kind: 'heartbeat' as const, messageId: 'm1' }];
      at('online.serving.listening', known)
        .gets({ type: 'acknowledge', acknowledgements })
        .stays({}, [tells('connection', { type: 'frame.send', acknowledgements })]);
    });

    it('asks ACS to end a connection that is old, and serves until it does', () => {
      at('online.serving.listening', known)
        .gets(done('age', stamp))
        .stays({}, [
          tells('connection', {
            type: 'connection.close',
            reason: 'ConnectionExpired: Reconnect to continue',
          }),
        ]);
    });

    it('rests for an hour when ACS ends the connection of an instance that is not active', () => {
      at('online.serving.listening', known)
        .gets(closed({ inactiveInstance: true }))
        .comesTo('dormant', {}, [
          ...leavesServing,
          starts('sleep', 'timer', { deadline: now + 60 * minute }),
        ]);
    });

    it('connects anew without delay when ACS ends the connection in good order', () => {
      at('online.serving.listening', { ...known, attempts: 4 })
        .gets(closed({ clean: true }))
        .comesTo('discovering', { attempts: 0 }, [...leavesServing, discovers]);
    });

    it('connects anew after a growing delay when a young connection breaks', () => {
      at('online.serving.listening', { ...known, attempts: 4 })
        .gets(closed())
        .comesTo('backingOff', { attempts: 5 }, [...leavesServing, retries(now + 1_266)]);
    });

    it('forgets earlier failures when a connection breaks that was stable', () => {
      at('online.serving.listening', { ...known, connectedAt: now - minute - 1, attempts: 4 })
        .gets(closed())
        .comesTo('backingOff', { attempts: 1 }, [...leavesServing, retries(now + 250)]);
    });

    it('gives a connection up that has been silent for too long', () => {
      at('online.serving.listening', { ...known, attempts: 1 })
        .gets(done('heartbeat', stamp))
        .comesTo('backingOff', { attempts: 2 }, [
          tellsAgent('session.disconnected'),
          stops('age'),
          stops('connection'),
          retries(now + 375),
        ]);
    });
  });

  it('keeps nothing for ACS while it is not connected: ACS sends it again', () => {
    at('backingOff').gets({ type: 'acknowledge', acknowledgements: [] }).stays();
  });

  everythingWasTaken(session);
});
