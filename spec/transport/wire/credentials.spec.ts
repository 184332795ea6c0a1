import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ecsClient } from '../../../transport/ecs/client.ts';
import { EcsError } from '../../../transport/ecs/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import {
  type CredentialSources,
  credentialsFrom,
  rotatingFile,
} from '../../../transport/wire/credentials.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { direct } from '../../support/wire.ts';
import { readAuthorization } from './verifier.ts';

const minute = 60_000;

describe('credentials of the agent', () => {
  const saved = { ...process.env };
  let folder: string;
  let clock: SimClock;
  /** Who was found, in order. */
  let found: string[];
  const open: Loopback[] = [];

  const replaceBy = (environment: NodeJS.ProcessEnv) => {
    for (const name of Object.keys(process.env))
      if (name.startsWith('AWS_')) delete process.env[name];
    Object.assign(process.env, environment);
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wire-credentials-'));
    clock = new SimClock(Date.now());
    found = [];
    // What the AWS SDK looks at, so that it finds nothing.
    replaceBy({
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'shared'),
      AWS_CONFIG_FILE: join(folder, 'config'),
    });
  });
  afterEach(async () => {
    replaceBy(saved);
    for (const loopback of open.splice(0)) await loopback.close();
    rmSync(folder, { recursive: true });
  });

  const sources = (more: Partial<CredentialSources> = {}): CredentialSources => ({
    configured: null,
    external: false,
    metadataDisabled: true,
    rotating: { path: join(folder, 'rotating'), profile: 'default' },
    region: 'us-west-2',
    requestHandler: direct.sdkHandler(),
    clock,
    found: ({ from, keyId }) => found.push(`${from} ${keyId}`),
    ...more,
  });
  const write = (file: string, keyId: string, profile = 'default') =>
    writeFileSync(
      join(folder, file),
      `[${profile}]\naws_access_key_id = ${keyId}\naws_secret_access_key = secret\naws_session_token = token\n`,
    );
  const serve = async (listener: RequestListener) => {
    const loopback = await listen(listener);
    open.push(loopback);
    return loopback.url;
  };
  /** An instance whose role has the keys that `keysNow` answers. */
  const serveRole = async (keysNow: () => { keyId: string; inMs: number } | null) => {
    let asked = 0;
    process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT = await serve(({ url = '' }, response) => {
      if (url.endsWith('/api/token')) return response.end('token');
      if (url.endsWith('/security-credentials/')) return response.end('specs');
      asked += 1;
      const keys = keysNow();
      if (!keys) return response.writeHead(503).end();
      const Expiration = new Date(clock.now() + keys.inMs).toISOString();
      return response.end(
        JSON.stringify({
          ...{ Code: 'Success', AccessKeyId: keys.keyId, SecretAccessKey: 's', Token: 't' },
          Expiration,
        }),
      );
    });
    return () => asked;
  };
  const idOf = async (ask: ReturnType<typeof credentialsFrom>) => (await ask()).accessKeyId;
  const missing = async (ask: ReturnType<typeof credentialsFrom>): Promise<EcsError> => {
    const error = await ask().catch((reason: unknown) => reason);
    if (!(error instanceof EcsError)) throw new Error(`not the error: ${error}`);
    return error;
  };

  it('are those of the environment where it has some, whatever else there is', async () => {
    write('rotating', 'ROTATING');
    const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
    const ask = credentialsFrom(sources({ configured: keys, external: true }));
    expect(await ask()).to.deep.equal(keys);
  });

  it('come on EC2 from the shared files before the role, and from the rotating file last', async () => {
    await serveRole(() => ({ keyId: 'ROLE', inMs: 60 * minute }));
    write('rotating', 'ROTATING');
    write('shared', 'SHARED');
    const withRole = sources({ metadataDisabled: false });
    expect(await idOf(credentialsFrom(withRole))).to.equal('SHARED');
    rmSync(join(folder, 'shared'));
    expect(await idOf(credentialsFrom(withRole))).to.equal('ROLE');
    expect(await idOf(credentialsFrom(sources()))).to.equal('ROTATING');
  });

  it('come on an external instance from the rotating file, then the shared files, then the role', async () => {
    await serveRole(() => ({ keyId: 'ROLE', inMs: 60 * minute }));
    write('rotating', 'ROTATING');
    write('shared', 'SHARED');
    const external = sources({ external: true, metadataDisabled: false });
    expect(await idOf(credentialsFrom(external))).to.equal('ROTATING');
    rmSync(join(folder, 'rotating'));
    expect(await idOf(credentialsFrom(external))).to.equal('SHARED');
    rmSync(join(folder, 'shared'));
    expect(await idOf(credentialsFrom(external))).to.equal('ROLE');
  });

  it('come from the container that the agent runs in', async () => {
    process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = await serve((_, response) => {
      const Expiration = new Date(clock.now() + 60 * minute).toISOString();
      response.end(
        JSON.stringify({ AccessKeyId: 'TASK', SecretAccessKey: 's', Token: 't', Expiration }),
      );
    });
    expect(await idOf(credentialsFrom(sources()))).to.equal('TASK');
  });

  it('are those of the profiles that the variables name', async () => {
    writeFileSync(
      join(folder, 'shared'),
      '[other]\naws_access_key_id=OTHER\naws_secret_access_key=s\n',
    );
    process.env.AWS_PROFILE = 'other';
    expect(await idOf(credentialsFrom(sources()))).to.equal('OTHER');
    write('rotating', 'MINE', 'ecs');
    const rotating = { path: join(folder, 'rotating'), profile: 'ecs' };
    expect(await idOf(credentialsFrom(sources({ external: true, rotating })))).to.equal('MINE');
  });

  it('are asked of the instance’s role only where that is allowed', async () => {
    const asked = await serveRole(() => ({ keyId: 'ROLE', inMs: 60 * minute }));
    for (const external of [true, false])
      expect((await missing(credentialsFrom(sources({ external })))).code).to.equal('ECS_DENIED');
    expect(asked()).to.equal(0);
  });

  it('are missed with the remedy, and looked for again the next time', async () => {
    const ask = credentialsFrom(sources());
    for (const _ of ['first', 'second']) {
      const error = await missing(ask);
      expect(error.code).to.equal('ECS_DENIED');
      expect(error.message).to.match(/set AWS_ACCESS_KEY_ID .* or give .* a role/);
    }
    write('rotating', 'AT-LAST');
    expect(await idOf(ask)).to.equal('AT-LAST');
  });

  describe('that are renewed in a file', () => {
    it('are read again when they are asked for a minute later, and not before', async () => {
      write('rotating', 'FIRST');
      const ask = credentialsFrom(sources({ external: true }));
      expect(await idOf(ask)).to.equal('FIRST');
      write('rotating', 'SECOND');
      await clock.advance(minute - 1);
      expect(await idOf(ask)).to.equal('FIRST');
      await clock.advance(1);
      expect(await idOf(ask)).to.equal('SECOND');
    });

    it('wait for nothing while nobody asks', async () => {
      write('rotating', 'FIRST');
      const at = () => {
        throw new Error('waits');
      };
      const still = { now: () => clock.now(), at, afterTurn: at };
      expect(await idOf(credentialsFrom(sources({ external: true, clock: still })))).to.equal(
        'FIRST',
      );
    });

    it('outlive a file that is just being written', async () => {
      write('rotating', 'FIRST');
      const ask = credentialsFrom(sources({ external: true }));
      await ask();
      writeFileSync(join(folder, 'rotating'), '[default]\naws_access_key_id = SEC');
      await clock.advance(minute);
      expect(await idOf(ask)).to.equal('FIRST');
      write('rotating', 'SECOND');
      await clock.advance(minute);
      expect(await idOf(ask)).to.equal('SECOND');
    });

    it('sign the next call of a client of the AWS SDK', async () => {
      const signedBy: string[] = [];
      const endpoint = await serve(({ headers }, response) => {
        signedBy.push(readAuthorization(headers.authorization).accessKeyId);
        response.setHeader('content-type', 'application/x-amz-json-1.1');
        response.end('{"endpoint":"http://acs/"}');
      });
      const ecs = ecsClient({
        ...{ endpoint, region: 'us-west-2', userAgent: 'specs', clock, wire: direct },
        credentials: credentialsFrom(sources({ external: true })),
      });
      for (const keyId of ['FIRST', 'SECOND', 'THIRD']) {
        write('rotating', keyId);
        await ecs.discoverPollEndpoint({ arn: `arn:${keyId}`, cluster: 'specs' });
        await clock.advance(minute);
      }
      expect(signedBy).to.deep.equal(['FIRST', 'SECOND', 'THIRD']);
    });
  });

  describe('that expire', () => {
    it('are renewed five minutes before, once for all who ask', async () => {
      let keyId = 'FIRST';
      const asked = await serveRole(() => ({ keyId, inMs: 60 * minute }));
      const ask = credentialsFrom(sources({ metadataDisabled: false }));
      const all = await Promise.all([ask(), ask(), ask()]);
      expect(all.map(({ accessKeyId }) => accessKeyId)).to.deep.equal(['FIRST', 'FIRST', 'FIRST']);
      expect(asked()).to.equal(1);
      keyId = 'SECOND';
      await clock.advance(55 * minute - 1_000);
      expect(await idOf(ask)).to.equal('FIRST');
      await clock.advance(2_000);
      expect(await Promise.all([idOf(ask), idOf(ask)])).to.deep.equal(['SECOND', 'SECOND']);
      expect(asked()).to.equal(2);
    });

    it('are used to their end where they cannot be renewed, and not beyond', async () => {
      const Expiration = new Date(clock.now() + 60 * minute).toISOString();
      const keys = { Version: 1, AccessKeyId: 'MADE', SecretAccessKey: 's', Expiration };
      writeFileSync(join(folder, 'made'), JSON.stringify(keys));
      const command = `cat ${join(folder, 'made')}`;
      writeFileSync(join(folder, 'shared'), `[default]\ncredential_process = ${command}\n`);
      const ask = credentialsFrom(sources());
      await ask();
      rmSync(join(folder, 'made'));
      await clock.advance(59 * minute);
      expect(await idOf(ask)).to.equal('MADE');
      await clock.advance(2 * minute);
      expect((await missing(ask)).code).to.equal('ECS_DENIED');
    });
  });

  it('are told of when they change, by the last four characters of their id', async () => {
    write('rotating', 'AKIAFIRST1234');
    const ask = credentialsFrom(sources({ external: true }));
    await ask();
    await clock.advance(minute);
    await ask();
    write('rotating', 'AKIASECOND5678');
    await clock.advance(minute);
    await ask();
    expect(found).to.deep.equal(['rotating file …1234', 'rotating file …5678']);
  });

  it('are renewed in the file of the Systems Manager agent’s own user', () => {
    expect(rotatingFile('linux')).to.equal('/rotatingcreds/credentials');
    expect(rotatingFile('windows')).to.equal(
      'C:\\Windows\\System32\\config\\systemprofile\\.aws\\credentials',
    );
  });
});
