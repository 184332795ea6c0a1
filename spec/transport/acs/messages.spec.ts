import { expect } from 'chai';
import { decodeAcknowledgement } from '../../../transport/acs/codec.ts';
import { MalformedError } from '../../../transport/wire/members.ts';
import { decode, decoded } from './wire.ts';

const arn = (resource: string) => `arn:aws:ecs:us-west-2:123456789012:${resource}`;
const taskArn = arn('task/specs/1');
const addressed = {
  messageId: 'm-1',
  clusterArn: arn('cluster/specs'),
  containerInstanceArn: arn('container-instance/specs/1'),
};

/** A message without these changes is valid; each change, and what is then said of it. */
type Fault = [change: object, remark: string];

const missing = (...names: string[]): Fault[] =>
  names.flatMap((name): Fault[] => [
    [{ [name]: '' }, `it has no ${name}`],
    [{ [name]: null }, `it has no ${name}`],
  ]);

/** Shows that a message is not valid with any of these changes. */
function notValid(type: string, message: object, faults: Fault[]): void {
  for (const [change, remark] of faults)
    it(`is not valid with ${JSON.stringify(change)}`, () => {
      expect(decode({ type, message: { ...message, ...change } })).to.deep.equal({
        kind: 'other',
        type,
        is: 'invalid',
        remark,
      });
    });
}

describe('new keys of a role', () => {
  const keys = { accessKeyId: 'ASIA', secretAccessKey: 'top-secret', sessionToken: 'token' };
  const receipt = { credentialsId: 'exec', expiration: '2030-01-01T00:00:00Z' };
  const type = 'IAMRoleCredentialsMessage';
  const message = {
    messageId: 'k-1',
    taskArn,
    roleType: 'TaskExecution',
    roleCredentials: { ...receipt, roleArn: 'arn:role', ...keys, credentialScope: 'ignored' },
  };

  it('come apart from the message that is to be acknowledged, which repeats their expiration', () => {
    expect(decoded({ type, message })).to.deep.equal({
      message: { kind: 'credentials', messageId: 'k-1', taskArn, receipt },
      roles: [{ taskArn, ...receipt, roleArn: 'arn:role', keys }],
    });
  });

  it('may be those of the task itself', () => {
    const application = { ...message, roleType: 'TaskApplication' };
    expect(decode({ type, message: application }).kind).to.equal('credentials');
  });

  it('are not kept of a message that is not valid', () => {
    expect(decoded({ type, message: { ...message, messageId: '' } }).roles).to.deep.equal([]);
  });

  notValid(type, message, [
    ...missing('messageId', 'taskArn', 'roleType'),
    [{ roleType: 'TaskMaster' }, 'its roleType is not known'],
    [{ roleCredentials: null }, 'it has no credentialsId'],
    [{ roleCredentials: keys }, 'it has no credentialsId'],
  ]);
});

describe('a manifest', () => {
  const type = 'TaskManifestMessage';
  const tasks = [
    { taskArn: 'arn:a', taskClusterArn: 'arn:c', desiredStatus: 'RUNNING' },
    { taskArn: 'arn:b', desiredStatus: 'STOPPED' },
    { taskArn: 'arn:c', desiredStatus: 'running' },
    { desiredStatus: 'RUNNING' },
    null,
  ];
  const message = { ...addressed, generatedAt: 1_767_225_600_123, timeline: 42, tasks };

  it('tells its place in the order, and what is wanted running', () => {
    expect(decode({ type, message })).to.deep.equal({
      kind: 'manifest',
      manifest: { ...addressed, timeline: 42, running: ['arn:a'] },
    });
  });

  it('may list nothing', () => {
    expect(decode({ type, message: { ...message, tasks: null } }))
      .to.have.nested.property('manifest.running')
      .that.deep.equals([]);
  });

  it('keeps its order beyond the whole numbers that JavaScript has', () => {
    const timelineOf = (timeline: string) =>
      decode(`{"type":"${type}","message":${JSON.stringify(message).replace('42', timeline)}}`);
    for (const timeline of ['9007199254740993', '9223372036854774000', '9223372036854775807'])
      expect(timelineOf(timeline)).to.have.nested.property('manifest.timeline', Number(timeline));
  });

  notValid(type, message, [
    ...missing('messageId', 'clusterArn', 'containerInstanceArn'),
    [{ timeline: null }, 'it has no timeline'],
  ]);
});

describe('the answer to a question about stops', () => {
  const type = 'TaskStopVerificationAck';
  const message = { messageId: 'm-6', stopTasks: [{ taskArn: 'arn:a' }, {}, null] };

  it('names the manifest, and what is to stop', () => {
    expect(decode({ type, message })).to.deep.equal({
      kind: 'stopVerified',
      messageId: 'm-6',
      taskArns: ['arn:a'],
    });
  });

  notValid(type, message, missing('messageId'));
});

