import { expect } from 'chai';
import { describeContainer, describeTask } from '../../../transport/tmds/describe.ts';
import { servedContainer, servedTask, taskArn } from './served.ts';

const full = servedContainer({
  bindings: [{ bindIP: '0.0.0.0', protocol: 'tcp', containerPort: 80, hostPort: 32_768 }],
  labels: { b: '2', a: '1' },
  exitCode: 0,
  cpu: 256,
  memoryMiB: 512,
  createdAt: '2026-06-01T12:00:00.123456789Z',
  startedAt: '2026-06-01T12:00:01Z',
  finishedAt: '2026-06-01T12:00:02Z',
  health: { status: 'UNHEALTHY', since: '2026-06-01T12:00:03Z', exitCode: 1, output: 'no' },
  mounts: [{ name: 'v', source: '/a', destination: '/b' }],
  networks: [{ mode: 'bridge', ipv4: ['172.17.0.2'], ipv6: ['fd00::2'] }],
  logDriver: 'awslogs',
  logOptions: { 'awslogs-group': 'g' },
  arn: 'arn:aws:ecs:us-west-2:1:container/prod/0a/1',
  restarts: 0,
});

describe('the metadata of a container', () => {
  it('has everything in its order in version 4', () => {
    expect(JSON.stringify(describeContainer(full, 4))).to.equal(
      JSON.stringify({
        DockerId: 'cd18',
        Name: 'nginx',
        DockerName: 'ecs-web-3-nginx-90b6',
        Image: 'nginx:1',
        ImageID: 'sha256:1mage',
        Ports: [{ ContainerPort: 80, Protocol: 'tcp', HostPort: 32_768, HostIp: '0.0.0.0' }],
        Labels: { a: '1', b: '2' },
        DesiredStatus: 'RUNNING',
        KnownStatus: 'RUNNING',
        ExitCode: 0,
        Limits: { CPU: 256, Memory: 512 },
        CreatedAt: '2026-06-01T12:00:00.123456789Z',
        StartedAt: '2026-06-01T12:00:01Z',
        FinishedAt: '2026-06-01T12:00:02Z',
        Type: 'NORMAL',
        Health: {
          status: 'UNHEALTHY',
          statusSince: '2026-06-01T12:00:03Z',
          exitCode: 1,
          output: 'no',
        },
        Volumes: [{ DockerName: 'v', Source: '/a', Destination: '/b' }],
        LogDriver: 'awslogs',
        LogOptions: { 'awslogs-group': 'g' },
        ContainerARN: 'arn:aws:ecs:us-west-2:1:container/prod/0a/1',
        Networks: [
          { NetworkMode: 'bridge', IPv4Addresses: ['172.17.0.2'], IPv6Addresses: ['fd00::2'] },
        ],
        RestartCount: 0,
      }),
    );
  });

  it('has nothing of version 4 in version 3', () => {
    const described = describeContainer(full, 3) as Record<string, unknown>;
    const later = ['LogDriver', 'LogOptions', 'ContainerARN', 'RestartCount'];
    expect(described).to.not.have.any.keys(...later);
    expect(described.Networks).to.deep.equal([
      { NetworkMode: 'bridge', IPv4Addresses: ['172.17.0.2'] },
    ]);
    expect(described.Ports).to.deep.equal([
      { ContainerPort: 80, Protocol: 'tcp', HostPort: 32_768 },
    ]);
  });

  it('leaves out what there is not', () => {
    expect(describeContainer(servedContainer(), 4)).to.deep.equal({
      DockerId: 'cd18',
      Name: 'nginx',
      DockerName: 'ecs-web-3-nginx-90b6',
      Image: 'nginx:1',
      ImageID: 'sha256:1mage',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      Limits: { CPU: 2, Memory: 0 },
      Type: 'NORMAL',
    });
  });

  it('has an empty address on a network that gives none, and an empty health before a verdict', () => {
    const container = servedContainer({
      networks: [{ mode: 'host', ipv4: [], ipv6: [] }],
      health: { status: null, since: null, exitCode: 0, output: '' },
    });
    expect(describeContainer(container, 4)).to.deep.include({
      Networks: [{ NetworkMode: 'host', IPv4Addresses: [''] }],
      Health: {},
    });
  });

  it('tells a range of ports one by one', () => {
    const range = {
      ...{ bindIP: '0.0.0.0', protocol: 'udp' as const },
      ...{ containerPortRange: '8000-8001', hostPortRange: '49153-49154' },
    };
    expect(describeContainer(servedContainer({ bindings: [range] }), 3)).to.deep.include({
      Ports: [
        { ContainerPort: 8_000, Protocol: 'udp', HostPort: 49_153 },
        { ContainerPort: 8_001, Protocol: 'udp', HostPort: 49_154 },
      ],
    });
  });
});

