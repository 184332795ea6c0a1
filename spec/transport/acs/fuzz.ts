import { expect } from 'chai';
import fc from 'fast-check';
import type { InboundMessage } from '../../../machines/session/model.ts';
import { decodeAcknowledgement, hearFrame } from '../../../transport/acs/codec.ts';
import { MalformedError } from '../../../transport/wire/members.ts';
import { addressed, anyBadTask, anyFrame, wireTask } from '../../support/frames.ts';
import { random } from './wire.ts';

/** What a listener hears of a frame, which must be one thing: a message, or the code of an error. */
function heard(frame: string): InboundMessage | string {
  const told: (InboundMessage | string)[] = [];
  hearFrame(frame, random, {
    opened: () => expect.fail('nothing is opened'),
    closed: () => expect.fail('nothing is closed'),
    message: (message) => told.push(message),
    malformed: ({ code }) => told.push(code),
  });
  const [only, ...more] = told;
  expect(more).to.deep.equal([]);
  return only ?? expect.fail('nothing was heard');
}

const kinds = [
  'payload',
  'heartbeat',
  'credentials',
  'manifest',
  'stopVerified',
  'attachment',
  'stageUpdate',
  'performUpdate',
  'other',
];

/** What must hold of frames, whatever they are. Prints the seed of a run that fails. */
export function fuzzFrames(runs: number): void {
  describe(`of ${runs} frames`, function () {
    this.timeout(0);
    const share = (part: number) => ({ numRuns: Math.ceil(runs * part) });

    it('each is a message of the model, or is told as none', () => {
      fc.assert(
        fc.property(anyFrame, (frame) => {
          const told = heard(frame);
          if (typeof told === 'string')
            expect(told).to.be.oneOf(['ACS_MALFORMED_FRAME', 'ACS_UNKNOWN_MESSAGE']);
          else {
            expect(told.kind).to.be.oneOf(kinds);
            // It is kept and passed on as plain JSON.
            expect(JSON.parse(JSON.stringify(structuredClone(told)))).to.deep.equal(
              JSON.parse(JSON.stringify(told)),
            );
          }
        }),
        share(0.6),
      );
    });

    it('none ends the control plane’s end either', () => {
      const isRead = (frame: string) => {
        try {
          decodeAcknowledgement(frame);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw error;
        }
      };
      fc.assert(fc.property(anyFrame, isRead), share(0.1));
    });

    it('none costs a good task that comes beside a bad one', () => {
      const bad = fc.array(fc.oneof(anyBadTask('bad-1'), anyBadTask('bad-2')), {
        minLength: 1,
        maxLength: 3,
      });
      const arrival = fc.tuple(bad, fc.integer({ min: 1, max: 3 })).chain(([wrong, count]) => {
        const good = Array.from({ length: count }, (_, at) => wireTask(`good-${at}`));
        return fc.shuffledSubarray([...good, ...wrong], { minLength: good.length + wrong.length });
      });
      fc.assert(
        fc.property(arrival, (tasks) => {
          const frame = { type: 'PayloadMessage', message: { ...addressed, tasks } };
          const told = heard(JSON.stringify(frame));
          if (typeof told === 'string' || told.kind !== 'payload') return expect.fail('no payload');
          const taken = told.payload.tasks.map(({ plan }) => plan.arn);
          const good = tasks.flatMap((task) => arnOf(task) ?? []);
          expect(taken).to.include.members(good.filter((arn) => arn.includes('/good-')));
          expect(told.payload.refused.length + taken.length).to.be.at.most(tasks.length);
        }),
        share(0.3),
      );
    });
  });
}

const arnOf = (task: unknown): string | null => {
  const { arn } = (task ?? {}) as { arn?: unknown };
  return typeof arn === 'string' ? arn : null;
};
