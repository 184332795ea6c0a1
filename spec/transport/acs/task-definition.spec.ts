import { expect } from 'chai';
import { AgentError } from '../../../machines/names/errors.ts';
import { type WireTask, wireTaskOf } from '../../../transport/acs/task-definition.ts';
import type { JsonObject } from '../../../transport/wire/members.ts';
import { payloadOf } from './wire.ts';

const arn = 'arn:aws:ecs:us-west-2:123456789012:task/specs/1';
const definition = (more: object = {}) => ({
  family: 'web',
  containerDefinitions: [container()],
  ...more,
});
const container = (more: object = {}) => ({ name: 'main', image: 'busybox:local', ...more });

/** Docker's JSON texts of the container as ECS would send them, read. */
const sent = (more: object, ofTask: object = {}) => {
  const task = wireTaskOf(definition({ ...ofTask, containerDefinitions: [container(more)] }), {
    arn,
    version: '1',
  });
  const texts = (task.containers[0]?.dockerConfig ?? {}) as Record<string, string>;
  return { config: JSON.parse(texts.config ?? ''), hostConfig: JSON.parse(texts.hostConfig ?? '') };
};

/** The plan that the agent makes of the task; it has to want it running. */
function read(wire: WireTask) {
  const { tasks, refused } = payloadOf(wire);
  expect(refused).to.deep.equal([]);
  expect(tasks[0]?.desired).to.equal('RUNNING');
  if (!tasks[0]) throw new Error('there is no task');
  return tasks[0].plan;
}
const planOf = (more: object) => read(wireTaskOf(definition(more), { arn, version: '1' }));

