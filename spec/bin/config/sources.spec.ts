import { expect } from 'chai';
import { ConfigError, readConfig } from '../../../bin/config/config.ts';
import type { Origin } from '../../../bin/config/sources.ts';
import { known } from '../../../bin/config/sources.ts';
import type { Environment, Platform } from '../../../bin/variables/variables.ts';
import { idleKeys, keyRows } from './file-keys.ts';

const path = '/etc/ecs/ecs.config.json';

interface Given {
  environment?: Environment;
  file?: unknown;
  userData?: unknown;
  region?: string | null;
  platform?: Platform;
}

const textOf = (json: unknown): string => (typeof json === 'string' ? json : JSON.stringify(json));

/** Reads a file and user data that are given as JSON, or as texts. */
const readFrom = ({ environment = {}, file, userData, region, platform = 'linux' }: Given) =>
  readConfig(environment, platform, {
    file: file === undefined ? null : { path, text: textOf(file) },
    userData:
      userData === undefined || typeof userData === 'string'
        ? (userData ?? null)
        : JSON.stringify({ ECSAgentConfiguration: userData }),
    region,
  });

const refusal = (given: Given): string => {
  try {
    readFrom(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('the configuration was taken');
};

/** What the external mode needs besides. */
const whole = { AWSRegion: 'us-west-2' };

describe('the JSON file', () => {
  it('has every key of the table', () => {
    const keys = Object.values(known).flatMap(({ file = [], oldInFile = [] }) =>
      [file, oldInFile].flat(),
    );
    const pair = ['TaskMetadataSteadyStateRate', 'TaskMetadataBurstRate'];
    const onWindows = 'FSxWindowsFileServerCapable';
    expect([...keyRows.map(([key]) => key), ...pair, onWindows]).to.have.members(keys);
  });

  for (const [key, json, name, value] of keyRows) {
    it(`gives ${name} by ${key}`, () => {
      const { settings, origins } = readFrom({ file: { ...whole, [key]: json } });
      expect(settings[name]).to.deep.equal(value);
      expect(origins[name]).to.equal('file');
    });

    it(`gives ${name} by ${key} in user data`, () => {
      const { settings, origins } = readFrom({ userData: { ...whole, [key]: json } });
      expect(settings[name]).to.deep.equal(value);
      expect(origins[name]).to.equal('user data');
    });

    it(`says nothing of ${name} by ${key} that is null`, () => {
      expect(readFrom({ file: { [key]: null } }).origins[name]).to.equal('default');
    });

    it(`is refused with ${key} of another form`, () => {
      const wrong = typeof json === 'string' ? 5 : 'hidden "text"\n';
      const message = refusal({ file: { [key]: wrong } });
      expect(message).to.include(`${key} in ${path} must be `);
      expect(message).to.match(/^[^\n]*: correct it or remove it$/);
      if (known[name]?.secret) expect(message).to.not.include('hidden');
    });

    it(`passes over ${key} of another form in user data`, () => {
      const wrong = typeof json === 'string' ? 5 : 'hidden "text"';
      const { origins, warnings } = readFrom({ userData: { [key]: wrong } });
      expect(origins[name]).to.equal('default');
      expect(warnings.at(-1)).to.match(
        new RegExp(`^${key} in user data must be .*: the default is used$`),
      );
    });
  }

  for (const [key, instead] of idleKeys)
    it(`has no effect by ${key}, and says what to set`, () => {
      expect(readFrom({ file: { [key]: 5 } }).warnings).to.deep.equal([
        `${key} in ${path} has no effect: set ${instead} in the environment instead`,
      ]);
    });

  it('says that a volume of FSx is a matter of Windows', () => {
    const file = { FSxWindowsFileServerCapable: false };
    const name = 'ECS_FSX_WINDOWS_FILE_SERVER_SUPPORTED';
    expect(readFrom({ file }).warnings).to.deep.equal([
      `FSxWindowsFileServerCapable in ${path} has no use on linux: it is passed over`,
    ]);
    expect(readFrom({ file, platform: 'windows' }).settings[name]).to.equal(false);
  });

  it('gives a rate by its two parts', () => {
    const rateOf = (file: object) => readFrom({ file }).settings.ECS_TASK_METADATA_RPS_LIMIT;
    const [steady, burst] = ['TaskMetadataSteadyStateRate', 'TaskMetadataBurstRate'];
    expect(rateOf({ [steady]: 4, [burst]: 6 })).to.deep.equal({ steady: 4, burst: 6 });
    expect(rateOf({ [steady]: 4 })).to.deep.equal({ steady: 40, burst: 60 });
    expect(refusal({ file: { [steady]: '4' } })).to.include(
      `${steady} and ${burst} in ${path} must be two whole numbers above zero`,
    );
  });

  it('may be in capitals or not, and the last of a key counts', () => {
    const { config } = readFrom({ file: '{"cluster":"first","CLUSTER":"last","DATAdir":"/d"}' });
    expect(config).to.include({ cluster: 'last', dataDirectory: '/d' });
  });

  it('may begin with a byte order mark', () => {
    expect(readFrom({ file: '\uFEFF{"Cluster":"prod"}\n' }).config.cluster).to.equal('prod');
  });

  it('is as good as none where it is blank', () => {
    const { warnings, config } = readFrom({ file: ' \n\t' });
    expect(warnings).to.deep.equal([]);
    expect(config).to.deep.equal(readFrom({}).config);
  });

  it('warns of a key that nobody knows, in one line', () => {
    expect(readFrom({ file: { 'Clus\nter': 'prod', constructor: 1 } }).warnings).to.deep.equal([
      `Clus\\nter in ${path} is not known: it is passed over`,
      `constructor in ${path} is not known: it is passed over`,
    ]);
  });

  it('gives the cluster by its key of old, with a warning, unless the new one is there', () => {
    const { config, warnings } = readFrom({ file: { ClusterArn: 'arn' } });
    expect(config).to.include({ cluster: 'arn', clusterIsDefault: false });
    expect(warnings).to.deep.equal([`ClusterArn in ${path} is deprecated: use Cluster`]);
    const both = readFrom({ file: { ClusterArn: 'arn', Cluster: 'prod' } });
    expect(both.config.cluster).to.equal('prod');
  });

  const broken = ['{', '{"EngineAuthData":{"r":{"password":hidden}}}', '[]', '"x"', 'null', '5'];
  for (const file of [...broken, 'Cluster=prod'])
    it(`is refused where it is ${file}, without a word of what is in it`, () => {
      expect(refusal({ file })).to.equal(
        `The configuration file ${path} must be one JSON object: correct it or remove it`,
      );
    });

  it('never has its registry logins told', () => {
    const message = refusal({ file: { EngineAuthData: ['hidden'] } });
    expect(message).to.equal(
      `EngineAuthData in ${path} must be a JSON object, not (secret): correct it or remove it`,
    );
  });

  it('is refused with time-outs in another unit than nanoseconds', () => {
    const message = refusal({ file: { DockerStopTimeout: 30, ContainerStartTimeout: 60_000 } });
    expect(message).to.equal(
      `DockerStopTimeout in ${path} must be at least 1000000000 nanoseconds (1s), not 30: ` +
        `correct it or remove it; ContainerStartTimeout in ${path} must be at least ` +
        '45000000000 nanoseconds (45s), not 60000: correct it or remove it',
    );
  });

  const bounds: [object, string][] = [
    [{ ContainerCreateTimeout: 1 }, 'is raised from 1 to its least value, 1m'],
    [{ ImagePullInactivityTimeout: 1 }, 'is raised from 1 to its least value, 1m'],
    [{ ImageCleanupInterval: 1e9 }, 'must be a duration of at least 10m, not 1000000000: the'],
    [{ TaskCleanupWaitDuration: 1 }, 'must be a duration of at least 1s, not 1: the default'],
    [{ NumImagesToDeletePerCycle: -1 }, 'must be a whole number of at most 2147483647, not -1:'],
    [{ TaskPidsLimit: 5e6 }, 'must be a whole number from 1 to 4194304, not 5000000: the'],
  ];
  for (const [file, said] of bounds)
    it(`warns of ${JSON.stringify(file)}, which is out of bounds`, () => {
      const { warnings } = readFrom({ file });
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.include(`${Object.keys(file)[0]} in ${path} ${said}`);
    });

  const zeros = { TaskPidsLimit: 0, ImageCleanupInterval: 0, ReservedPorts: [], Cluster: '' };
  it('says nothing by what is zero or empty', () => {
    const { config, warnings } = readFrom({ file: zeros });
    expect(warnings).to.deep.equal([]);
    expect(config).to.deep.equal(readFrom({}).config);
  });

  it('is refused with a log driver that nobody knows', () => {
    for (const given of [{ file: drivers }, { userData: drivers }])
      expect(refusal(given)).to.match(
        /^AvailableLoggingDrivers in .* must be .*, not \["smoke"\]:/,
      );
  });
  const drivers = { AvailableLoggingDrivers: ['smoke'] };
});

describe('user data', () => {
  const others = ['#!/bin/sh\necho', '#cloud-config\n', 'e30=', '{', '[]', '{"other":{}}', '', ' '];
  for (const userData of [...others, '{"ECSAgentConfiguration":"x"}'])
    it(`is passed over where it is ${JSON.stringify(userData)}`, () => {
      expect(readFrom({ userData })).to.deep.equal(readFrom({}));
    });
});

describe('of several sources', () => {
  const all = {
    environment: { ECS_CLUSTER: 'environment' },
    file: { Cluster: 'file' },
    userData: { Cluster: 'user data' },
  };

  const firsts: [Given, Origin][] = [
    [all, 'environment'],
    [{ ...all, environment: {} }, 'file'],
    [{ userData: all.userData }, 'user data'],
  ];
  for (const [given, origin] of firsts)
    it(`the ${origin} counts before those below it`, () => {
      const { config, origins } = readFrom(given);
      expect(config.cluster).to.equal(origin);
      expect(origins.ECS_CLUSTER).to.equal(origin);
    });

  const regions: [Given, string, Origin][] = [
    [{ environment: { AWS_DEFAULT_REGION: 'e' }, region: 'm' }, 'e', 'environment'],
    [{ file: { AWSRegion: 'f' }, region: 'm' }, 'f', 'file'],
    [{ userData: { AWSRegion: 'u' }, region: 'm' }, 'u', 'user data'],
    [{ region: 'm' }, 'm', 'instance metadata'],
    [{}, '', 'default'],
  ];
  for (const [given, region, origin] of regions)
    it(`the region is from the ${origin} where that is the first to know it`, () => {
      const { config, origins } = readFrom(given);
      expect([config.region, origins.AWS_DEFAULT_REGION]).to.deep.equal([region, origin]);
    });

  it('none may leave the region unknown once all were asked', () => {
    expect(refusal({ region: null })).to.match(/^The AWS region is not known: set AWS_DEFAULT_REG/);
  });

  const yields: [what: string, Environment, file: object, setting: string, value: unknown][] = [
    [
      'a list that is empty',
      { ECS_RESERVED_PORTS: '[]' },
      { ReservedPorts: [1] },
      'ECS_RESERVED_PORTS',
      [1],
    ],
    [
      'a number that is zero',
      { ECS_RESERVED_MEMORY: '0' },
      { ReservedMemory: 5 },
      'ECS_RESERVED_MEMORY',
      5,
    ],
    [
      'a duration that is zero',
      { ECS_IMAGE_PULL_TIMEOUT: '0s' },
      { ImagePullTimeout: 1e9 },
      'ECS_IMAGE_PULL_TIMEOUT',
      1_000,
    ],
    [
      'a plain switch that is off',
      { ECS_AUDIT_LOGFILE_DISABLED: 'false' },
      { CredentialsAuditLogDisabled: true },
      'ECS_AUDIT_LOGFILE_DISABLED',
      true,
    ],
    [
      'the first word of a few',
      { ECS_IMAGE_PULL_BEHAVIOR: 'default' },
      { ImagePullBehavior: 2 },
      'ECS_IMAGE_PULL_BEHAVIOR',
      'once',
    ],
    [
      'a wrong value',
      { ECS_RESERVED_MEMORY: 'x' },
      { ReservedMemory: 5 },
      'ECS_RESERVED_MEMORY',
      5,
    ],
  ];
  for (const [what, environment, file, setting, value] of yields)
    it(`${what} leaves it to the next`, () => {
      const { settings } = readFrom({ environment, file });
      expect((settings as unknown as Record<string, unknown>)[setting]).to.deep.equal(value);
    });

  it('a switch that says false counts before one that says true', () => {
    const environment = { ECS_DISABLE_METRICS: 'false', ECS_CHECKPOINT: 'false' };
    const file = { DisableMetrics: true, Checkpoint: true };
    const { config, origins } = readFrom({ environment, file });
    expect(config).to.include({ metricsDisabled: false, checkpoint: false });
    expect(origins.ECS_CHECKPOINT).to.equal('environment');
  });

  it('a warning of a wrong value tells which one is used instead', () => {
    const environment = { ECS_RESERVED_MEMORY: 'x' };
    const { warnings } = readFrom({ environment, file: { ReservedMemory: 5 } });
    expect(warnings).to.deep.equal([
      `ECS_RESERVED_MEMORY must be a whole number of at most 65535, not "x": that of ${path} is used`,
    ]);
  });

  it('only the environment turns checkpoints on by a data directory', () => {
    expect(readFrom({ file: { DataDir: '/data' } }).config.checkpoint).to.equal(false);
    expect(readFrom({ environment: { ECS_DATADIR: '/data' } }).config.checkpoint).to.equal(true);
  });

  it('the file alone says to register without an identity document', () => {
    expect(readFrom({}).config.identityDocumentDisabled).to.equal(false);
    expect(readFrom({ environment: { NoIID: 'true' } }).config.identityDocumentDisabled).to.equal(
      false,
    );
    expect(readFrom({ file: { NoIID: true } }).config.identityDocumentDisabled).to.equal(true);
  });

  it('all wrong values are told at once', () => {
    const environment = { ECS_INSTANCE_ATTRIBUTES: 'x' };
    const message = refusal({ environment, file: { Cluster: 5 }, region: null });
    expect(message.split('; ')).to.have.length(3);
  });
});
