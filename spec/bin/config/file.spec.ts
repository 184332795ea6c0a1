import { expect } from 'chai';
import { known } from '../../../bin/config/sources.ts';
import { idleKeys, keyRows } from './file-keys.ts';
import { path, readFrom, refusal } from './given.ts';

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
