import { expect } from 'chai';
import { ConfigError, type ReadConfig, readConfig } from '../../../bin/config/config.ts';
import {
  forTestsOnly,
  type Platform,
  readByOthers,
  type Variable,
  variables,
} from '../../../bin/variables/variables.ts';
import { AgentError } from '../../../machines/names/errors.ts';
import { cases } from './cases.ts';
import { bothPlatforms, type Case, type Setting } from './rows.ts';

type Table = Record<string, Variable<unknown>>;

const read = ({ name, text, platform, more }: Case) =>
  readConfig({ ...more, [name]: text }, platform);

const settingIn = (read: ReadConfig, setting: Setting): unknown =>
  setting
    .split('.')
    .reduce((found: unknown, member) => Object(found)[member], { ...read.config, ...read });

/** The kinds of cases there are of a variable. */
const kindsOf = (name: string, platform: Platform): string[] =>
  cases
    .filter((one) => one.name === name && one.platform === platform)
    .map(({ text, warns, fails }) => {
      if (text === undefined) return 'not set';
      if (fails !== undefined || warns?.includes(' must be '))
        return isOutOfBounds(name, text) ? 'out of bounds' : 'bad';
      const [, how] = /(has no use|is raised|is lowered)/.exec(warns ?? '') ?? [];
      return how?.replace('has no use', 'elsewhere') ?? 'good';
    });

const isOutOfBounds = (name: string, text: string): boolean => {
  const parsed = (variables as Table)[name]?.kind.parse(text) ?? {};
  return 'is' in parsed && parsed.is === 'range';
};

/** The kinds of cases of wrong values that a variable must have. */
const wrongKindsOf = ({ kind, least, most }: Variable<unknown>): string[] => [
  ...('wrong' in kind.parse('<no>') ? ['bad'] : []),
  ...(/ (at most|at least|from \d)/.test(kind.words) ? ['out of bounds'] : []),
  ...(least === undefined ? [] : ['is raised']),
  ...(most === undefined ? [] : ['is lowered']),
];

/** All that is said of it: its warnings, or why it is refused. */
function saidOf(given: Case): string {
  try {
    return read(given).warnings.join('\n');
  } catch (error) {
    return String(error);
  }
}

const titleOf = ({ text, platform }: Case) =>
  `${text === undefined ? 'not set' : JSON.stringify(text)} on ${platform}`;

function refusal(environment: Record<string, string>): ConfigError {
  try {
    readConfig(environment, 'linux');
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('the configuration was taken');
}

describe('the configuration', () => {
  for (const [name, variable] of Object.entries(variables as Table))
    for (const platform of bothPlatforms)
      it(`has a case of each kind for ${name} on ${platform}`, () => {
        expect(kindsOf(name, platform)).to.include.members(
          (variable.only ?? platform) === platform
            ? ['not set', 'good', ...wrongKindsOf(variable)]
            : ['not set', 'elsewhere'],
        );
      });

  for (const name of Object.keys(variables)) {
    describe(`by ${name}`, () => {
      for (const given of cases.filter((one) => one.name === name)) {
        const { setting, is, warns, fails } = given;
        if (fails !== undefined) {
          it(`is refused where it is ${titleOf(given)}`, () => {
            expect(() => read(given)).to.throw(ConfigError, fails);
          });
          continue;
        }
        it(`has the ${setting} ${JSON.stringify(is)} where it is ${titleOf(given)}`, () => {
          const found = read(given);
          expect(settingIn(found, setting)).to.deep.equal(is);
          expect(found.warnings.join('\n')).to.equal(warns ?? '');
        });
      }
    });
  }

  it('takes a blank variable for one that is not set', () => {
    for (const platform of bothPlatforms) {
      const blank = Object.fromEntries(Object.keys(variables).map((name) => [name, ' ']));
      expect(readConfig(blank, platform)).to.deep.equal(readConfig({}, platform));
    }
  });

  it('is refused with a stable code', () => {
    const error = refusal({ ECS_INSTANCE_ATTRIBUTES: 'no' });
    expect(error).to.be.instanceOf(AgentError);
    expect(error).to.include({ code: 'CONFIG_INVALID', retry: false });
  });

  it('is refused in one line, whatever the value', () => {
    for (const name of ['ECS_INSTANCE_ATTRIBUTES', 'DOCKER_HOST', 'ECS_BACKEND_HOST'])
      expect(refusal({ [name]: 'two \nlines' }).message, name).to.match(/^.*two \\nlines.*$/);
  });

  it('warns in one line of each wrong value, in the order of the table', () => {
    const { warnings } = readConfig(
      { ECS_RESERVED_PORTS: '[\n', ECS_LOGLEVEL: 'loud', ECS_EXTERNAL: 'on' },
      'linux',
    );
    expect(warnings.map((warning) => warning.split(' ')[0])).to.deep.equal([
      'ECS_EXTERNAL',
      'ECS_LOGLEVEL',
      'ECS_RESERVED_PORTS',
    ]);
    for (const warning of warnings) expect(warning).to.match(/^.*: the default is used$/);
  });

  it('says no secret in a warning or a refusal', () => {
    const secrets = Object.fromEntries(
      Object.entries(variables as Table)
        .filter(([, { secret }]) => secret)
        .map(([name]) => [name, `hidden of ${name}\n`]),
    );
    expect(Object.keys(secrets)).to.deep.equal([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'ECS_ENGINE_AUTH_DATA',
    ]);
    for (const given of cases.filter(({ warns, fails }) => warns ?? fails)) {
      const { name, text, more, warns, fails } = given;
      const said = saidOf({
        ...given,
        more: { ...secrets, ...more, ...(text && { [name]: text }) },
      });
      expect(said)
        .to.include(warns ?? fails)
        .and.not.include('hidden');
    }
  });

  it('says that a secret is wrong, but not what it is', () => {
    const { config, warnings } = readConfig({ ECS_ENGINE_AUTH_DATA: '{"r":hidden}' }, 'linux');
    expect(config.engineAuth.data).to.equal('');
    expect(warnings).to.deep.equal([
      'ECS_ENGINE_AUTH_DATA must be a JSON object, not (secret): the default is used',
    ]);
  });

  it('is refused once for all that is wrong', () => {
    const environment = { DOCKER_HOST: 'no', ECS_INSTANCE_ATTRIBUTES: 'no', ECS_EXTERNAL: 'true' };
    const parts = refusal(environment)
      .message.split('; ')
      .map((part) => part.split(' ')[0]);
    expect(parts).to.deep.equal(['ECS_INSTANCE_ATTRIBUTES', 'DOCKER_HOST', 'ECS_EXTERNAL']);
  });

  it('passes over what is only for tests, with a warning each', () => {
    const environment = Object.fromEntries(forTestsOnly.map((name) => [name, 'true']));
    const { warnings, ...read } = readConfig(environment, 'linux');
    expect(warnings).to.deep.equal(
      forTestsOnly.map((name) => `${name} is for tests: it is passed over`),
    );
    expect(read.config).to.deep.equal(readConfig({}, 'linux').config);
  });

  it('says nothing of what others read', () => {
    const names = readByOthers.flatMap((group) => group.names);
    const environment = Object.fromEntries(names.map((name) => [name, 'true']));
    expect(readConfig(environment, 'linux')).to.deep.equal(readConfig({}, 'linux'));
  });
});
