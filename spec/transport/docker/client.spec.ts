import { expect } from 'chai';
import { realHost } from '../../../transport/host/host.ts';
import { lone } from '../../support/engine-plans.ts';
import { type Daemon, outcomeOf, startDaemon } from './daemon.ts';

describe('the Docker client, with an Engine that misbehaves', () => {
  let daemon: Daemon;
  beforeEach(async () => {
    daemon = await startDaemon();
  });
  afterEach(() => daemon.close());

  it('tells that the Engine is away when an answer breaks off after its headers', async () => {
    daemon.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"Id":', () => response.destroy());
    };
    const outcome = await outcomeOf(daemon.docker.inspect(lone()));
    expect(outcome).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    expect(daemon.clock.waiting()).to.equal(0);
  });

  it('gives up at its deadline a call that is never answered, and its request too', async () => {
    const cut = new Promise<void>((resolve) => {
      daemon.answer = (request) => {
        request.socket.once('close', () => resolve());
        daemon.clock.pass(4 * 60_000);
      };
    });
    const outcome = await outcomeOf(daemon.docker.start(lone()));
    expect(outcome).to.include({
      code: 'DOCKER_TIMEOUT',
      message: 'Could not transition to started; timed out after waiting 3m0s',
    });
    await cut;
  });

  it('waits for a stop its grace and two minutes', async () => {
    const held = new Promise<void>((resolve) => {
      daemon.answer = () => resolve();
    });
    const outcome = outcomeOf(daemon.docker.stop(lone(), 30));
    await held;
    daemon.clock.pass(149_999);
    expect(daemon.clock.waiting()).to.equal(1);
    daemon.clock.pass(1);
    expect(await outcome).to.include({
      message: 'Could not transition to stopped; timed out after waiting 2m30s',
    });
  });

  it('leaves no wait behind once a call is answered', async () => {
    daemon.answer = (_, response) => response.end('[]');
    expect(await daemon.docker.list()).to.deep.equal([]);
    expect(daemon.clock.waiting()).to.equal(0);
  });

  it('speaks the newest API version that both know, and asks for it once', async () => {
    daemon.answer = (_, response) => response.end('[]');
    await daemon.docker.list();
    await daemon.docker.list();
    expect(daemon.asked.map((request) => request.split('?')[0])).to.deep.equal([
      'GET /version',
      'GET /v1.44/containers/json',
      'GET /v1.44/containers/json',
    ]);
  });

  it('keeps the environment of a container out of the address of the request', async () => {
    daemon.answer = (request, response) => {
      if (request.method === 'POST') response.writeHead(201);
      response.end('{"Id":"abc"}');
    };
    expect(await daemon.docker.create(lone({ environment: { TOKEN: 's3cret' } }))).to.equal('abc');
    expect(daemon.asked.at(-1)).to.match(
      /^POST \/v1\.44\/containers\/create\?name=ecs-web-1-main-\w{20}$/,
    );
  });

  it('does not let a family with slashes reach another part of the API', async () => {
    daemon.answer = (_, response) => response.writeHead(404).end('{"message":"no"}');
    await outcomeOf(daemon.docker.inspect(lone({}, { family: '../../info?' })));
    expect(daemon.asked.at(-1)).to.match(
      /^GET \/v1\.44\/containers\/ecs-\.\.%2F\.\.%2Finfo%3F-\S+\/json$/,
    );
  });

  for (const { how, end } of [
    { how: 'ends', end: 'end' },
    { how: 'breaks off', end: 'destroy' },
  ] as const) {
    it(`tells that the Engine is away when the stream of events ${how}`, async () => {
      let afterOpening = () => {};
      daemon.answer = (_, response) => {
        response.flushHeaders();
        afterOpening = () => response[end]();
      };
      const on = { since: null, opened: () => afterOpening(), event: () => {} };
      const watching = daemon.docker.watch(on, new AbortController().signal);
      expect(await outcomeOf(watching)).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    });
  }

  it('asks for events from a time on in seconds, and for those that it knows', async () => {
    daemon.answer = (_, response) => response.end();
    const on = { since: 1_795_622_212_454, opened: () => {}, event: () => {} };
    await outcomeOf(daemon.docker.watch(on, new AbortController().signal));
    const { searchParams } = new URL(`http://x${daemon.asked.at(-1)?.slice('GET '.length)}`);
    expect(searchParams.get('since')).to.equal('1795622212.454');
    expect(JSON.parse(searchParams.get('filters') ?? '')).to.deep.equal({
      type: ['container'],
      event: ['start', 'die', 'destroy', 'health_status: healthy', 'health_status: unhealthy'],
      label: ['com.amazonaws.ecs.cluster=c'],
    });
  });

  for (const { given, call, transition, after } of [
    { given: { createMs: 5_000 }, call: 'create', transition: 'created', after: '5s' },
    { given: { startMs: 60_000 }, call: 'start', transition: 'started', after: '1m0s' },
  ] as const) {
    it(`gives up a ${call} after the time that the configuration gives`, async () => {
      const docker = daemon.connect({ limits: given });
      // What the image says is not what is waited for.
      const ref = lone({ environment: { AWS_REGION: 'r' } });
      const held = new Promise<void>((resolve) => {
        daemon.answer = () => resolve();
      });
      const outcome = outcomeOf(docker[call](ref));
      await held;
      daemon.clock.pass(60_000);
      expect(await outcome).to.include({
        message: `Could not transition to ${transition}; timed out after waiting ${after}`,
      });
    });
  }

  it('gives Windows more time to start a container', async () => {
    const { facts, ...rest } = realHost();
    const host = { ...rest, facts: () => ({ ...facts(), platform: 'windows' as const }) };
    const held = new Promise<void>((resolve) => {
      daemon.answer = () => resolve();
    });
    const outcome = outcomeOf(daemon.connect({ host }).start(lone()));
    await held;
    daemon.clock.pass(8 * 60_000);
    expect(await outcome).to.include({
      message: 'Could not transition to started; timed out after waiting 8m0s',
    });
  });

  for (const { needs, speaks, works } of [
    { needs: '1.41', speaks: '1.41', works: true },
    { needs: '1.17', speaks: '1.41', works: true },
    { needs: '1.9', speaks: '1.41', works: true },
    { needs: '1.42', speaks: '1.41', works: false },
    { needs: 'newest', speaks: '1.41', works: false },
  ]) {
    const does = works ? 'creates' : 'does not create';
    it(`${does} a container that needs API ${needs} where the Engine speaks ${speaks}`, async () => {
      daemon.version = { Version: '20', ApiVersion: speaks };
      daemon.answer = (_, response) => response.writeHead(201).end('{"Id":"abc"}');
      const ref = lone({ dockerVersion: needs, environment: { AWS_REGION: 'r' } });
      const outcome = await outcomeOf(daemon.docker.create(ref));
      if (works) {
        expect(outcome).to.equal('abc');
        return;
      }
      expect(outcome).to.include({
        code: 'DOCKER_BAD_VERSION',
        retry: false,
        message: `docker client factory: client not found for docker version: ${needs}`,
      });
      expect(daemon.asked).to.deep.equal(['GET /version']);
    });
  }

  it('has fifty calls under way, with a stop and a ping besides', async () => {
    let told = () => {};
    const held: (() => void)[] = [];
    daemon.answer = (_, response) => {
      held.push(() => response.end('{"Id":"abc","State":{}}'));
      told();
    };
    const reach = async (count: number) => {
      while (held.length < count)
        await new Promise<void>((resolve) => {
          told = resolve;
        });
    };
    await daemon.docker.version();
    const inspects = Array.from({ length: 51 }, () => outcomeOf(daemon.docker.inspect(lone())));
    await reach(50);
    const stop = outcomeOf(daemon.docker.stop(lone(), 1));
    const ping = daemon.docker.ping();
    await reach(52);
    expect(daemon.asked.filter((request) => request.endsWith('/json'))).to.have.length(50);
    held[0]?.();
    await reach(53);
    expect(daemon.asked.filter((request) => request.endsWith('/json'))).to.have.length(51);
    for (const answer of held) answer();
    await Promise.all([...inspects, stop, ping]);
  });

  it('asks an Engine that breaks every connection less and less, until it answers', async () => {
    const told: string[] = [];
    const docker = daemon.connect({ onBreaker: (state) => told.push(state) });
    await docker.version();
    daemon.answer = (request) => request.socket.destroy();
    const probesIn = async (ms: number) => {
      const before = daemon.asked.length;
      daemon.clock.pass(ms);
      const outcomes = [docker.ping(), docker.list()].map(outcomeOf);
      for (const outcome of await Promise.all(outcomes))
        expect(outcome).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
      return daemon.asked.length - before;
    };
    for (let failed = 0; failed < 5; failed += 1) await outcomeOf(docker.ping());
    expect(told).to.deep.equal(['open']);
    expect([await probesIn(0), await probesIn(999), await probesIn(1)]).to.deep.equal([0, 0, 1]);
    expect([await probesIn(1_999), await probesIn(1)]).to.deep.equal([0, 1]);
    daemon.answer = (_, response) => response.end('[]');
    await docker.version();
    expect(told).to.deep.equal(['open', 'closed']);
    expect(await docker.list()).to.deep.equal([]);
  });

  for (const { what, call } of [
    { what: 'word about itself', call: () => daemon.docker.info() },
    { what: 'list of images', call: () => daemon.docker.listImages() },
    { what: 'list of plugins', call: () => daemon.docker.volumePlugins() },
    { what: 'volume', call: () => daemon.docker.inspectVolume('v') },
    { what: 'image', call: () => daemon.docker.inspectImage('i') },
    { what: 'container', call: () => daemon.docker.inspect(lone()) },
    { what: 'list of containers', call: () => daemon.docker.list() },
  ]) {
    it(`does not take a page of another program for a ${what}`, async () => {
      daemon.answer = (_, response) => response.end('<html>');
      expect(await outcomeOf(call())).to.include({ code: 'DOCKER_UNREACHABLE' });
    });
  }

  it('knows the volume plugins that the Engine manages, and those beside it, each once', async () => {
    daemon.answer = ({ url = '' }, response) =>
      response.end(
        url.endsWith('/info')
          ? '{"Plugins":{"Volume":["local","nfs"],"Network":["bridge"]}}'
          : '[{"Name":"vieux/sshfs:latest","Enabled":true},{"Name":"nfs"}]',
      );
    expect(await daemon.docker.volumePlugins()).to.deep.equal([
      'local',
      'nfs',
      'vieux/sshfs:latest',
    ]);
    expect(daemon.asked.map(decodeURIComponent)).to.include(
      'GET /v1.44/plugins?filters={"capability":["volumedriver"],"enabled":["true"]}',
    );
  });

  it('knows those beside an Engine that manages none', async () => {
    daemon.answer = ({ url = '' }, response) => {
      if (!url.endsWith('/info')) response.statusCode = 404;
      response.end(
        url.endsWith('/info') ? '{"Plugins":{"Volume":["local"]}}' : '{"message":"page not found"}',
      );
    };
    expect(await daemon.docker.volumePlugins()).to.deep.equal(['local']);
  });

  it('says where it looked for an Engine that is not there', async () => {
    daemon.close();
    const outcome = await outcomeOf(daemon.docker.version());
    expect(outcome).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    expect(String(outcome)).to.contain(daemon.dockerHost);
  });
});
