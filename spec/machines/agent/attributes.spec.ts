import { expect } from 'chai';
import { attributesOf, type Capabilities } from '../../../machines/agent/attributes.ts';

const linux: Capabilities = {
  platform: 'linux',
  cpuArchitecture: 'x86_64',
  engine: { apiVersion: '1.51', minApiVersion: '1.24' },
  loggingDrivers: ['json-file', 'none'],
  privilegedDisabled: false,
  healthChecksDisabled: false,
  taskLimits: false,
  pauseImageLoaded: false,
  external: false,
  custom: {},
};

const all = (more: Partial<Capabilities> = {}) => attributesOf({ ...linux, ...more });
const names = (more: Partial<Capabilities> = {}) => all(more).map(({ name }) => name);
const old = 'com.amazonaws.ecs.capability.';

/** The Engine API versions that ECS is told of, without their `1.`. */
const versions = (apiVersion: string, minApiVersion: string): number[] =>
  names({ engine: { apiVersion, minApiVersion } })
    .filter((name) => name.startsWith(`${old}docker-remote-api.1.`))
    .map((name) => Number(name.split('.').at(-1)));
const drivers = (apiVersion: string, loggingDrivers: string[]): string[] =>
  names({ engine: { apiVersion, minApiVersion: '1.12' }, loggingDrivers })
    .filter((name) => name.startsWith(`${old}logging-driver.`))
    .map((name) => name.slice(`${old}logging-driver.`.length));

describe('the attributes of a container instance', () => {
  it('are, in this order, those of a Linux host with a modern Engine', () => {
    expect(all({ custom: { stack: 'prod' } })).to.deep.equal([
      { name: 'stack', value: 'prod' },
      { name: `${old}privileged-container` },
      ...[17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32].map((minor) => ({
        name: `${old}docker-remote-api.1.${minor}`,
      })),
      { name: `${old}logging-driver.json-file` },
      { name: `${old}logging-driver.none` },
      { name: `${old}ecr-auth` },
      { name: 'ecs.capability.ecr-endpoint' },
      { name: 'ecs.capability.container-ordering' },
      { name: 'ecs.capability.full-sync' },
      { name: 'ecs.capability.network.container-port-range' },
      { name: 'ecs.capability.container-restart-policy' },
      { name: 'ecs.capability.execution-role-ecr-pull' },
      { name: 'ecs.capability.container-health-check' },
      { name: 'ecs.capability.docker-plugin.local' },
      { name: 'ecs.os-type', value: 'linux' },
      { name: 'ecs.os-family', value: 'LINUX' },
      { name: 'ecs.os-type-detailed', value: 'LINUX' },
    ]);
  });

  it('tell the operating system of a Windows host', () => {
    expect(all({ platform: 'windows' }).slice(-3)).to.deep.equal([
      { name: 'ecs.os-type', value: 'windows' },
      { name: 'ecs.os-family', value: 'windows' },
      { name: 'ecs.os-type-detailed', value: 'windows' },
    ]);
  });

  it('tell of an external instance that it is one, and its processor', () => {
    const told = all({ external: true, cpuArchitecture: 'arm64' });
    expect(told).to.deep.include({ name: 'ecs.capability.external' });
    expect(told.at(-1)).to.deep.equal({ name: 'ecs.cpu-architecture', value: 'arm64' });
  });

  it('do not promise privileged containers where the operator forbids them', () => {
    expect(names({ privilegedDisabled: true })).not.to.include(`${old}privileged-container`);
  });

  const api = (apiVersion: string) => ({ engine: { apiVersion, minApiVersion: '1.12' } });
  const windows = { platform: 'windows' as const };
  const features: [string, Partial<Capabilities>, Partial<Capabilities>[]][] = [
    ['ecs.capability.task-cpu-mem-limit', { taskLimits: true }, [api('1.21'), windows]],
    ['ecs.capability.increased-task-cpu-limit', { taskLimits: true }, [api('1.21'), windows]],
    ['ecs.capability.container-health-check', {}, [{ healthChecksDisabled: true }, api('1.23')]],
    [`${old}ecr-auth`, {}, [api('1.18')]],
    ['ecs.capability.execution-role-ecr-pull', {}, [api('1.18')]],
    [
      'ecs.capability.pid-ipc-namespace-sharing',
      { pauseImageLoaded: true },
      [{ pauseImageLoaded: false }, windows],
    ],
  ];
  for (const [name, given, without] of features)
    it(`name ${name} only where it is so`, () => {
      expect(names(given)).to.include(name);
      for (const less of without) expect(names({ ...given, ...less })).not.to.include(name);
    });

  it('name no feature of task limits where tasks have none', () => {
    expect(names().filter((name) => name.includes('limit'))).to.deep.equal([]);
  });

  const engines: [string, string, number[]][] = [
    ['1.44', '1.24', [17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32]],
    ['1.60', '1.44', [17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32]],
    ['1.25', '1.12', [17, 18, 19, 20, 21, 22, 23, 24, 25]],
    ['1.25', '1.23', [23, 24, 25]],
    ['1', '1', []],
  ];
  for (const [api, min, expected] of engines)
    it(`name ${expected.length} versions of an Engine that speaks ${min} to ${api}`, () => {
      expect(versions(api, min)).to.deep.equal(expected);
    });

  const logs: [string, string, boolean][] = [
    ['json-file', '1.18', true],
    ['json-file', '1.17', false],
    ['syslog', '1.18', true],
    ['journald', '1.18', false],
    ['journald', '1.19', true],
    ['none', '1.19', true],
    ['gelf', '1.20', true],
    ['fluentd', '1.20', true],
    ['awslogs', '1.20', false],
    ['awslogs', '1.21', true],
    ['splunk', '1.22', true],
    ['logentries', '1.25', true],
    ['sumologic', '1.28', false],
    ['sumologic', '1.29', true],
    ['awsfirelens', '1.51', false],
  ];
  for (const [driver, api, expected] of logs)
    it(`name the log driver ${driver} (${expected}) with an Engine of API ${api}`, () => {
      expect(drivers(api, [driver])).to.deep.equal(expected ? [driver] : []);
    });
});
