import { expect } from 'chai';
import { updateMachine } from '../../../machines/update/machine.ts';
import type { StagedUpdate, UpdateRequest } from '../../../machines/update/model.ts';
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

const updater = chart(updateMachine);

const clusterArn = 'arn:aws:ecs:us-west-2:123456789012:cluster/specs';
const where = { clusterArn, containerInstanceArn: instance };
const stamp = { at: 2_000, roll: 0 };

/** An order for a new version, but for what is given. */
const order = (messageId: string, update: UpdateRequest['update'] = version()): UpdateRequest => ({
  messageId,
  ...where,
  update,
});
const version = (signature = 'abc') => ({ location: `https://s3.test/${signature}`, signature });
const staged = (messageId: string, signature = 'abc'): StagedUpdate => ({
  messageId,
  ...where,
  ...version(signature),
});
const stage = (request: UpdateRequest) => ({ type: 'update.stage' as const, request, ...stamp });
const perform = (messageId: string, update?: UpdateRequest['update']) => ({
  type: 'update.perform' as const,
  request: order(messageId, update),
  ...stamp,
});

const answers = (acknowledgement: object) =>
  tells('session', { type: 'acknowledge', acknowledgements: [{ ...where, ...acknowledgement }] });
const accepts = (messageId: string) => answers({ kind: 'received', messageId });
const refuses = (messageId: string, reason: string) => answers({ kind: 'nack', messageId, reason });
const downloads = (update: StagedUpdate) =>
  starts('download', 'download', { ...update, since: 2_000 });

/** The updater in a state, with a session that can be told. */
const at = (state: string, update: StagedUpdate | null = null, enabled = true) =>
  when(updater, state, { enabled, staged: update }, { system: ['session'] });

describe('the updater', () => {
  it('begins without anything to do', () => {
    begins(updater, { enabled: true }).comesTo('idle', { enabled: true, staged: null });
  });

  describe('that is told of a new version', () => {
    it('downloads it, and accepts the order once it is here', () => {
      at('idle')
        .gets(stage(order('m1')))
        .comesTo('staged.downloading', { staged: staged('m1') }, [downloads(staged('m1'))])
        .gets(done('download', stamp))
        .comesTo('staged.downloaded', {}, [accepts('m1')]);
    });

    it('refuses it where the download fails, and then has nothing', () => {
      at('staged.downloading', staged('m1'))
        .gets(failed('download', failure('UPDATE_HASH', { message: 'Hashsum validation failed' })))
        .comesTo('idle', { staged: null }, [
          refuses('m1', 'Unable to download: Hashsum validation failed'),
        ]);
    });

    const incomplete: [update: UpdateRequest['update'], reason: string][] = [
      [null, 'no update info given'],
      [{ location: '', signature: 'abc' }, 'no location given'],
      [{ location: ' ', signature: '' }, 'no location given'],
      [{ location: 'https://s3.test/a', signature: '' }, 'no signature given'],
      [{ location: 'https://s3.test/a', signature: ' \n' }, 'no signature given'],
    ];
    for (const [update, reason] of incomplete)
      it(`refuses an order like ${JSON.stringify(update)}, and forgets what it has`, () => {
        const refusal = refuses('m2', `Invalid update: ${reason}`);
        at('idle')
          .gets(stage(order('m2', update)))
          .stays({}, [refusal]);
        at('staged.downloading', staged('m1'))
          .gets(stage(order('m2', update)))
          .comesTo('idle', { staged: null }, [stops('download'), refusal]);
        at('staged.downloaded', staged('m1'))
          .gets(stage(order('m2', update)))
          .comesTo('idle', { staged: null }, [refusal]);
      });

    it('accepts an order that is repeated, by the version and not by the message, and goes on', () => {
      for (const state of ['staged.downloading', 'staged.downloaded'])
        for (const messageId of ['m1', 'm2'])
          at(state, staged('m1'))
            .gets(stage(order(messageId, { location: 'https://other.test/', signature: ' abc\n' })))
            .stays({}, [accepts(messageId)]);
    });

    it('refuses the order before when another version is wanted, and downloads that', () => {
      const other = stage(order('m2', version('def')));
      const refusal = refuses('m1', 'New update arrived: m2');
      const next = { staged: staged('m2', 'def') };
      at('staged.downloading', staged('m1'))
        .gets(other)
        .comesTo('staged.downloading', next, [
          stops('download'),
          refusal,
          downloads(staged('m2', 'def')),
        ])
        .gets(done('download', stamp))
        .comesTo('staged.downloaded', {}, [accepts('m2')]);
      at('staged.downloaded', staged('m1'))
        .gets(other)
        .comesTo('staged.downloading', next, [refusal, downloads(staged('m2', 'def'))]);
    });

    it('downloads it while no session is there, and tells none', () => {
      when(updater, 'staged.downloading', { enabled: true, staged: staged('m1') })
        .gets(done('download', stamp))
        .comesTo('staged.downloaded');
    });
  });

  describe('that is told to start the new version', () => {
    it('refuses where none is here', () => {
      const refusal = refuses('m2', 'Cannot perform update; update not downloaded');
      at('idle').gets(perform('m2')).stays({}, [refusal]);
      at('staged.downloading', staged('m1')).gets(perform('m2')).stays({}, [refusal]);
    });

    it('accepts, whatever the order says of the version, and is done once ECS was told', () => {
      const { output } = at('staged.downloaded', staged('m1'))
        .gets(perform('m2', null))
        .comesTo('performing', {}, [
          accepts('m2'),
          starts('flush', 'flush'),
          starts('patience', 'timer', { deadline: 5_000 }),
        ])
        .gets(done('flush', { at: 2_001, roll: 0 }))
        .comesTo('performed', {}, [stops('patience')]);
      expect(output).to.deep.equal({ at: 2_001, roll: 0 });
    });

    it('is done without ECS after three seconds, or where it cannot be told', () => {
      at('performing', staged('m1'))
        .gets(done('patience', { at: 5_000, roll: 0 }))
        .comesTo('performed', {}, [stops('flush')]);
      at('performing', staged('m1'))
        .gets(failed('flush', failure('UNKNOWN')))
        .comesTo('performed', {}, [stops('patience')]);
    });
  });

  it('refuses all where updates are disabled', () => {
    const refusal = refuses('m1', 'Updates are disabled');
    at('idle', null, false)
      .gets(stage(order('m1')))
      .stays({}, [refusal]);
    at('idle', null, false)
      .gets(stage(order('m1', null)))
      .stays({}, [refusal]);
    at('idle', null, false).gets(perform('m1')).stays({}, [refusal]);
  });

  everythingWasTaken(updater);
});
