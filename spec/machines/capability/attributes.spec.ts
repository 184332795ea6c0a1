import { expect } from 'chai';
import { attributesOf, type Capabilities } from '../../../machines/capability/attributes.ts';
import { capabilityTable, detailedOsFamilyOf } from '../../../machines/capability/capabilities.ts';

const linux: Capabilities = {
  platform: 'linux',
  cpuArchitecture: 'x86_64',
  windows: null,
  detailedOsFamily: '',
  engine: { apiVersion: '1.51', minApiVersion: '1.24' },
  volumePlugins: ['local'],
  loggingDrivers: ['json-file', 'none'],
  privilegedDisabled: false,
  selinux: false,
  apparmor: false,
  healthChecksDisabled: false,
  taskLimits: false,
  pauseImageLoaded: false,
  external: false,
  outpostArn: null,
  taskRoles: false,
  taskRolesOnHost: false,
  logsByExecutionRole: false,
  faultInjection: false,
  custom: {},
};
const onWindows: Partial<Capabilities> = {
  platform: 'windows',
  windows: { build: 20_348, installation: 'Server Core' },
};

const all = (more: Partial<Capabilities> = {}) => attributesOf({ ...linux, ...more });
const names = (more: Partial<Capabilities> = {}) => all(more).map(({ name }) => name);
const valueIn = (name: string, more: Partial<Capabilities>) =>
  all(more).find((attribute) => attribute.name === name)?.value;
const old = 'com.amazonaws.ecs.capability.';
const api = (apiVersion: string, minApiVersion = '1.12') => ({
  engine: { apiVersion, minApiVersion },
});

const versionAttributes = (minors: number[]) =>
  minors.map((minor) => ({ name: `${old}docker-remote-api.1.${minor}` }));
const modern = [17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30];

