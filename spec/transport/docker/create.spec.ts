import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type Docker from 'dockerode';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { dockerNameOf, type EnginePort, volumeNameOf } from '../../../transport/docker/port.ts';
import { labels } from '../../../transport/docker/translate.ts';
import { follow } from '../../contract/engine.ts';
import { clientOf, describeWithEngine, libraryOf } from '../../support/engine.ts';
import {
  commands,
  containerPlan,
  instanceArn,
  lone,
  taskPlan,
} from '../../support/engine-plans.ts';

describeWithEngine('a container that a Docker Engine has made', (dockerHost) => {
  const cluster = `specs-${randomUUID()}`;
  let port: EnginePort;
  let engine: Docker;
  before(() => {
    port = clientOf(dockerHost(), cluster);
    engine = libraryOf(dockerHost());
  });
  afterEach(async () => {
    const filters = { label: [`${labels.cluster}=${cluster}`] };
    for (const { Id } of await engine.listContainers({ all: true, filters }))
      await engine.getContainer(Id).remove({ force: true, v: true });
  });

  const planOf = (given: Partial<TaskPlan>, ...containers: Partial<ContainerPlan>[]) =>
    taskPlan(containers.map(containerPlan), given);
  const extra = { containerInstanceArn: instanceArn, extraBinds: [], extraEnvironment: {} };
  /** Creates and starts the containers of a task in their order; answers what the Engine says of each. */
  const run = async (task: TaskPlan) => {
    const refs = task.containers.map((container) => ({ task, container }));
    for (const ref of refs) {
      await port.create({ ...ref, ...extra });
      await port.start(ref);
    }
    return await Promise.all(refs.map((ref) => engine.getContainer(dockerNameOf(ref)).inspect()));
  };

  it('is as the task definition has it', async () => {
    const config = {
      User: '1000:1000',
      WorkingDir: '/bin',
      Hostname: 'stagename',
      Labels: { team: 'blue' },
    };
    const hostConfig = {
      Ulimits: [{ Name: 'nofile', Hard: 2048, Soft: 1024 }],
      CapAdd: ['NET_ADMIN'],
      CapDrop: [],
      Dns: ['10.0.0.2'],
      ExtraHosts: ['db:10.1.1.1'],
      Tmpfs: { '/run': 'size=16m' },
      Sysctls: { 'net.core.somaxconn': '200' },
      ReadonlyRootfs: true,
      Init: false,
      LogConfig: { Type: 'json-file', Config: { 'max-file': '2', 'max-size': '1m' } },
      MemoryReservation: 50_331_648,
    };
    const task = planOf(
      {},
      {
        cpu: 256,
        memoryMiB: 96,
        entryPoint: ['/bin/busybox'],
        command: ['sleep', '60'],
        environment: { ZED: 'last', EMPTY: '' },
        dockerConfig: JSON.stringify(config),
        dockerHostConfig: JSON.stringify(hostConfig),
      },
    );
    const [made] = await run(task);
    expect(made?.Config).to.deep.include({
      User: '1000:1000',
      WorkingDir: '/bin',
      Hostname: 'stagename',
      Entrypoint: ['/bin/busybox'],
      Cmd: ['sleep', '60'],
    });
    expect(made?.Config.Env).to.include.members(['ZED=last', 'EMPTY=', 'AWS_REGION=us-west-2']);
    expect(made?.Config.Labels).to.include({ team: 'blue', [labels.taskArn]: task.arn });
    const { Dns, ExtraHosts, Ulimits, Sysctls, LogConfig } = hostConfig;
    expect(made?.HostConfig).to.deep.include({
      CpuShares: 256,
      Memory: 96 * 1_048_576,
      MemoryReservation: 50_331_648,
      IpcMode: 'shareable',
      CapAdd: ['NET_ADMIN'],
      ReadonlyRootfs: true,
      Dns,
      ExtraHosts,
      Ulimits,
      Sysctls,
      LogConfig,
    });
    expect(made?.State.Running).to.equal(true);
  });

  it('reaches others by links, and takes their volumes', async () => {
    const volume = {
      kind: 'docker',
      name: 'data',
      driver: 'local',
      driverOpts: {},
      labels: {},
      scope: 'task',
      autoprovision: false,
    } as const;
    const task = planOf(
      { volumes: [volume, { kind: 'bind', name: 'host', sourcePath: '/tmp' }] },
      {
        name: 'db',
        mountPoints: [
          { volume: 'data', containerPath: '/d', readOnly: false },
          { volume: 'host', containerPath: '/h', readOnly: true },
        ],
      },
      {
        name: 'web',
        links: [{ container: 'db', alias: 'database' }],
        volumesFrom: [{ container: 'db', readOnly: true }],
      },
    );
    const name = volumeNameOf(task, volume);
    await port.createVolume({ ...volume, name });
    try {
      const [db, web] = await run(task);
      expect(web?.HostConfig.Links).to.deep.equal([`${db?.Name}:${web?.Name}/database`]);
      const mounts = (info: typeof db) =>
        (info?.Mounts ?? [])
          .map(({ Destination, Name, RW }) => [Destination, Name ?? '', RW])
          .sort();
      expect(mounts(db)).to.deep.equal([
        ['/d', name, true],
        ['/h', '', false],
      ]);
      expect(mounts(web)).to.deep.equal([
        ['/d', name, false],
        ['/h', '', false],
      ]);
      // A link gives the container a second name in lists.
      const listed = (await port.list()).find(({ runtimeId }) => runtimeId === db?.Id);
      expect(`/${listed?.dockerName}`).to.equal(db?.Name);
      for (const { Id } of [web, db].flatMap((info) => info ?? [])) {
        await engine.getContainer(Id).kill();
        await port.remove(Id);
      }
    } finally {
      await port.removeVolume(name);
    }
  });

  it('shares processes and memory with its task, as one container holds them', async () => {
    const pause = { name: '~internal~ecs~pause~namespace', internal: true };
    const task = planOf(
      { pidMode: 'task', ipcMode: 'task' },
      { ...pause, dockerHostConfig: '{"NetworkMode":"none"}' },
      { name: 'web' },
    );
    const [holder, web] = await run(task);
    expect(holder?.HostConfig).to.include({
      IpcMode: 'shareable',
      PidMode: '',
      NetworkMode: 'none',
    });
    // The Engine turns the name into the id.
    const joined = `container:${holder?.Id}`;
    expect(web?.HostConfig.IpcMode).to.equal(joined);
    expect(web?.HostConfig.PidMode).to.equal(joined);
    expect(web?.State.Running).to.equal(true);
  });

  it('is in the processes and the memory of the host where it is to', async () => {
    const [made] = await run(planOf({ pidMode: 'host', ipcMode: 'host' }, {}));
    expect(made?.HostConfig).to.include({ PidMode: 'host', IpcMode: 'host' });
    expect(made?.State.Running).to.equal(true);
  });

  it('is in the network of the host where it is to, without ports of its own', async () => {
    const portMappings: ContainerPlan['portMappings'] = [
      { kind: 'single', containerPort: 80, hostPort: 80, protocol: 'tcp' },
    ];
    // Not started: the Engine of the specs itself may be in a network of its own.
    const id = await port.create(lone({ portMappings }, { networkMode: 'host' }));
    const made = await engine.getContainer(id).inspect();
    expect(made.HostConfig).to.deep.include({ NetworkMode: 'host', PortBindings: {} });
  });

  it('tells its networks, and whether it is well', async () => {
    const check = { Test: ['CMD', ...commands.exit(0)], Interval: 1e9, Timeout: 10e9, Retries: 1 };
    const ref = lone({
      healthChecked: true,
      dockerConfig: JSON.stringify({ HealthCheck: check }),
    });
    const watching = await follow(port, ref.task.arn);
    await port.create(ref);
    await port.start(ref);
    const { networks, health } = await port.inspect(ref);
    expect(health).to.equal('UNKNOWN');
    expect(networks).to.have.length(1);
    expect(networks[0]?.mode).to.equal('bridge');
    expect(networks[0]?.ipv4.join()).to.match(/^\d+\.\d+\.\d+\.\d+$/);
    await watching.until('health');
    await watching.end();
    expect((await port.inspect(ref)).health).to.equal('HEALTHY');
  });

  it('is none where a container needs a newer Engine', async () => {
    const ref = lone({ dockerVersion: '1.999' });
    const outcome = await port.create(ref).catch((error: unknown) => error);
    expect(outcome).to.include({ code: 'DOCKER_BAD_VERSION' });
    const made = (await port.list()).filter(({ taskArn }) => taskArn === ref.task.arn);
    expect(made).to.deep.equal([]);
  });
});
