import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import { AgentError } from '../../../machines/names/errors.ts';
import { dockerNameOf, volumeNameOf } from '../../../transport/docker/port.ts';
import { containerPlan, lone } from '../../support/engine-plans.ts';
import { arn, bodyOf, metadataId, namesIn, placement, refuses } from './bodies.ts';

describe('the create request of a container', () => {
  it('is what the Amazon ECS agent asks for', async () => {
    const body = await bodyOf(
      {
        command: ['sleep', '100'],
        entryPoint: ['/bin/busybox'],
        cpu: 256,
        memoryMiB: 96,
        environment: { ZED: 'last', EMPTY: '' },
        dockerConfig: '{"User":"1000:1000","Labels":{"team":"blue"}}',
        dockerHostConfig: '{"ReadonlyRootfs":true,"MemoryReservation":50331648}',
      },
      { task: { family: 'shape', version: '7' } },
    );
    expect({ ...body, Env: body.Env.sort() }).to.deep.equal({
      Image: 'busybox:local',
      Cmd: ['sleep', '100'],
      Entrypoint: ['/bin/busybox'],
      User: '1000:1000',
      ExposedPorts: {},
      Env: [
        'AWS_DEFAULT_REGION=us-west-2',
        'AWS_REGION=us-west-2',
        `ECS_AGENT_URI=http://169.254.170.2/api/${metadataId}`,
        `ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/${metadataId}`,
        `ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/${metadataId}`,
        'EMPTY=',
        'ZED=last',
      ],
      Labels: {
        team: 'blue',
        'com.amazonaws.ecs.cluster': 'lab',
        'com.amazonaws.ecs.container-name': 'main',
        'com.amazonaws.ecs.task-arn': arn,
        'com.amazonaws.ecs.task-definition-family': 'shape',
        'com.amazonaws.ecs.task-definition-version': '7',
        'ecs-agent.container-instance':
          'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1',
      },
      HostConfig: {
        CpuShares: 256,
        Memory: 96 * 1024 * 1024,
        MemoryReservation: 50331648,
        ReadonlyRootfs: true,
        IpcMode: 'shareable',
        PortBindings: {},
        CgroupParent: '/ecs/0123456789abcdef0123456789abcdef',
      },
    });
  });

  it('leaves command and entry point to the image where the task definition has none', async () => {
    expect(await bodyOf({ command: null })).to.not.have.any.keys('Cmd', 'Entrypoint');
  });

  it('does not let an overlay change whose container it is, nor its cgroup', async () => {
    const body = await bodyOf({
      dockerConfig: '{"Labels":{"com.amazonaws.ecs.cluster":"other"}}',
      dockerHostConfig: '{"CgroupParent":"/escaped"}',
    });
    expect(body.Labels['com.amazonaws.ecs.cluster']).to.equal('lab');
    expect(body.HostConfig.CgroupParent).to.equal('/ecs/0123456789abcdef0123456789abcdef');
  });

  it('has no cgroup of the task where tasks have none', async () => {
    const body = await bodyOf({}, { where: placement({ taskCgroupParent: () => null }) });
    expect(body.HostConfig).to.not.have.property('CgroupParent');
  });

  for (const { named, environment, image } of [
    { named: 'the task', environment: { AWS_REGION: 'mars-1' }, image: [] },
    { named: 'the image', environment: {}, image: ['PATH=/bin', 'AWS_DEFAULT_REGION=mars-1'] },
  ]) {
    it(`gives no region where ${named} names one`, async () => {
      const body = await bodyOf({ environment }, { image });
      expect(body.Env).to.not.include('AWS_REGION=us-west-2');
      expect(body.Env).to.not.include('AWS_DEFAULT_REGION=us-west-2');
    });
  }

  it('tells a container of a task with a role where its credentials are', async () => {
    const body = await bodyOf({}, { task: { roleCredentialsId: 'c-1' } });
    expect(body.Env).to.include('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/c-1');
    expect(namesIn(await bodyOf())).to.not.include('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  });

  it('does not let the environment of a task stand in for the metadata endpoints', async () => {
    const body = await bodyOf({ environment: { ECS_AGENT_URI: 'http://elsewhere' } });
    expect(body.Env).to.include(`ECS_AGENT_URI=http://169.254.170.2/api/${metadataId}`);
    expect(namesIn(body)).to.deep.equal([...new Set(namesIn(body))]);
  });

  const limits = [
    { platform: 'linux', cpu: 0, memoryMiB: 0, gives: { CpuShares: 2, Memory: 0 } },
    { platform: 'linux', cpu: 1, memoryMiB: 1, gives: { CpuShares: 2, Memory: 4 * 1048576 } },
    {
      platform: 'linux',
      cpu: 300_000,
      memoryMiB: 6,
      gives: { CpuShares: 262_144, Memory: 6291456 },
    },
    {
      platform: 'windows',
      cpu: 0,
      memoryMiB: 0,
      gives: { CpuShares: 0, CpuPercent: 1, Memory: 0 },
    },
    {
      platform: 'windows',
      cpu: 1024,
      memoryMiB: 64,
      gives: { CpuShares: 0, CpuPercent: 25, Memory: 256 * 1048576 },
    },
  ] as const;
  const unbound = [
    { given: { cpuUnbounded: true }, cpu: 0, gives: { CpuShares: 0, CpuPercent: 0 } },
    { given: { cpuUnbounded: true }, cpu: 1, gives: { CpuShares: 0, CpuPercent: 1 } },
    { given: { memoryUnbounded: true }, cpu: 0, gives: { Memory: 0, MemoryReservation: 0 } },
    { given: {}, cpu: 0, gives: { Memory: 0, MemoryReservation: 64, CpuPercent: 1 } },
  ];
  for (const { given, cpu, gives } of unbound) {
    const how = Object.keys(given)[0] ?? 'as usual';
    it(`leaves a container of Windows with CPU ${cpu} and no memory ${how}`, async () => {
      const where = placement(given, { platform: 'windows' });
      const body = await bodyOf({ cpu, dockerHostConfig: '{"MemoryReservation":64}' }, { where });
      expect(body.HostConfig).to.include(gives);
    });
  }

  it('keeps the reservation of a container of Windows that has a limit', async () => {
    const where = placement({ memoryUnbounded: true }, { platform: 'windows' });
    const overlay = { dockerHostConfig: '{"MemoryReservation":64}' };
    const body = await bodyOf({ memoryMiB: 512, ...overlay }, { where });
    expect(body.HostConfig).to.include({ Memory: 512 * 1048576, MemoryReservation: 64 });
  });

  for (const { platform, own, task, given, gives } of [
    { platform: 'linux', own: 0, task: 512, given: true, gives: 512 },
    { platform: 'linux', own: 64, task: 512, given: true, gives: 64 },
    { platform: 'linux', own: 0, task: null, given: true, gives: 0 },
    { platform: 'linux', own: 0, task: 512, given: false, gives: 0 },
    { platform: 'windows', own: 0, task: 512, given: true, gives: 0 },
  ] as const) {
    const passes = given ? 'are passed on' : 'are not passed on';
    it(`gives ${own} MiB on ${platform} the limit ${gives} where a task’s ${task} ${passes}`, async () => {
      const where = placement({ taskMemoryForContainers: given }, { platform });
      const body = await bodyOf({ memoryMiB: own }, { where, task: { memoryMiB: task } });
      expect(body.HostConfig.Memory).to.equal(gives * 1048576);
    });
  }

  for (const { platform, cpu, memoryMiB, gives } of limits) {
    it(`limits CPU ${cpu} and memory ${memoryMiB} MiB as ${platform} allows`, async () => {
      const body = await bodyOf({ cpu, memoryMiB }, { where: placement({}, { platform }) });
      expect(body.HostConfig).to.include(gives);
    });
  }

  it('binds fixed ports as they are, open ones to free ports, and ranges one to one', async () => {
    const body = await bodyOf({
      portMappings: [
        { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' },
        { kind: 'single', containerPort: 80, hostPort: 8081, protocol: 'tcp' },
        { kind: 'single', containerPort: 53, hostPort: 0, protocol: 'udp' },
        { kind: 'single', containerPort: 81, hostPort: null, protocol: 'tcp' },
        { kind: 'range', from: 9000, to: 9002, protocol: 'tcp' },
      ],
    });
    expect(body.HostConfig.PortBindings).to.deep.equal({
      '80/tcp': [{ HostPort: '8080' }, { HostPort: '8081' }],
      '53/udp': [{ HostPort: '40000' }],
      '81/tcp': [{ HostPort: '40001' }],
      '9000/tcp': [{ HostPort: '40002' }],
      '9001/tcp': [{ HostPort: '40003' }],
      '9002/tcp': [{ HostPort: '40004' }],
    });
    expect(body.ExposedPorts).to.have.all.keys(
      ...['80/tcp', '53/udp', '81/tcp', '9000/tcp', '9001/tcp', '9002/tcp'],
    );
  });

  const portMappings: ContainerPlan['portMappings'] = [
    { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' },
  ];
  for (const { mode, container, task } of [
    { mode: 'host', container: {}, task: { networkMode: 'host' } },
    { mode: 'none', container: {}, task: { networkMode: 'none' } },
    { mode: undefined, container: {}, task: { networkMode: 'awsvpc' } },
    { mode: 'host', container: { dockerHostConfig: '{"networkmode":"host"}' }, task: {} },
    {
      mode: 'container:1',
      container: { dockerHostConfig: '{"NetworkMode":"container:1"}' },
      task: {},
    },
  ]) {
    it(`publishes no port where the network is that of ${mode ?? 'an interface'}`, async () => {
      const body = await bodyOf({ portMappings, ...container }, { task });
      expect(body.HostConfig.PortBindings).to.deep.equal({});
      expect(body.ExposedPorts).to.deep.equal({});
      expect(body.HostConfig.NetworkMode).to.equal(mode);
    });
  }

  for (const { mapping, text } of [
    { mapping: { kind: 'single', containerPort: 80, hostPort: null }, text: 'a host port is' },
    { mapping: { kind: 'range', from: 1, to: 5 }, text: '5 contiguous host ports are' },
  ] as const) {
    it(`is refused when ${text} not to be had`, async () => {
      const { host, ...rest } = placement();
      const freePorts = () => Promise.reject(new AgentError('HOST_PORTS_EXHAUSTED', 'none'));
      const where = { ...rest, host: { ...host, freePorts } };
      await refuses(
        bodyOf({ portMappings: [{ ...mapping, protocol: 'tcp' }] }, { where }),
        'DOCKER_BAD_HOST_CONFIG',
        `error retrieving docker port map: ${text} unavailable`,
      );
    });
  }
});

describe('the Docker name of a volume', () => {
  const { task } = lone({}, { arn, family: 'web', version: '3' });

  it('is its own where it is shared', () => {
    expect(volumeNameOf(task, { name: 'my_data', scope: 'shared' })).to.equal('my_data');
  });

  it('is that of its task and volume else, the same each time', () => {
    const name = volumeNameOf(task, { name: 'my_data', scope: 'task' });
    expect(name).to.match(/^ecs-web-3-my_data-[0-9a-f]{20}$/);
    expect(volumeNameOf(structuredClone(task), { name: 'my_data', scope: 'task' })).to.equal(name);
    const other = lone({}, { family: 'web', version: '3' }).task;
    expect(volumeNameOf(other, { name: 'my_data', scope: 'task' })).to.not.equal(name);
  });

  it('is not that of a container', () => {
    const name = volumeNameOf(task, { name: 'main', scope: 'task' });
    expect(name).to.not.equal(dockerNameOf({ task, container: containerPlan() }));
  });
});

describe('the Docker name of a container', () => {
  it('has the format of the Amazon ECS agent, and is the same each time', () => {
    const ref = lone({ name: 'my_side.car-1' }, { family: 'web', version: '12' });
    expect(dockerNameOf(ref)).to.match(/^ecs-web-12-mysidecar-1-[0-9a-f]{20}$/);
    expect(dockerNameOf(structuredClone(ref))).to.equal(dockerNameOf(ref));
  });

  it('is another for each task and container, though they read the same', () => {
    const names = [
      lone(),
      lone(),
      lone({ name: 'ma.in' }, { arn }),
      lone({ name: 'main' }, { arn }),
    ];
    expect(new Set(names.map(dockerNameOf))).to.have.property('size', 4);
  });
});