describe('network interfaces', () => {
  const eni = {
    attachmentArn: arn('attachment/1'),
    ec2Id: 'eni-1',
    macAddress: '02:7b:64:49:b1:40',
    ipv4Addresses: [{ primary: true, privateAddress: '10.0.0.7' }],
    subnetGatewayIpv4Address: '10.0.0.1/24',
  };
  const ipv6 = {
    ...eni,
    ipv4Addresses: [],
    ipv6Addresses: [{ address: '2600::1' }],
    subnetGatewayIpv4Address: null,
    subnetGatewayIpv6Address: '2600::/64',
  };
  const message = { ...addressed, waitTimeoutMs: 300_000, elasticNetworkInterfaces: [eni] };
  const forTask = { ...message, taskArn };
  const vlan = { vlanId: '7', trunkInterfaceMacAddress: '02:00:00:00:00:01' };

  it('of a task are known by their MAC addresses', () => {
    expect(decode({ type: 'AttachTaskNetworkInterfacesMessage', message: forTask })).to.deep.equal({
      kind: 'attachment',
      attachment: {
        ...addressed,
        of: 'taskInterface',
        taskArn,
        ids: [eni.macAddress],
        waitTimeoutMs: 300_000,
      },
    });
  });

  it('of the instance are as well', () => {
    const two = [eni, { ...eni, macAddress: 'other' }];
    expect(
      decode({
        type: 'AttachInstanceNetworkInterfacesMessage',
        message: { ...message, elasticNetworkInterfaces: two },
      }),
    ).to.deep.equal({
      kind: 'attachment',
      attachment: {
        ...addressed,
        of: 'instanceInterface',
        taskArn: null,
        ids: [eni.macAddress, 'other'],
        waitTimeoutMs: 300_000,
      },
    });
  });

  const good: [string, object][] = [
    ['with IPv6 addresses alone', ipv6],
    ['with addresses of both kinds and one gateway', { ...ipv6, ...eni }],
    ['by the default association', { ...eni, interfaceAssociationProtocol: 'default' }],
    ['in a VLAN', { ...eni, interfaceAssociationProtocol: 'vlan', interfaceVlanProperties: vlan }],
  ];
  for (const [what, found] of good)
    it(`are valid ${what}`, () => {
      const given = { ...forTask, elasticNetworkInterfaces: [found] };
      const type = 'AttachTaskNetworkInterfacesMessage';
      expect(decode({ type, message: given }).kind).to.equal('attachment');
    });

  const only = (change: object) => ({ elasticNetworkInterfaces: [{ ...eni, ...change }] });
  const byVlan = (change: object | null) =>
    only({ interfaceAssociationProtocol: 'vlan', interfaceVlanProperties: change });
  const noAddress = 'an interface has no address';
  const noGateway = 'an interface has no gateway with the length of its prefix';
  const faults: Fault[] = [
    ...missing('messageId', 'clusterArn', 'containerInstanceArn'),
    [{ waitTimeoutMs: 0 }, 'it has no waitTimeoutMs'],
    [{ waitTimeoutMs: null }, 'it has no waitTimeoutMs'],
    [{ waitTimeoutMs: -1 }, 'it has no waitTimeoutMs'],
    [{ elasticNetworkInterfaces: [] }, 'it has no interface'],
    [{ elasticNetworkInterfaces: null }, 'it has no interface'],
    [{ elasticNetworkInterfaces: [null] }, 'an interface is null'],
    [only({ ec2Id: '' }), 'it has no ec2Id'],
    [only({ macAddress: null }), 'it has no macAddress'],
    [only({ ipv4Addresses: [] }), noAddress],
    [only({ ipv4Addresses: [null] }), noAddress],
    [only({ subnetGatewayIpv4Address: null }), noGateway],
    [only({ subnetGatewayIpv4Address: '10.0.0.1' }), noGateway],
    [only({ subnetGatewayIpv4Address: '10.0.0.1/24/8' }), noGateway],
    [{ elasticNetworkInterfaces: [{ ...ipv6, subnetGatewayIpv6Address: '' }] }, noGateway],
    [only({ interfaceAssociationProtocol: 'tunnel' }), 'its way of association is not known'],
    [only({ interfaceAssociationProtocol: 'veth' }), 'its way of association is not known'],
    [byVlan(null), 'an interface has no interfaceVlanProperties'],
    [byVlan({ ...vlan, vlanId: '' }), 'it has no vlanId'],
    [byVlan({ vlanId: '7' }), 'it has no trunkInterfaceMacAddress'],
  ];
  notValid('AttachTaskNetworkInterfacesMessage', forTask, [...faults, ...missing('taskArn')]);
  notValid('AttachInstanceNetworkInterfacesMessage', message, faults);
});

