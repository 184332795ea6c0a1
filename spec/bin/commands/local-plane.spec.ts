import { expect } from 'chai';
import { LocalPlane } from '../../../bin/commands/local-plane.ts';
import { ecsClient } from '../../../transport/ecs/client.ts';
import type { EcsError } from '../../../transport/ecs/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';

describe('the local control plane', () => {
  const clock = realClock();
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'taken',
      (error: EcsError) => error.code,
    );
  let plane: LocalPlane;

  beforeEach(async () => {
    plane = new LocalPlane({ clock, random: realRandom }, 'specs');
    await plane.open();
  });
  afterEach(() => plane.close());

  const api = () =>
    ecsClient({
      ...{ endpoint: plane.url, region: 'local', userAgent: 'Spec', clock },
      credentials: () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'S' }),
    });

  it('has one cluster, and makes no other', async () => {
    expect(await codeOf(api().createCluster('specs'))).to.equal('taken');
    expect(await codeOf(api().createCluster('other'))).to.equal('ECS_INVALID');
  });

  it('keeps the state of its container instance, and knows no other', async () => {
    const arn = await api().register({
      ...{ cluster: 'specs', containerInstanceArn: null, clientToken: 't', identity: null },
      resources: { cpuUnits: 1024, memoryMiB: 512, tcpPorts: [], udpPorts: [] },
      ...{ attributes: [], tags: {} },
    });
    const draining = { cluster: 'specs', status: 'DRAINING' } as const;
    expect(await codeOf(api().updateInstanceState({ ...draining, arn: 'arn:other' }))).to.equal(
      'ECS_INVALID',
    );
    expect(plane.context().status).to.equal('ACTIVE');
    await api().updateInstanceState({ ...draining, arn });
    expect(plane.context().status).to.equal('DRAINING');
  });
});
