import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../bin/config/config.ts';
import { gatherSources, type InstanceAnswers, readConfigFile } from '../../../bin/config/load.ts';
import type { Platform } from '../../../bin/variables/variables.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-spec-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const written = (text: string): { ECS_AGENT_CONFIG_FILE_PATH: string } => {
  const path = join(folder, 'config.json');
  writeFileSync(path, text);
  return { ECS_AGENT_CONFIG_FILE_PATH: path };
};

describe('the configuration file', () => {
  it('is read where the environment says that it is', () => {
    const environment = written('{"Cluster":"prod"}');
    for (const platform of ['linux', 'windows'] as const)
      expect(readConfigFile(environment, platform)).to.deep.equal({
        path: environment.ECS_AGENT_CONFIG_FILE_PATH,
        text: '{"Cluster":"prod"}',
      });
  });

  it('need not be there', () => {
    const environment = { ECS_AGENT_CONFIG_FILE_PATH: join(folder, 'none.json') };
    expect(readConfigFile(environment, 'linux')).to.equal(null);
  });

  it('is refused where it can be opened, but not read', () => {
    mkdirSync(join(folder, 'config.json'));
    const environment = { ECS_AGENT_CONFIG_FILE_PATH: join(folder, 'config.json') };
    expect(() => readConfigFile(environment, 'linux')).to.throw(
      ConfigError,
      `The configuration file ${join(folder, 'config.json')} cannot be read (EISDIR): remove it`,
    );
  });

  it('must be owned by the administrators of Windows where nobody named it', () => {
    const { ECS_AGENT_CONFIG_FILE_PATH: usual } = written('{}');
    const owned = (by: string | null, environment = {}, platform: Platform = 'windows') =>
      readConfigFile(environment, platform, { ownerOf: () => by, usual })?.text;
    expect(owned('S-1-5-32-544')).to.equal('{}');
    expect(owned('S-1-5-32-545')).to.equal(undefined);
    expect(owned(null)).to.equal(undefined);
    expect(readConfigFile({}, 'windows', { usual })).to.equal(null);
    expect(owned('S-1-5-32-545', {}, 'linux')).to.equal('{}');
    expect(owned('S-1-5-32-545', { ECS_AGENT_CONFIG_FILE_PATH: usual })).to.equal('{}');
  });
});

describe('the sources of the configuration', () => {
  const asked: string[] = [];
  const instance: InstanceAnswers = {
    userData: async () => {
      asked.push('user data');
      return 'data';
    },
    region: async () => {
      asked.push('region');
      return 'us-west-2';
    },
  };
  const gather = (environment: Record<string, string>, metadata: InstanceAnswers | null) =>
    gatherSources({ ...written('{}'), ...environment }, 'linux', { metadata });
  beforeEach(() => asked.splice(0));

  it('are the file, and what the instance tells', async () => {
    const { sources, warnings } = await gather({}, instance);
    expect(sources.file?.text).to.equal('{}');
    expect(sources).to.include({ userData: 'data', region: 'us-west-2' });
    expect(warnings).to.deep.equal([]);
  });

  it('do not have the region of the instance where another is known', async () => {
    const { sources } = await gather({ AWS_DEFAULT_REGION: 'eu-west-1' }, instance);
    expect(sources).to.include({ userData: 'data', region: null });
    expect(asked).to.deep.equal(['user data']);
  });

  const silent: [string, Record<string, string>, InstanceAnswers | null][] = [
    ['it is not to be asked', {}, null],
    ['it is no EC2 instance', { ECS_EXTERNAL: 'true', AWS_DEFAULT_REGION: 'local' }, instance],
    ['its metadata service is off', { AWS_EC2_METADATA_DISABLED: 'true' }, instance],
  ];
  for (const [why, environment, metadata] of silent)
    it(`are without what the instance tells where ${why}`, async () => {
      const { sources } = await gather(environment, metadata);
      expect(sources).to.include({ userData: null, region: null });
      expect(asked).to.deep.equal([]);
    });

  it('are without what the instance does not tell, with a warning', async () => {
    const fails = () => Promise.reject(new Error('503'));
    const { sources, warnings } = await gather({}, { userData: fails, region: fails });
    expect(sources).to.include({ userData: null, region: null });
    expect(warnings).to.deep.equal(['The user data of the instance cannot be read: 503']);
  });

  it('are not gathered where the configuration is wrong already', async () => {
    const error = await gather({ DOCKER_HOST: 'no' }, instance).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
    expect(asked).to.deep.equal([]);
  });
});