describe('an attachment', () => {
  const type = 'ConfirmAttachmentMessage';
  const propertiesOf = (values: Record<string, string>) =>
    Object.entries(values).map(([name, value]) => ({ name, value }));
  const ebs = {
    volumeId: 'vol-1',
    volumeSizeGib: '20',
    deviceName: '/dev/xvdba',
    sourceVolumeHostPath: 'taskid_vol-1',
    volumeName: 'data',
  };
  const attachment = {
    attachmentArn: arn('attachment/1'),
    attachmentType: 'amazonebs',
    attachmentProperties: propertiesOf(ebs),
  };
  const message = { ...addressed, taskArn, waitTimeoutMs: 60_000, attachment };
  const told = { ...addressed, of: 'volume', taskArn, ids: ['vol-1'], waitTimeoutMs: 60_000 };
  const withProperties = (values: Record<string, string>, more: object = {}) => ({
    attachment: { ...attachment, attachmentProperties: propertiesOf(values), ...more },
  });

  it('that is a volume is known by its id', () => {
    expect(decode({ type, message })).to.deep.equal({ kind: 'attachment', attachment: told });
  });

  for (const waitTimeoutMs of [null, 0])
    it(`is waited for five minutes where ECS says ${waitTimeoutMs}`, () => {
      expect(decode({ type, message: { ...message, waitTimeoutMs } })).to.deep.equal({
        kind: 'attachment',
        attachment: { ...told, waitTimeoutMs: 300_000 },
      });
    });

  const block = { resourceType: 'ElasticBlockStorage', volumeID: 'vol-2', deviceName: '/dev/b' };
  const ephemeral = {
    resourceType: 'EphemeralStorage',
    volumeID: 'vol-2',
    deviceName: '/dev/b',
    volumeSizeInGiB: '20',
    requestedSizeInGiB: '20',
    resourceID: 'r-1',
  };
  for (const values of [block, ephemeral])
    it(`of kind ${values.resourceType} asks for nothing`, () => {
      const change = withProperties(values, { attachmentType: 'other' });
      expect(decode({ type, message: { ...message, ...change } })).to.deep.equal({
        kind: 'attachment',
        attachment: { ...told, of: 'ignored', ids: ['vol-2'] },
      });
    });

  for (const fileSystem of ['xfs', 'ext2', 'ext3', 'ext4', 'ntfs'])
    it(`may have the file system ${fileSystem}`, () => {
      const change = withProperties({ ...ebs, fileSystem });
      expect(decode({ type, message: { ...message, ...change } }).kind).to.equal('attachment');
    });

  const without = (values: Record<string, string>, more: object): Fault[] =>
    Object.keys(values).map((name) => {
      const rest = Object.fromEntries(Object.entries(values).filter(([each]) => each !== name));
      const remark =
        name === 'resourceType'
          ? 'its kind of attachment is not known'
          : `it has no property ${name}`;
      return [withProperties(rest, more), remark];
    });
  notValid(type, message, [
    ...missing('messageId', 'clusterArn', 'containerInstanceArn'),
    [{ clusterArn: 'specs' }, 'its clusterArn is not an ARN'],
    [{ containerInstanceArn: 'arn:short' }, 'its containerInstanceArn is not an ARN'],
    [{ attachment: null }, 'it has no attachment'],
    [{ attachment: { ...attachment, attachmentArn: '' } }, 'it has no attachmentArn'],
    [{ attachment: { ...attachment, attachmentArn: 'x' } }, 'its attachmentArn is not an ARN'],
    [{ waitTimeoutMs: -1 }, 'its waitTimeoutMs is negative'],
    [withProperties({ ...ebs, more: '' }), 'a property has no name or no value'],
    [withProperties({ ...ebs, '': 'x' }), 'a property has no name or no value'],
    [withProperties({ ...ebs, fileSystem: 'ntfs4' }), 'its file system is not known'],
    [
      withProperties({ resourceType: 'constructor' }, { attachmentType: 'other' }),
      'its kind of attachment is not known',
    ],
    ...without(ebs, {}),
    ...without(block, { attachmentType: 'other' }),
    ...without(ephemeral, { attachmentType: null }),
  ]);
});

describe('an update', () => {
  const updateInfo = { location: 'https://host/agent.tar', signature: 'c0ffee' };
  const kinds = [
    ['StageUpdateMessage', 'stageUpdate'],
    ['PerformUpdateMessage', 'performUpdate'],
  ] as const;
  for (const [type, kind] of kinds) {
    const updates: [unknown, unknown][] = [
      [updateInfo, updateInfo],
      [{}, { location: '', signature: '' }],
      [{ location: 'x' }, { location: 'x', signature: '' }],
      [null, null],
    ];
    for (const [given, update] of updates)
      it(`of type ${type} with ${JSON.stringify(given)} is handed on as it is`, () => {
        expect(decode({ type, message: { ...addressed, updateInfo: given } })).to.deep.equal({
          kind,
          request: { ...addressed, update },
        });
      });
    notValid(type, { ...addressed, updateInfo }, missing(...Object.keys(addressed)));
  }
});

describe('what an agent says', () => {
  it('is read only where it is of a kind that agents say', () => {
    for (const frame of ['[]', '{}', '{"type":"PayloadMessage"}', 'x'])
      expect(() => decodeAcknowledgement(frame)).to.throw(MalformedError);
  });

  it('may lack any member', () => {
    expect(decodeAcknowledgement('{"type":"TaskStopVerificationMessage"}')).to.deep.equal({
      kind: 'stopVerification',
      messageId: '',
      stopCandidates: [],
    });
  });
});
