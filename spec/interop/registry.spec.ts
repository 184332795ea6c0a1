import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type Docker from 'dockerode';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import { clientOf, describeWithEngine, libraryOf } from '../support/engine.ts';
import {
  bridgeOf,
  type Login,
  push,
  type RegistrySetup,
  requireRegistry,
  type SpecRegistry,
  startRegistry,
} from '../support/registry.ts';
import { type EcrServer, entry, gives, startEcr } from '../transport/registry/ecr-server.ts';
import { pulse, removed, Stage, script, untilTerm } from './stage.ts';
import { together } from './together.ts';

const login: Login = { username: 'AWS', password: 's3:cret' };
const base64 = Buffer.from(`${login.username}:${login.password}`).toString('base64');

describeWithEngine('an agent that pulls from a registry', (dockerHost) => {
  let engine: Docker;
  let open: SpecRegistry;
  let closed: SpecRegistry;
  let ecr: EcrServer;
  const stages: Stage[] = [];
  const shops: SpecRegistry[] = [];
  const images = new Set<string>();
  const startShop = async (setup: RegistrySetup) => {
    const shop = await startRegistry({ ...setup, dockerHost: dockerHost() });
    shops.push(shop);
    return shop;
  };

  before(async function () {
    requireRegistry(this);
    engine = libraryOf(dockerHost());
    open = await startShop({});
    closed = await startShop({ login });
    ecr = await startEcr();
    ecr.answer = () =>
      gives(
        entry(
          { authorizationToken: base64, proxyEndpoint: `http://${closed.address}` },
          Date.now() + 12 * 3_600_000,
        ),
      );
  });
  after(async () => {
    for (const stage of stages) await stage.close();
    for (const image of images) await removed(engine.getImage(image));
    await ecr?.close();
    for (const shop of shops) await shop.stop();
  });

  const startAgent = async (environment: Record<string, string> = {}): Promise<Stage> => {
    const stage = new Stage(dockerHost(), { ECS_IMAGE_PULL_BEHAVIOR: 'once', ...environment });
    stages.push(await stage.open());
    stage.start();
    await stage.plane.settled();
    return stage;
  };

  /** Puts an image into a registry that nobody has yet; a container of it ends with its code. */
  const publish = async (
    shop: SpecRegistry,
    { path, code, megabytes = 0 }: { path: string; code: number; megabytes?: number },
  ): Promise<{ image: string; digest: string }> => {
    const local = { repository: `interop-${pulse.random.uuid()}`, tag: 'made' };
    // Chance makes it one that the Engine has no layer of.
    const chance = Array.from({ length: megabytes * 65_536 + 4 }, () =>
      pulse.random.uuid().slice(0, 16),
    );
    await clientOf(dockerHost(), '').importImage({
      ...local,
      files: [
        { path: 'bin/busybox', mode: 0o755, body: readFileSync('/bin/busybox') },
        { path: 'code', mode: 0o644, body: Buffer.from(String(code)) },
        { path: 'chance', mode: 0o644, body: Buffer.from(chance.join('')) },
      ],
      changes: [],
    });
    const made = `${local.repository}:${local.tag}`;
    const access = { engine, registry: shop, ...(shop !== open && { login }) };
    const digest = await push(access, made, { path, tag: '1' });
    await engine.getImage(made).remove();
    const image = `${shop.address}/${path}:1`;
    images.add(image).add(`${shop.address}/${path}@${digest}`);
    return { image, digest };
  };
  const tell = script('exit $(/bin/busybox cat /code)');
  const runs = (stage: Stage, image: string) =>
    stage.run([{ name: 'main', memory: 16, command: tell, image }]);

  describe('without logins of its own', () => {
    let stage: Stage;
    before(async () => {
      stage = await startAgent();
    });

    together([
      [
        'runs an image of a registry that asks for no login, and tells its digest',
        async () => {
          const { image, digest } = await publish(open, { path: 'interop/plain', code: 11 });
          const task = runs(stage, image);
          expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 11, digest });
        },
      ],
      [
        'pulls an image once, however many tasks wait for it',
        async () => {
          const what = { path: 'interop/wanted', code: 12, megabytes: 4 };
          const { image, digest } = await publish(open, what);
          const since = Date.now();
          open.requests.length = 0;
          const tasks = Array.from({ length: 10 }, () => runs(stage, image));
          for (const task of tasks)
            expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 12, digest });
          expect(await pullsOf(engine, `${open.address}/interop/wanted`, since)).to.equal(1);
          // So is its digest, which the tag alone is asked for.
          const byTag = /^(HEAD|GET) .*\/wanted\/manifests\/1 /;
          expect(open.requests.filter((asked) => byTag.test(asked))).to.have.length(1);
        },
      ],
      [
        'runs the image whose digest it told, though the tag has moved before the pull',
        async () => {
          const first = await publish(open, { path: 'interop/moving', code: 13 });
          const dependsOn = [{ containerName: 'early', condition: 'COMPLETE' }];
          const late = { name: 'late', memory: 16, command: tell, dependsOn };
          const { image } = await publish(open, { path: 'interop/early', code: 0 });
          const early = { name: 'early', memory: 16, command: untilTerm(0), essential: false };
          const task = stage.run([
            { ...early, image },
            { ...late, image: first.image },
          ]);
          const { runtimeId } = await task.toldOf('early', 'RUNNING');
          const told = await task.report(({ containers }) =>
            containers.some(({ name, digest }) => name === 'late' && digest !== null),
          );
          expect(told.status).to.equal('PENDING');
          const second = await publish(open, { path: 'interop/moving', code: 14 });
          expect(second.digest).not.to.equal(first.digest);
          await engine.getContainer(runtimeId ?? '').kill();
          expect(await task.toldOf('late', 'STOPPED')).to.include({
            exitCode: 13,
            digest: first.digest,
          });
        },
      ],
      [
        'runs an image of Amazon ECR with the token that ECR gave for it',
        async () => {
          const { image } = await publish(closed, { path: 'interop/ecr', code: 15 });
          const task = stage.define([{ name: 'main', memory: 16, command: tell, image }]);
          const placed = stage.run(ofEcr(task, ecr.url));
          expect(await placed.toldOf('main', 'STOPPED')).to.include({ exitCode: 15 });
          expect(ecr.asked.map(({ body }) => JSON.parse(body))).to.deep.equal([
            { registryIds: ['111122223333'] },
          ]);
        },
      ],
      [
        'tells that it has no login where one is needed',
        async () => {
          const { image } = await publish(closed, { path: 'interop/secret', code: 16 });
          const { reason, exitCode } = await runs(stage, image).toldOf('main', 'STOPPED');
          expect(reason).to.match(/^CannotPull\w+Error: .*(no basic auth|unauthorized)/s);
          expect(exitCode).to.equal(null);
        },
      ],
      [
        'tells that a registry does not have an image',
        async () => {
          const { reason } = await runs(stage, `${open.address}/interop/none:1`).toldOf(
            'main',
            'STOPPED',
          );
          expect(reason).to.match(/^CannotPull\w+Error: .*(unknown|not found)/s);
        },
      ],
      [
        'runs an image of a registry at loopback whose certificate nobody vouches for',
        async () => {
          const shop = await startShop({ login: login, tls: true, trusted: false });
          const { image } = await publish(shop, { path: 'interop/self', code: 17 });
          const task = stage.define([{ name: 'main', memory: 16, command: tell, image }]);
          const placed = stage.run(ofEcr(task, ecr.url));
          expect(await placed.toldOf('main', 'STOPPED')).to.include({ exitCode: 17 });
        },
      ],
    ]);
  });

  const forms: [string, (address: string) => object][] = [
    ['docker', (address) => ({ [address]: login })],
    ['dockercfg', (address) => ({ [`https://${address}`]: { auth: base64 } })],
  ];
  for (const [type, data] of forms)
    it(`runs an image with the login that is configured as ${type}, also over TLS`, async function () {
      this.timeout(60_000);
      const host = await bridgeOf(engine);
      const tls = await startShop({ login, tls: true, host });
      const stage = await startAgent({
        ECS_ENGINE_AUTH_TYPE: type,
        ECS_ENGINE_AUTH_DATA: JSON.stringify({ ...data(closed.address), ...data(tls.address) }),
      });
      for (const [code, shop] of [closed, tls].entries()) {
        const { image, digest } = await publish(shop, { path: `interop/${type}`, code });
        const told = await runs(stage, image).toldOf('main', 'STOPPED');
        expect(told).to.include({ exitCode: code, digest });
      }
      expect(stage.agent?.output).not.to.include(login.password).and.not.include(base64);
    });

  describe('with logins that are of no use', () => {
    let stage: Stage;
    const wrong = { ...login, password: 'wr0ng' };
    before(async () => {
      stage = await startAgent({
        ECS_ENGINE_AUTH_TYPE: 'docker',
        ECS_ENGINE_AUTH_DATA: JSON.stringify({ [closed.address]: wrong }),
      });
    });

    together([
      [
        'tells that a login is wrong, and not the login',
        async () => {
          const { image } = await publish(closed, { path: 'interop/refused', code: 0 });
          const { reason } = await runs(stage, image).toldOf('main', 'STOPPED');
          expect(reason).to.match(/^CannotPull\w+Error: .*unauthorized/s);
          expect(reason).not.to.include(wrong.password);
        },
      ],
      [
        'tells that the Engine does not trust a certificate',
        async () => {
          const host = await bridgeOf(engine);
          const shop = await startShop({ tls: true, trusted: false, host });
          const { reason } = await runs(stage, `${shop.address}/interop/any:1`).toldOf(
            'main',
            'STOPPED',
          );
          expect(reason).to.match(/^CannotPull\w+Error: .*certificate/s);
        },
      ],
    ]);
  });
});

/** The same task, whose images are of Amazon ECR at this address. */
const ofEcr = (task: WireTask, endpointOverride: string): WireTask => ({
  ...task,
  containers: task.containers.map((container) => ({
    ...container,
    registryAuthentication: {
      type: 'ecr',
      ecrAuthData: {
        ...{ region: 'us-west-2', registryId: '111122223333' },
        ...{ endpointOverride, useExecutionRole: false },
      },
    },
  })),
});

/** How often the Engine has pulled of a repository since then, by its own account. */
async function pullsOf(engine: Docker, repository: string, since: number): Promise<number> {
  const until = Math.ceil(Date.now() / 1_000);
  const filters = JSON.stringify({ type: ['image'], event: ['pull'] });
  const stream = await engine.getEvents({ since: Math.floor(since / 1_000), until, filters });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.split('\n').filter((line) => line.includes(`"${repository}`)).length;
}
