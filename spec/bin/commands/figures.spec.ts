import { expect } from 'chai';
import { LocalPlane } from '../../../bin/commands/local-plane.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { tcsClient } from '../../../transport/tcs/client.ts';
import type { TcsConnection } from '../../../transport/tcs/port.ts';
import { direct } from '../../support/wire.ts';
import { usage } from '../../transport/tcs/figures.ts';

describe('the local control plane', () => {
  const clock = realClock();
  const plane = new LocalPlane({ clock, random: realRandom }, 'specs');
  let line: TcsConnection;

  before(async () => {
    await plane.open();
    const keys = { accessKeyId: 'LOCAL', secretAccessKey: 'local' };
    const who = { region: 'local', agentVersion: '1', agentHash: 'a' };
    const service = tcsClient({
      ...who,
      clock,
      wire: direct,
      credentials: () => Promise.resolve(keys),
    });
    await new Promise<void>((opened, closed) => {
      line = service.connect(
        {
          endpoint: `${plane.url}/tcs/`,
          cluster: 'specs',
          containerInstanceArn: 'arn:instance',
          dockerVersion: null,
        },
        { opened, message() {}, malformed() {}, closed },
      );
    });
  });
  after(async () => {
    line.terminate();
    await plane.close();
  });

  it('keeps the latest that is published over its own TCS', async () => {
    const { arn } = usage();
    const health = [{ name: 'web', status: 'HEALTHY' as const, since: 0 }];
    await line.publish({ kind: 'usage', messageId: 'u', idle: false, tasks: [usage()] });
    await line.publish({
      kind: 'health',
      messageId: 'h',
      tasks: [{ arn, family: 'web', version: '7', containers: health }],
    });
    await plane.until(({ figures }) => figures[arn]?.[0]?.health === 'HEALTHY');
    expect(plane.context().figures[arn]).to.deep.equal([
      { name: 'web', cpuPercent: 30.000001907348633, memoryMiB: 80, health: 'HEALTHY' },
    ]);
  });
});
