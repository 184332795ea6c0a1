import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LocalPlane } from '../../../bin/commands/local-plane.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { AgentProcess } from '../../support/process.ts';
import { type StandInProxy, startProxy } from '../../support/proxy.ts';

const keyId = 'AKIAIOSFODNN7SPECS00';
const secrets = [keyId, 'wJalrXUtnFEMI', 'IQoJb3JpZ2luX2Vj', 'proxy-password'];
const [, secretKey = '', token = '', password = ''] = secrets;

describe('the agent’s own credentials', () => {
  const pulse = { clock: realClock(), random: realRandom };
  let folder: string;
  let plane: LocalPlane;
  let closeEngine: () => Promise<void>;
  let proxy: StandInProxy;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'wire-secrets-'));
    mkdirSync(join(folder, 'agent'));
    writeFileSync(
      join(folder, 'shared'),
      `[default]\naws_access_key_id=${keyId}\naws_secret_access_key=${secretKey}\naws_session_token=${token}\n`,
    );
    plane = new LocalPlane(pulse, 'specs');
    await plane.open();
    const engine = new SimEngine({ ...pulse, latencyMs: 0 });
    closeEngine = await serveEngine(engine, join(folder, 'engine.sock'));
    const routes = { 'plane.test:80': Number(new URL(plane.url).port) };
    proxy = await startProxy({ routes, user: `user:${password}` });
  });
  after(async () => {
    await plane.close();
    await closeEngine();
    await proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Every file below the folder that the agent may write to. */
  const written = () =>
    readdirSync(join(folder, 'agent'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));

  const variables: Record<string, Record<string, string>> = {
    'the environment': {
      AWS_ACCESS_KEY_ID: keyId,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_SESSION_TOKEN: token,
    },
    'a file': { AWS_SHARED_CREDENTIALS_FILE: 'shared' },
  };
  for (const [where, given] of Object.entries(variables))
    it(`of ${where}, and its proxy’s password, are written nowhere, at the finest level of the log`, async () => {
      const file = given.AWS_SHARED_CREDENTIALS_FILE;
      const agent = new AgentProcess([], {
        ECS_CLUSTER: 'specs',
        ECS_BACKEND_HOST: 'http://plane.test',
        AWS_DEFAULT_REGION: 'us-west-2',
        DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`,
        ECS_DATADIR: join(folder, 'agent', `data of ${where}`),
        ECS_LOGFILE: join(folder, 'agent', `log of ${where}`),
        ECS_LOGLEVEL: 'debug',
        ECS_EXTERNAL: 'true',
        ECS_INTROSPECTION_PORT: '0',
        HTTP_PROXY: `http://user:${password}@127.0.0.1:${proxy.port}`,
        ...given,
        ...(file && { AWS_SHARED_CREDENTIALS_FILE: join(folder, file) }),
      });
      await plane.connected();
      expect(await agent.signal('SIGTERM')).to.equal(0);
      expect(proxy.asked).to.include('plane.test:80');
      const texts = written().map((path) => readFileSync(path, 'latin1'));
      expect(texts.length).to.be.at.least(3);
      expect(texts.some((text) => text.includes('Registered'))).to.equal(true);
      for (const text of [agent.output, ...texts])
        for (const secret of secrets) expect(text).not.to.include(secret);
    });
});
