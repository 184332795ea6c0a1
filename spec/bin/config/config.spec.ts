import { expect } from 'chai';
import { type Config, ConfigError, readConfig } from '../../../bin/config/config.ts';
import { variables } from '../../../bin/variables/variables.ts';
import { AgentError } from '../../../machines/names/errors.ts';
import { cases } from './cases.ts';
import { bothPlatforms, type Case, type Setting } from './rows.ts';

const read = ({ name, text, platform, more }: Case) =>
  readConfig({ ...more, [name]: text }, platform);

const settingIn = (config: Config, setting: Setting): unknown =>
  setting.split('.').reduce((found: unknown, member) => Object(found)[member], config);

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
  it('has a case for every variable of the table, not set and set', () => {
    const expected = Object.keys(variables).sort();
    const names = (part: Case[]) => [...new Set(part.map(({ name }) => name))].sort();
    expect(names(cases.filter(({ text }) => text === undefined))).to.deep.equal(expected);
    expect(names(cases.filter(({ text }) => text !== undefined))).to.deep.equal(expected);
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
          const { config, warnings } = read(given);
          expect(settingIn(config, setting)).to.deep.equal(is);
          expect(warnings).to.deep.equal(warns === undefined ? [] : [warns]);
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
      'ECS_LOGLEVEL',
      'ECS_RESERVED_PORTS',
      'ECS_EXTERNAL',
    ]);
    for (const warning of warnings) expect(warning).to.match(/^.*: the default is used$/);
  });

  it('says no secret in a warning or a refusal', () => {
    const secrets = Object.fromEntries(
      Object.entries(variables)
        .filter(([, variable]) => 'secret' in variable)
        .map(([name]) => [name, `hidden of ${name}\n`]),
    );
    expect(Object.keys(secrets)).to.deep.equal([
      'AWS_ACCESS_KEY_ID',
      'AWS_SECRET_ACCESS_KEY',
      'AWS_SESSION_TOKEN',
      'ECS_ENGINE_AUTH_DATA',
    ]);
    const wrong = cases.filter(({ warns, fails }) => warns !== undefined || fails !== undefined);
    for (const { name, text, platform, more } of wrong) {
      const environment = { ...more, ...secrets, [name]: text };
      let said: unknown;
      try {
        said = readConfig(environment, platform).warnings.join();
      } catch (error) {
        said = String(error);
      }
      expect(said).to.include(name).and.not.include('hidden');
    }
  });
});