describe('the metadata of a task', () => {
  const full = servedTask({
    cpu: 0.25,
    memoryMiB: 512,
    pullStartedAt: Date.UTC(2026, 5, 1, 12, 0, 0, 100),
    pullStoppedAt: Date.UTC(2026, 5, 1, 12, 0, 2),
    executionStoppedAt: Date.UTC(2026, 5, 1, 12, 0, 10),
    availabilityZone: 'us-west-2b',
    availabilityZoneId: 'usw2-az2',
    vpcId: 'vpc-1',
    launchType: 'EC2',
    serviceName: 'web',
    containers: [servedContainer()],
  });

  it('has everything in its order in version 4', () => {
    const text = JSON.stringify(describeTask(full, 4)).replace(/\[\{"DockerId.*?\}\]/, '[]');
    expect(text).to.equal(
      JSON.stringify({
        Cluster: 'prod',
        TaskARN: taskArn,
        Family: 'web',
        Revision: '3',
        DesiredStatus: 'RUNNING',
        KnownStatus: 'RUNNING',
        Limits: { CPU: 0.25, Memory: 512 },
        PullStartedAt: '2026-06-01T12:00:00.1Z',
        PullStoppedAt: '2026-06-01T12:00:02Z',
        ExecutionStoppedAt: '2026-06-01T12:00:10Z',
        AvailabilityZone: 'us-west-2b',
        LaunchType: 'EC2',
        Containers: [],
        VPCID: 'vpc-1',
        ServiceName: 'web',
        FaultInjectionEnabled: false,
        AvailabilityZoneID: 'usw2-az2',
      }),
    );
  });

  it('has its containers before its limits, and nothing of version 4, in version 3', () => {
    const described = describeTask(full, 3);
    expect(Object.keys(described).slice(6, 8)).to.deep.equal(['Containers', 'Limits']);
    expect(described).to.not.have.any.keys('LaunchType', 'VPCID', 'FaultInjectionEnabled');
  });

  it('leaves out what there is not', () => {
    expect(describeTask(servedTask(), 4)).to.deep.equal({
      Cluster: 'prod',
      TaskARN: taskArn,
      Family: 'web',
      Revision: '3',
      DesiredStatus: 'RUNNING',
      KnownStatus: 'RUNNING',
      FaultInjectionEnabled: false,
    });
  });

  it('lists containers that have not been made in version 4 only, last, once they are pulled', () => {
    const pulled = servedContainer({ name: 'b', dockerId: '', known: 'PULLED', networks: null });
    const untouched = servedContainer({ name: 'c', dockerId: '', known: 'NONE', networks: null });
    const task = servedTask({ containers: [untouched, pulled, servedContainer()] });
    const names = (version: 3 | 4) => {
      const { Containers } = describeTask(task, version) as { Containers: { Name: string }[] };
      return Containers.map(({ Name }) => Name);
    };
    expect(names(4)).to.deep.equal(['nginx', 'b']);
    expect(names(3)).to.deep.equal(['nginx']);
  });
});