describe('a task definition', () => {
  it('becomes a task that the agent reads as it was meant', () => {
    const task = wireTaskOf(
      definition({
        cpu: '512',
        memory: '1 GB',
        networkMode: 'bridge',
        containerDefinitions: [
          container({
            cpu: 128,
            memory: 64,
            command: ['serve'],
            entryPoint: ['/app'],
            environment: [{ name: 'STAGE', value: 'prod' }, { name: 'EMPTY' }],
            portMappings: [{ containerPort: 80, hostPort: 8080, name: 'http' }],
            stopTimeout: 5,
          }),
          container({ name: 'side', essential: false }),
        ],
      }),
      { arn, version: '3' },
    );
    const { containers, ...plan } = read(task);
    expect(plan).to.deep.equal({
      arn,
      family: 'web',
      version: '3',
      networkMode: 'bridge',
      cpu: 0.5,
      memoryMiB: 1024,
      volumes: [],
      pidMode: '',
      ipcMode: '',
      roleCredentialsId: null,
      executionCredentialsId: null,
      fault: null,
      unsupported: [],
    });
    expect(containers.map(({ name, essential }) => [name, essential])).to.deep.equal([
      ['main', true],
      ['side', false],
    ]);
    expect(containers[0]).to.include({ cpu: 128, memoryMiB: 64, stopTimeoutS: 5 });
    expect(containers[0]?.command).to.deep.equal(['serve']);
    expect(containers[0]?.entryPoint).to.deep.equal(['/app']);
    expect(containers[0]?.environment).to.deep.equal({
      STAGE: 'prod',
      EMPTY: '',
      AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
    });
    expect(containers[0]?.portMappings).to.deep.equal([
      { kind: 'single', containerPort: 80, hostPort: 8080, protocol: 'tcp' },
    ]);
  });

  it('asks nothing of Docker but empty lists of capabilities where it says nothing', () => {
    expect(sent({})).to.deep.include({ config: {}, hostConfig: { CapAdd: [], CapDrop: [] } });
  });

  const configs: [object, JsonObject][] = [
    [{ user: '1000:1000' }, { User: '1000:1000' }],
    [{ workingDirectory: '/srv' }, { WorkingDir: '/srv' }],
    [{ hostname: 'web' }, { Hostname: 'web' }],
    [{ disableNetworking: true }, { NetworkDisabled: true }],
    [{ dockerLabels: { team: 'blue' } }, { Labels: { team: 'blue' } }],
    [
      { interactive: true, pseudoTerminal: false },
      { OpenStdin: true, Tty: false },
    ],
    [
      { healthCheck: { command: ['CMD', 'true'], interval: 5, retries: 1, startPeriod: 2 } },
      {
        HealthCheck: {
          Test: ['CMD', 'true'],
          Interval: 5_000_000_000,
          Timeout: 5_000_000_000,
          Retries: 1,
          StartPeriod: 2_000_000_000,
        },
      },
    ],
  ];
  for (const [given, config] of configs)
    it(`says ${Object.keys(config)} in Docker’s container configuration`, () => {
      expect(sent(given).config).to.deep.equal(config);
    });

  const hostConfigs: [object, JsonObject][] = [
    [{ memoryReservation: 2 }, { MemoryReservation: 2_097_152 }],
    [
      { logConfiguration: { logDriver: 'syslog', options: { tag: 'x' } } },
      { LogConfig: { Type: 'syslog', Config: { tag: 'x' } } },
    ],
    [
      { privileged: true, readonlyRootFilesystem: false },
      { Privileged: true, ReadonlyRootfs: false },
    ],
    [{ dockerSecurityOptions: ['no-new-privileges'] }, { SecurityOpt: ['no-new-privileges'] }],
    [
      { dnsServers: ['10.0.0.2'], dnsSearchDomains: ['local'] },
      { Dns: ['10.0.0.2'], DnsSearch: ['local'] },
    ],
    [{ extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.3' }] }, { ExtraHosts: ['db:10.0.0.3'] }],
    [
      { ulimits: [{ name: 'nofile', softLimit: 1, hardLimit: 2 }] },
      { Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }] },
    ],
    [
      { systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }] },
      { Sysctls: { 'net.core.somaxconn': '1024' } },
    ],
    [
      { linuxParameters: { devices: [{ hostPath: '/dev/fuse', permissions: ['read', 'write'] }] } },
      {
        Devices: [
          { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rw' },
        ],
      },
    ],
    [
      {
        linuxParameters: {
          tmpfs: [{ containerPath: '/run', size: 64, mountOptions: ['noexec'] }],
        },
      },
      { Tmpfs: { '/run': 'size=64m,noexec' } },
    ],
    [
      { linuxParameters: { sharedMemorySize: 1, initProcessEnabled: true } },
      { ShmSize: 1_048_576, Init: true },
    ],
    [
      { memory: 3, linuxParameters: { maxSwap: 0, swappiness: 10 } },
      { MemorySwap: 3_145_728, MemorySwappiness: 10 },
    ],
  ];
  for (const [given, hostConfig] of hostConfigs)
    it(`says ${Object.keys(hostConfig)} in Docker’s host configuration`, () => {
      expect(sent(given).hostConfig).to.deep.equal({ CapAdd: [], CapDrop: [], ...hostConfig });
    });

  it('says capabilities and the network mode there, too', () => {
    const capabilities = { add: ['SYS_PTRACE'], drop: ['ALL'] };
    const { hostConfig } = sent({ linuxParameters: { capabilities } }, { networkMode: 'host' });
    expect(hostConfig).to.deep.equal({
      NetworkMode: 'host',
      CapAdd: ['SYS_PTRACE'],
      CapDrop: ['ALL'],
    });
  });

  const sizes: [object, object][] = [
    [
      { cpu: '1 vCPU', memory: '2GB' },
      { cpu: 1, memory: 2048 },
    ],
    [
      { cpu: '.25 vcpu', memory: '512' },
      { cpu: 0.25, memory: 512 },
    ],
  ];
  for (const [given, found] of sizes)
    it(`of the size ${JSON.stringify(given)} asks for ${JSON.stringify(found)}`, () => {
      expect(wireTaskOf(definition(given), { arn, version: '1' })).to.include(found);
    });

  it('orders its containers, checks their health and starts them again as it says', () => {
    const { containers } = planOf({
      containerDefinitions: [
        container({
          name: 'db',
          healthCheck: { command: ['CMD', 'true'] },
          startTimeout: 30,
          restartPolicy: { enabled: true, ignoredExitCodes: [0] },
        }),
        container({
          dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }],
          volumesFrom: [{ sourceContainer: 'db', readOnly: true }],
          links: ['db:store'],
          restartPolicy: { enabled: true, restartAttemptPeriod: 300 },
        }),
      ],
    });
    expect(containers[0]).to.deep.include({
      healthChecked: true,
      startTimeoutS: 30,
      restartPolicy: { ignoredExitCodes: [0], attemptPeriodS: 60 },
    });
    expect(containers[1]).to.deep.include({
      healthChecked: false,
      links: [{ container: 'db', alias: 'store' }],
      volumesFrom: [{ container: 'db', readOnly: true }],
      restartPolicy: { ignoredExitCodes: [], attemptPeriodS: 300 },
      dependsOn: [
        { container: 'db', condition: 'HEALTHY' },
        { container: 'db', condition: 'CREATE' },
        { container: 'db', condition: 'START' },
      ],
    });
  });

  it('shares namespaces as it says', () => {
    const { pidMode, ipcMode, containers } = planOf({ pidMode: 'task', ipcMode: 'host' });
    expect({ pidMode, ipcMode }).to.deep.equal({ pidMode: 'task', ipcMode: 'host' });
    expect(containers.map(({ internal }) => internal)).to.deep.equal([false, true]);
  });

  it('has its volumes of each kind, mounted where it says', () => {
    const mountPoints = [{ sourceVolume: 'own', containerPath: '/own', readOnly: true }];
    const { volumes, containers, unsupported } = planOf({
      containerDefinitions: [container({ mountPoints })],
      volumes: [
        { name: 'own' },
        { name: 'host', host: { sourcePath: '/srv' } },
        { name: 'plain', dockerVolumeConfiguration: {} },
        {
          name: 'docker',
          dockerVolumeConfiguration: {
            scope: 'shared',
            autoprovision: true,
            driver: 'nfs',
            driverOpts: { share: 'x' },
            labels: { team: 'blue' },
          },
        },
      ],
    });
    const local = {
      kind: 'docker',
      driver: 'local',
      driverOpts: {},
      labels: {},
      scope: 'task',
      autoprovision: false,
    };
    expect(volumes).to.deep.equal([
      { ...local, name: 'own' },
      { kind: 'bind', name: 'host', sourcePath: '/srv' },
      { ...local, name: 'plain' },
      {
        kind: 'docker',
        name: 'docker',
        driver: 'nfs',
        driverOpts: { share: 'x' },
        labels: { team: 'blue' },
        scope: 'shared',
        autoprovision: true,
      },
    ]);
    expect(containers[0]?.mountPoints).to.deep.equal([
      { volume: 'own', containerPath: '/own', readOnly: true },
    ]);
    expect(unsupported).to.deep.equal([]);
  });

  const missing: [string, object][] = [
    ['EFS volumes', { volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemId: 'fs' } }] }],
    [
      'FSx for Windows File Server volumes',
      { volumes: [{ name: 'v', fsxWindowsFileServerVolumeConfiguration: {} }] },
    ],
    ['EBS volumes', { volumes: [{ name: 'v', configuredAtLaunch: true }] }],
    ['network mode awsvpc', { networkMode: 'awsvpc' }],
    ['an App Mesh proxy', { proxyConfiguration: { type: 'APPMESH' } }],
    [
      'FireLens',
      { containerDefinitions: [container({ logConfiguration: { logDriver: 'awsfirelens' } })] },
    ],
    [
      'FireLens',
      { containerDefinitions: [container({ firelensConfiguration: { type: 'fluentbit' } })] },
    ],
    [
      'GPUs or other associations',
      {
        containerDefinitions: [container({ resourceRequirements: [{ type: 'GPU', value: '1' }] })],
      },
    ],
  ];
  for (const [feature, more] of missing)
    it(`tells the agent that it needs ${feature} (${JSON.stringify(more).slice(0, 60)})`, () => {
      expect(planOf(more).unsupported).to.deep.equal([feature]);
    });

  it('keeps what the agent must refuse, so that no task runs without it', () => {
    const task = wireTaskOf(
      definition({
        containerDefinitions: [
          container({
            resourceRequirements: [{ type: 'GPU', value: '1' }],
            repositoryCredentials: { credentialsParameter: 'arn:secret' },
            logConfiguration: {
              logDriver: 'splunk',
              secretOptions: [{ name: 'splunk-token', valueFrom: 'arn:secret' }],
            },
          }),
        ],
      }),
      { arn, version: '1' },
    );
    expect(task.associations).to.deep.equal([{ type: 'GPU', containers: ['main'] }]);
    expect(task.containers[0]).to.deep.include({
      registryAuthentication: { type: 'asm', asmAuthData: { credentialsParameter: 'arn:secret' } },
      secrets: [{ name: 'splunk-token', valueFrom: 'arn:secret' }],
    });
  });

  const wrong: [string, unknown, string][] = [
    ['a list', [], 'it is not a JSON object'],
    ['one without a family', definition({ family: undefined }), 'family must be given'],
    ['one whose family is a number', definition({ family: 7 }), 'family must be a string'],
    [
      'one without containers',
      { family: 'web' },
      'containerDefinitions must name at least one container',
    ],
    [
      'one whose containers are no list',
      definition({ containerDefinitions: {} }),
      'containerDefinitions must be a list of objects',
    ],
    [
      'a container without a name',
      definition({ containerDefinitions: [container(), { image: 'i' }] }),
      'containerDefinitions[1].name must be given',
    ],
    [
      'a container without an image',
      definition({ containerDefinitions: [{ name: 'main' }] }),
      'containerDefinitions[0].image must be given',
    ],
    [
      'a command that is one text',
      definition({ containerDefinitions: [container({ command: 'echo hi' })] }),
      'containerDefinitions[0].command must be a list of strings',
    ],
    [
      'an environment that is a map',
      definition({ containerDefinitions: [container({ environment: { A: 'b' } })] }),
      'containerDefinitions[0].environment must be a list of objects',
    ],
    [
      'a port that is a text',
      definition({
        containerDefinitions: [container({ portMappings: [{ containerPort: '80' }] })],
      }),
      'containerDefinitions[0].portMappings[0].containerPort must be a number',
    ],
    ['a cpu that is a number', definition({ cpu: 256 }), 'cpu must be a string'],
    [
      'a memory in stones',
      definition({ memory: '2 stones' }),
      'memory must be a size, not "2 stones"',
    ],
    ['a memory in words', definition({ memory: 'much' }), 'memory must be a size, not "much"'],
  ];
  for (const [what, given, why] of wrong)
    it(`that is or has ${what} is refused with the reason`, () => {
      let error: unknown;
      try {
        wireTaskOf(given, { arn, version: '1' });
      } catch (caught) {
        error = caught;
      }
      expect(error).to.be.instanceOf(AgentError);
      expect(error).to.include({
        code: 'TASK_DEFINITION_INVALID',
        message: `The task definition cannot be used: ${why}`,
      });
    });
});
