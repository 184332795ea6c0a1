import { expect } from 'chai';
import { EcsError } from '../../../transport/ecs/port.ts';
import { credentialsFrom } from '../../../transport/wire/credentials.ts';

/** What the AWS SDK looks at, so that it finds nothing. */
const nowhere: Record<string, string> = {
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
  AWS_CONFIG_FILE: '/nowhere/config',
};

describe('credentials of the agent', () => {
  const saved = { ...process.env };
  const replaceBy = (environment: NodeJS.ProcessEnv) => {
    for (const name of Object.keys(process.env))
      if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, environment);
  };
  beforeEach(() => replaceBy(nowhere));
  afterEach(() => replaceBy(saved));

  it('are those of the configuration where it has some', async () => {
    const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
    expect(await credentialsFrom(keys)()).to.deep.equal(keys);
  });

  it('are those that the AWS SDK finds where the configuration has none', async () => {
    const find = credentialsFrom(null);
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'FOUND', AWS_SECRET_ACCESS_KEY: 'secret' });
    expect((await find()).accessKeyId).to.equal('FOUND');
  });

  it('are missed with the remedy, and looked for again the next time', async () => {
    const find = credentialsFrom(null);
    for (const _ of ['first', 'second']) {
      const missing = await find().catch((error: unknown) => error);
      if (!(missing instanceof EcsError)) throw new Error(`not the error: ${missing}`);
      expect(missing.code).to.equal('ECS_DENIED');
      expect(missing.message).to.match(/set AWS_ACCESS_KEY_ID .* or give .* a role/);
    }
  });
});
