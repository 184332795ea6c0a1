import { expect } from 'chai';
import { LocalPlane, localTaskArn } from '../../../bin/commands/local-plane.ts';
import type { InboundMessage } from '../../../machines/session/model.ts';
import { acsClient } from '../../../transport/acs/client.ts';
import type { AcsConnection, TaskRole } from '../../../transport/acs/port.ts';
import { ecsClient } from '../../../transport/ecs/client.ts';
import type { EcsError } from '../../../transport/ecs/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { wireTask } from '../../support/frames.ts';
import { direct } from '../../support/wire.ts';

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
      ...{ endpoint: plane.url, region: 'local', userAgent: 'Spec', clock, wire: direct },
      credentials: () => Promise.resolve({ accessKeyId: 'A', secretAccessKey: 'S' }),
    });

  it('has one cluster, and makes no other', async () => {
    expect(await codeOf(api().createCluster('specs'))).to.equal('taken');
    expect(await codeOf(api().createCluster('other'))).to.equal('ECS_INVALID');
  });

  it('keeps the state of its container instance, and knows no other', async () => {
    const { containerInstanceArn: arn } = await api().register({
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

describe('the local control plane, to an agent', () => {
  const keys = { accessKeyId: 'AKID', secretAccessKey: 'SECRET', sessionToken: 'TOKEN' };
  const common = {
    region: 'local',
    credentials: () => Promise.resolve(keys),
    clock: realClock(),
    random: realRandom,
    wire: direct,
  };
  const taskArn = localTaskArn('specs', 'one');
  let plane: LocalPlane;
  let connection: AcsConnection;
  const heard: { message: InboundMessage; roles: TaskRole[] }[] = [];
  let wake = () => {};

  beforeEach(async () => {
    heard.length = 0;
    plane = new LocalPlane(common, 'specs');
    await plane.open();
    const ecs = ecsClient({ ...common, endpoint: plane.url, userAgent: 'spec' });
    const { containerInstanceArn } = await ecs.register({
      cluster: 'specs',
      containerInstanceArn: null,
      clientToken: 'token',
      identity: null,
      resources: { cpuUnits: 1, memoryMiB: 1, tcpPorts: [], udpPorts: [] },
      attributes: [],
      tags: {},
    });
    const acs = acsClient({ ...common, agentVersion: '1', agentHash: 'a' });
    const address = { endpoint: `${plane.url}/acs/`, cluster: 'specs', containerInstanceArn };
    connection = acs.connect(
      { ...address, sendCredentials: true, dockerVersion: null },
      {
        opened: () => {},
        closed: () => {},
        malformed: (error) => expect.fail(error.message),
        message: (message, roles) => {
          heard.push({ message, roles });
          wake();
        },
      },
    );
    await plane.connected();
  });
  afterEach(async () => {
    connection.terminate();
    await plane.close();
  });

  /** The next message. */
  const next = async () => {
    while (heard.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return heard.shift() ?? expect.fail('nothing was heard');
  };

  it('places a task, lists it in a manifest, and confirms the stop of what it does not want', async () => {
    plane.run({ ...wireTask('one', { arn: taskArn }) });
    const { message } = await next();
    if (message.kind !== 'payload') return expect.fail('no payload');
    const { messageId, clusterArn, containerInstanceArn } = message.payload;
    connection.send({ kind: 'payload', messageId, clusterArn, containerInstanceArn });
    await plane.until(({ unacknowledged }) => unacknowledged.length === 0);
    plane.sendManifest();
    const { message: listed } = await next();
    expect(listed).to.deep.equal({
      kind: 'manifest',
      manifest: {
        messageId: 'manifest-2',
        clusterArn,
        containerInstanceArn,
        timeline: 2,
        running: [taskArn],
      },
    });
    const candidate = (arn: string) => ({
      taskArn: arn,
      taskClusterArn: clusterArn,
      desiredStatus: 'STOPPED' as const,
    });
    connection.send({
      kind: 'stopVerification',
      messageId: 'manifest-2',
      stopCandidates: [candidate(taskArn), candidate('arn:strange')],
    });
    expect((await next()).message).to.deep.equal({
      kind: 'stopVerified',
      messageId: 'manifest-2',
      taskArns: ['arn:strange'],
    });
  });

  it('wants one task stopped and no other', async () => {
    const other = localTaskArn('specs', 'two');
    for (const arn of [taskArn, other]) plane.run({ ...wireTask('one', { arn }) });
    plane.stop(taskArn);
    const desires = [];
    for (const _ of [1, 2, 3]) {
      const { message } = await next();
      if (message.kind !== 'payload') return expect.fail('no payload');
      desires.push(...message.payload.tasks.map(({ plan, desired }) => [plan.arn, desired]));
    }
    expect(desires).to.deep.equal([
      [taskArn, 'RUNNING'],
      [other, 'RUNNING'],
      [taskArn, 'STOPPED'],
    ]);
  });

  it('gives new keys for a role', async () => {
    const role = { credentialsId: 'app', roleArn: 'arn:role', expiration: '2030', keys, taskArn };
    plane.refresh(role, 'TaskApplication');
    const { message, roles } = await next();
    expect(message).to.deep.include({
      kind: 'credentials',
      taskArn,
      receipt: { credentialsId: 'app', expiration: '2030' },
    });
    expect(roles).to.deep.equal([role]);
  });
});