describe('the attributes of a container instance', () => {
  it('are, in this order, those of a Linux host with a modern Engine and all there is', () => {
    const everything: Partial<Capabilities> = {
      custom: { stack: 'prod', tier: '' },
      detailedOsFamily: 'debian_12',
      volumePlugins: ['local', 'rexray'],
      selinux: true,
      apparmor: true,
      taskLimits: true,
      pauseImageLoaded: true,
      external: true,
      outpostArn: 'arn:aws:outposts:us-west-2:123456789012:outpost/op-1',
    };
    expect(all(everything)).to.deep.equal([
      { name: 'stack', value: 'prod' },
      { name: 'tier', value: '' },
      { name: 'ecs.capability.ecr-endpoint' },
      { name: 'ecs.capability.container-ordering' },
      { name: 'ecs.capability.full-sync' },
      { name: 'ecs.capability.network.container-port-range' },
      { name: 'ecs.capability.container-restart-policy' },
      { name: `${old}privileged-container` },
      ...versionAttributes([...modern, 32]),
      { name: `${old}logging-driver.json-file` },
      { name: `${old}logging-driver.none` },
      { name: `${old}selinux` },
      { name: `${old}apparmor` },
      { name: 'ecs.capability.task-cpu-mem-limit' },
      { name: 'ecs.capability.increased-task-cpu-limit' },
      { name: `${old}ecr-auth` },
      { name: 'ecs.capability.execution-role-ecr-pull' },
      { name: 'ecs.capability.container-health-check' },
      { name: 'ecs.capability.docker-plugin.local' },
      { name: 'ecs.capability.docker-plugin.rexray' },
      { name: 'ecs.capability.pid-ipc-namespace-sharing' },
      { name: 'ecs.capability.external' },
      { name: 'ecs.os-type', value: 'linux' },
      { name: 'ecs.os-family', value: 'LINUX' },
      { name: 'ecs.os-type-detailed', value: 'debian_12' },
      { name: 'ecs.cpu-architecture', value: 'x86_64' },
      {
        name: 'ecs.outpost-arn',
        value: 'arn:aws:outposts:us-west-2:123456789012:outpost/op-1',
      },
    ]);
  });

  it('are, in this order, those of a Windows host', () => {
    expect(all(onWindows)).to.deep.equal([
      { name: 'ecs.capability.ecr-endpoint' },
      { name: 'ecs.capability.container-ordering' },
      { name: 'ecs.capability.full-sync' },
      { name: 'ecs.capability.network.container-port-range' },
      { name: 'ecs.capability.container-restart-policy' },
      { name: `${old}privileged-container` },
      ...versionAttributes(modern),
      { name: `${old}logging-driver.json-file` },
      { name: `${old}logging-driver.none` },
      { name: `${old}ecr-auth` },
      { name: 'ecs.capability.execution-role-ecr-pull' },
      { name: 'ecs.capability.container-health-check' },
      { name: 'ecs.capability.docker-plugin.local' },
      { name: 'ecs.os-type', value: 'windows' },
      { name: 'ecs.os-family', value: 'WINDOWS_SERVER_2022_CORE' },
      { name: 'ecs.os-type-detailed', value: 'WINDOWS_SERVER_2022_CORE' },
    ]);
  });

  it('name each attribute that ECS knows once in their table', () => {
    const known = capabilityTable.map(({ name }) => name);
    expect(new Set(known).size).to.equal(known.length);
  });

  it('are never those of a feature that is not built', () => {
    const missing = capabilityTable.filter((row) => 'notBuilt' in row).map(({ name }) => name);
    expect(missing).to.include('ecs.capability.task-eni').and.include('ecs.capability.efs');
    for (const platform of ['linux', 'windows'] as const)
      for (const external of [true, false])
        expect(names({ platform, external })).not.to.include.members(missing);
  });

  const both = [{}, onWindows];
  const features: [name: string, given: Partial<Capabilities>[], not: Partial<Capabilities>[]][] = [
    ['ecs.capability.ecr-endpoint', both, []],
    ['ecs.capability.container-ordering', both, []],
    ['ecs.capability.full-sync', both, []],
    ['ecs.capability.network.container-port-range', both, []],
    ['ecs.capability.container-restart-policy', both, []],
    ['ecs.capability.docker-plugin.local', [...both, { volumePlugins: [] }], []],
    [
      `${old}privileged-container`,
      both,
      [{ privilegedDisabled: true }, { ...onWindows, privilegedDisabled: true }],
    ],
    [`${old}selinux`, [{ selinux: true }, { ...onWindows, selinux: true }], both],
    [`${old}apparmor`, [{ apparmor: true }, { ...onWindows, apparmor: true }], both],
    [
      'ecs.capability.task-cpu-mem-limit',
      [{ taskLimits: true, ...api('1.22') }],
      [{}, { taskLimits: true, ...api('1.21') }, { ...onWindows, taskLimits: true }],
    ],
    [
      'ecs.capability.increased-task-cpu-limit',
      [{ taskLimits: true, ...api('1.22') }],
      [{}, { taskLimits: true, ...api('1.21') }, { ...onWindows, taskLimits: true }],
    ],
    [
      `${old}ecr-auth`,
      [api('1.19'), { ...onWindows, ...api('1.24') }],
      [api('1.18'), { ...onWindows, ...api('1.23') }],
    ],
    [
      'ecs.capability.execution-role-ecr-pull',
      [api('1.19'), { ...onWindows, ...api('1.24') }],
      [api('1.18'), { ...onWindows, ...api('1.23') }],
    ],
    [
      'ecs.capability.container-health-check',
      [api('1.24'), { ...onWindows, ...api('1.24') }],
      [{ healthChecksDisabled: true }, api('1.23'), { ...onWindows, healthChecksDisabled: true }],
    ],
    [
      'ecs.capability.pid-ipc-namespace-sharing',
      [{ pauseImageLoaded: true }],
      [{}, { ...onWindows, pauseImageLoaded: true }],
    ],
    [
      `${old}task-iam-role`,
      [
        { taskRoles: true, ...api('1.19') },
        { ...onWindows, taskRoles: true, ...api('1.24') },
      ],
      [...both, { taskRoles: true, ...api('1.18') }, { taskRolesOnHost: true }],
    ],
    [
      `${old}task-iam-role-network-host`,
      [
        { taskRolesOnHost: true, ...api('1.19') },
        { ...onWindows, taskRolesOnHost: true, ...api('1.24') },
      ],
      [...both, { taskRolesOnHost: true, ...api('1.18') }, { taskRoles: true }],
    ],
    [
      'ecs.capability.execution-role-awslogs',
      [{ logsByExecutionRole: true }, { ...onWindows, logsByExecutionRole: true }],
      both,
    ],
    [
      'ecs.capability.fault-injection',
      [{ faultInjection: true }],
      [{}, { ...onWindows, faultInjection: true }],
    ],
    ['ecs.capability.external', [{ external: true }, { ...onWindows, external: true }], both],
  ];
  for (const [name, given, not] of features)
    it(`name ${name} only where it is so`, () => {
      for (const facts of given) expect(names(facts), JSON.stringify(facts)).to.include(name);
      for (const facts of not) expect(names(facts), JSON.stringify(facts)).not.to.include(name);
    });

  const engines: [platform: 'linux' | 'windows', api: string, min: string, minors: number[]][] = [
    ['linux', '1.44', '1.24', [...modern, 32]],
    ['linux', '1.60', '1.44', [...modern, 32]],
    ['linux', '1.25', '1.12', [17, 18, 19, 20, 21, 22, 23, 24, 25]],
    ['linux', '1.25', '1.23', [23, 24, 25]],
    ['linux', '1', '1', []],
    ['windows', '1.44', '1.24', modern],
    ['windows', '1.60', '1.44', modern],
    ['windows', '1.25', '1.24', [17, 18, 19, 20, 21, 22, 23, 24, 25]],
    ['windows', '1.23', '1.12', []],
  ];
  for (const [platform, apiVersion, min, minors] of engines)
    it(`name ${minors.length} versions of an Engine on ${platform} that speaks ${min} to ${apiVersion}`, () => {
      const told = names({ platform, ...api(apiVersion, min) })
        .filter((name) => name.startsWith(`${old}docker-remote-api.1.`))
        .map((name) => Number(name.split('.').at(-1)));
      expect(told).to.deep.equal(minors);
    });

  const logs: [driver: string, api: string, isNamed: boolean][] = [
    ['json-file', '1.18', true],
    ['json-file', '1.17', false],
    ['syslog', '1.17', false],
    ['syslog', '1.18', true],
    ['journald', '1.18', false],
    ['journald', '1.19', true],
    ['none', '1.18', false],
    ['none', '1.19', true],
    ['gelf', '1.19', false],
    ['gelf', '1.20', true],
    ['fluentd', '1.19', false],
    ['fluentd', '1.20', true],
    ['awslogs', '1.20', false],
    ['awslogs', '1.21', true],
    ['splunk', '1.21', false],
    ['splunk', '1.22', true],
    ['logentries', '1.24', false],
    ['logentries', '1.25', true],
    ['sumologic', '1.28', false],
    ['sumologic', '1.29', true],
    ['awsfirelens', '1.51', false],
  ];
  for (const [driver, apiVersion, isNamed] of logs)
    it(`name the log driver ${driver} (${isNamed}) with an Engine of API ${apiVersion}`, () => {
      const told = names({ ...api(apiVersion), loggingDrivers: [driver] })
        .filter((name) => name.startsWith(`${old}logging-driver.`))
        .map((name) => name.slice(`${old}logging-driver.`.length));
      expect(told).to.deep.equal(isNamed ? [driver] : []);
    });

  it('name a log driver once that the operator names twice', () => {
    const told = names({ loggingDrivers: ['syslog', 'syslog'] });
    expect(told.filter((name) => name.endsWith('.syslog'))).to.have.length(1);
  });

  const plugins: [plugins: string[], words: string[]][] = [
    [['local'], ['local']],
    [
      ['vieux/sshfs:latest', 'rexray/ebs:0.11'],
      ['local', 'vieux/sshfs.latest', 'vieux/sshfs', 'rexray/ebs.0.11'],
    ],
    [
      ['nfs', 'nfs:latest'],
      ['local', 'nfs', 'nfs.latest'],
    ],
  ];
  for (const [volumePlugins, words] of plugins) {
    const told = (more: Partial<Capabilities>) =>
      names({ volumePlugins, ...more })
        .filter((name) => name.includes('.docker-plugin.'))
        .map((name) => name.slice('ecs.capability.docker-plugin.'.length));
    it(`name the volume plugins ${words.join(', ')}`, () => {
      expect(told({})).to.deep.equal(words);
    });
    it(`name of ${volumePlugins.join(', ')} on Windows the local one`, () => {
      expect(told(onWindows)).to.deep.equal(['local']);
    });
  }

  const systems: [build: number, installation: string, family: string][] = [
    [14_393, 'Server', 'WINDOWS_SERVER_2016_FULL'],
    [14_393, 'Server Core', 'WINDOWS_SERVER_2016_CORE'],
    [17_763, 'Server', 'WINDOWS_SERVER_2019_FULL'],
    [17_763, 'Server Core', 'WINDOWS_SERVER_2019_CORE'],
    [19_041, 'Server Core', 'WINDOWS_SERVER_2004_CORE'],
    [19_042, 'Server Core', 'WINDOWS_SERVER_20H2_CORE'],
    [20_348, 'Server', 'WINDOWS_SERVER_2022_FULL'],
    [26_100, 'Server', 'WINDOWS_SERVER_2025_FULL'],
    [26_100, 'Client', 'windows'],
    [22_631, 'Server', 'windows'],
  ];
  for (const [build, installation, family] of systems)
    it(`call build ${build} of Windows, installed as ${installation}, ${family}`, () => {
      const facts = { platform: 'windows' as const, windows: { build, installation } };
      expect(valueIn('ecs.os-family', facts)).to.equal(family);
      // What the operator says of a Linux distribution has no use here.
      const named = { ...facts, detailedOsFamily: 'debian_12' };
      expect(valueIn('ecs.os-type-detailed', named)).to.equal(family);
      expect(detailedOsFamilyOf(named)).to.equal(family);
    });

  it('call a Windows that cannot be told windows', () => {
    expect(valueIn('ecs.os-family', { platform: 'windows' })).to.equal('windows');
  });

  it('call a Linux of which the operator says nothing LINUX', () => {
    expect(valueIn('ecs.os-type-detailed', {})).to.equal('LINUX');
  });

  it('tell the processor of an external instance only', () => {
    const facts = { external: true, cpuArchitecture: 'arm64' };
    expect(valueIn('ecs.cpu-architecture', facts)).to.equal('arm64');
    expect(valueIn('ecs.cpu-architecture', { ...onWindows, ...facts })).to.equal('arm64');
    expect(names()).not.to.include('ecs.cpu-architecture');
  });
});
