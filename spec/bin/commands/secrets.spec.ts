import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { LocalPlane, localTaskArn } from '../../../bin/commands/local-plane.ts';
import { LevelStore } from '../../../persistence/level.ts';
import { wireTaskOf } from '../../../transport/acs/task-definition.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { SimEngine } from '../../../transport/sim/engine.ts';
import { serveEngine } from '../../../transport/sim/engine-http.ts';
import { freePort } from '../../support/loopback.ts';
import { AgentProcess } from '../../support/process.ts';
import { type StandInProxy, startProxy } from '../../support/proxy.ts';

const keyId = 'AKIAIOSFODNN7SPECS00';
const secrets = [keyId, 'wJalrXUtnFEMI', 'IQoJb3JpZ2luX2Vj', 'proxy-password'];
const [, secretKey = '', token = '', password = ''] = secrets;

/** Every file below a folder that the agent may write to. */
const writtenIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));

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
      const texts = writtenIn(join(folder, 'agent')).map((path) => readFileSync(path, 'latin1'));
      expect(texts.length).to.be.at.least(3);
      expect(texts.some((text) => text.includes('Registered'))).to.equal(true);
      for (const text of [agent.output, ...texts])
        for (const secret of secrets) expect(text).not.to.include(secret);
    });
});

describe('the credentials of tasks', () => {
  const pulse = { clock: realClock(), random: realRandom };
  const role = (kind: string) => ({
    credentialsId: `f1f2f3f4-0000-4000-8000-${kind.padEnd(12, '0')}`,
    roleArn: `arn:aws:iam::1:role/${kind}`,
    accessKeyId: `ASIA-KEY-OF-${kind}`,
    secretAccessKey: `secret-of-${kind}`,
    sessionToken: `token-of-${kind}`,
    expiration: '2030-01-01T00:00:00Z',
  });
  const kinds = ['own', 'execution', 'renewed'];
  const keys = kinds
    .map(role)
    .flatMap(({ accessKeyId, secretAccessKey, sessionToken }) => [
      ...[accessKeyId, secretAccessKey, sessionToken],
    ]);
  const ids = kinds.map((kind) => role(kind).credentialsId);
  let folder: string;
  let plane: LocalPlane;
  let closeEngine: () => Promise<void>;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'task-secrets-'));
    plane = new LocalPlane(pulse, 'specs');
    await plane.open();
    const images = ['image:1'];
    const engine = new SimEngine({ ...pulse, latencyMs: 0, images });
    closeEngine = await serveEngine(engine, join(folder, 'engine.sock'));
  });
  after(async () => {
    await plane.close();
    await closeEngine();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are given to the task, and written nowhere, at the finest level of the log', async function () {
    this.timeout(30_000);
    const port = await freePort();
    const files = join(folder, 'agent');
    const start = () =>
      new AgentProcess([], {
        ECS_CLUSTER: 'specs',
        ECS_BACKEND_HOST: plane.url,
        AWS_DEFAULT_REGION: 'us-west-2',
        AWS_ACCESS_KEY_ID: 'AKID',
        AWS_SECRET_ACCESS_KEY: 'SECRET',
        DOCKER_HOST: `unix://${join(folder, 'engine.sock')}`,
        ECS_DATADIR: join(files, 'data'),
        ECS_LOGFILE: join(files, 'agent.log'),
        ECS_AUDIT_LOGFILE: join(files, 'audit.log'),
        ECS_LOGLEVEL: 'debug',
        ECS_EXTERNAL: 'true',
        ECS_INTROSPECTION_PORT: '0',
        ECS_TASK_METADATA_PORT: String(port),
      });
    const given = async (kind: string) =>
      fetch(`http://127.0.0.1:${port}/v2/credentials/${role(kind).credentialsId}`).then(
        async (answer) => ({ status: answer.status, text: await answer.text() }),
        () => ({ status: 0, text: '' }),
      );
    const untilGiven = async (kind: string) => {
      while ((await given(kind)).status !== 200) await passed(20);
      expect((await given(kind)).text).to.include(role(kind).secretAccessKey);
    };
    const killed = start();
    await plane.connected();
    const arn = localTaskArn('specs', 'a'.repeat(32));
    const container = { name: 'main', image: 'image:1', essential: true, memory: 16 };
    const definition = { family: 'web', containerDefinitions: [container] };
    plane.run({
      ...wireTaskOf(definition, { arn, version: '1' }),
      roleCredentials: role('own'),
      executionRoleCredentials: role('execution'),
    });
    await untilGiven('own');
    await untilGiven('execution');
    const { accessKeyId, secretAccessKey, sessionToken, ...renewed } = role('renewed');
    const own = { ...renewed, credentialsId: role('own').credentialsId, taskArn: arn };
    plane.refresh(
      { ...own, keys: { accessKeyId, secretAccessKey, sessionToken } },
      'TaskApplication',
    );
    while (!(await given('own')).text.includes(secretAccessKey)) await passed(20);
    await killed.signal('SIGKILL');

    const agent = start();
    while ((await given('own')).status === 0) await passed(20);
    await plane.connected();
    expect(await agent.signal('SIGTERM')).to.equal(0);

    const store = new LevelStore(join(files, 'data'));
    const { rows } = await store.open();
    await store.close();
    const stored = JSON.stringify(rows);
    expect(stored).to.include(arn).and.include(role('own').credentialsId);
    const logs = ['agent.log', 'audit.log'].map((name) => readFileSync(join(files, name), 'utf8'));
    expect(logs.join('')).to.include('Registered').and.include(' 200 ');
    const texts = writtenIn(files).map((path) => readFileSync(path, 'latin1'));
    for (const text of [stored, ...texts, killed.output, agent.output])
      for (const secret of keys) expect(text).not.to.include(secret);
    for (const text of [...logs, killed.output, agent.output])
      for (const id of ids) expect(text).not.to.include(id);
  });
});
