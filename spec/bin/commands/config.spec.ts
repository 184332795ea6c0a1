import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type ConfigDoors, type Shown, showConfig } from '../../../bin/commands/config.ts';
import { known } from '../../../bin/config/sources.ts';
import { AgentProcess } from '../../support/process.ts';

const secrets = {
  AWS_ACCESS_KEY_ID: 'hidden-id',
  AWS_SECRET_ACCESS_KEY: 'hidden-secret',
  AWS_SESSION_TOKEN: 'hidden-token',
  ECS_ENGINE_AUTH_DATA: '{"r":{"password":"hidden"}}',
  HTTPS_PROXY: 'http://u:hidden@proxy.example.com',
};

describe('ecs-agent config', () => {
  let folder: string;
  let path: string;
  let output: string;
  let asked: number;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-spec-'));
    path = join(folder, 'config.json');
    output = '';
    asked = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const instance = {
    userData: async () => '{"ECSAgentConfiguration":{"ReservedMemory":64,"Cluster":"other"}}',
    region: async () => {
      asked += 1;
      return 'us-west-2';
    },
  };
  const show = (
    words: string[],
    environment: Record<string, string> = {},
    doors: Partial<ConfigDoors> = {},
  ) =>
    showConfig(
      words,
      { ECS_AGENT_CONFIG_FILE_PATH: path, ...environment },
      {
        platform: 'linux',
        metadata: instance,
        write: (text) => {
          output += text;
        },
        ...doors,
      },
    );
  const lineOf = (name: string) =>
    output
      .split('\n')
      .find((line) => line.startsWith(`${name} `))
      ?.split(/ {2,}/);
  const shown = (): { settings: Shown[]; warnings: string[] } => JSON.parse(output);

  it('shows each setting, its value, and where that is from', async () => {
    writeFileSync(path, '{"Cluster":"prod","ContainerStartTimeout":90000000000}');
    expect(await show([], { ECS_RESERVED_PORTS: '[22, 80]' })).to.equal(0);
    expect(lineOf('NAME')).to.deep.equal(['NAME', 'VALUE', 'SOURCE']);
    expect(lineOf('ECS_CLUSTER')).to.deep.equal(['ECS_CLUSTER', 'prod', `file ${path}`]);
    expect(lineOf('ECS_CONTAINER_START_TIMEOUT')?.slice(1)).to.deep.equal([
      '1m30s',
      `file ${path}`,
    ]);
    expect(lineOf('ECS_RESERVED_PORTS')?.slice(1)).to.deep.equal(['[22,80]', 'environment']);
    expect(lineOf('ECS_RESERVED_MEMORY')?.slice(1)).to.deep.equal(['64', 'user data']);
    expect(lineOf('AWS_DEFAULT_REGION')?.slice(1)).to.deep.equal([
      'us-west-2',
      'instance metadata',
    ]);
    expect(lineOf('ECS_LOGFILE')?.slice(1)).to.deep.equal(['-', 'default']);
    for (const name of Object.keys(known)) expect(lineOf(name), name).to.have.length(3);
  });

  it('shows the same as JSON with --json', async () => {
    writeFileSync(path, '{"Cluster":"prod"}');
    expect(await show(['--json'], { ECS_LOGLEVEL: 'loud' })).to.equal(0);
    const { settings, warnings } = shown();
    expect(settings.map(({ name }) => name)).to.deep.equal(Object.keys(known));
    expect(settings[0]).to.deep.equal({
      name: 'ECS_CLUSTER',
      value: 'prod',
      source: `file ${path}`,
    });
    expect(warnings.join()).to.match(/^ECS_LOGLEVEL must be one of .*: the default is used$/);
  });

  it('shows no secret', async () => {
    for (const words of [[], ['--json']]) await show(words, secrets);
    expect(output).to.not.include('hidden');
    expect(lineOf('AWS_SECRET_ACCESS_KEY')?.slice(1)).to.deep.equal(['(secret)', 'environment']);
    expect(lineOf('HTTPS_PROXY')?.[1]).to.equal('http://(secret)@proxy.example.com');
  });

  it('does not show that there is a secret where there is none', async () => {
    await show([]);
    expect(lineOf('AWS_SECRET_ACCESS_KEY')?.slice(1)).to.deep.equal(['-', 'default']);
  });

  it('shows warnings below, each in one line', async () => {
    const userData = () => Promise.reject(new Error('503'));
    await show([], { ECS_RESERVED_MEMORY: 'much' }, { metadata: { ...instance, userData } });
    expect(output.split('\n\n')[1]?.split('\n')).to.deep.equal([
      'warning: The user data of the instance cannot be read: 503',
      'warning: ECS_RESERVED_MEMORY must be a whole number of at most 65535, not "much": the default is used',
      '',
    ]);
  });

  it('shows what others wrote in one line', async () => {
    await show([], { ECS_CLUSTER: 'a\u001b[2J\nb' });
    expect(lineOf('ECS_CLUSTER')?.[1]).to.equal('a [2J b');
  });

  it('needs no region, and does not ask the instance with --no-metadata', async () => {
    expect(await show(['--no-metadata'])).to.equal(0);
    expect(lineOf('AWS_DEFAULT_REGION')?.slice(1)).to.deep.equal(['-', 'default']);
    expect(asked).to.equal(0);
  });

  it('is refused with what the agent could not start with', async () => {
    writeFileSync(path, '{"EngineAuthData":{"r":hidden}}');
    const error = await show([]).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'CONFIG_INVALID' });
    expect(String(error)).to.not.include('hidden');
    expect(output).to.equal('');
  });

  for (const words of [['--yaml'], ['more']])
    it(`is refused with ${words.join()} in one line`, async () => {
      const error = await show(words).catch((reason: unknown) => reason);
      expect(error).to.include({ code: 'USAGE' });
      expect(String(error)).to.match(/^.* \(see ecs-agent --help\)$/);
    });

  it('is a command of the executable', async () => {
    const command = new AgentProcess(['config', '--json'], {
      ECS_CLUSTER: 'specs',
      ECS_AGENT_CONFIG_FILE_PATH: path,
    });
    expect(await command.exitCode()).to.equal(0);
    expect(JSON.parse(command.output).settings[0]).to.deep.equal({
      name: 'ECS_CLUSTER',
      value: 'specs',
      source: 'environment',
    });
  });
});
