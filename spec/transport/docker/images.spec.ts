import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { authOf, type Daemon, outcomeOf, startDaemon } from './daemon.ts';

const login = { username: 'AWS', password: 's3:cret', serverAddress: 'https://shop.example' };
const options = { login: null, inactivityMs: 60_000 };

describe('a pull by the Docker client', () => {
  let daemon: Daemon;
  beforeEach(async () => {
    daemon = await startDaemon();
  });
  afterEach(() => daemon.close());

  /** The answer to a pull that has begun, to be gone on with; and what becomes of the pull. */
  const begun = async (line = '{"status":"Pulling"}') => {
    const asked = new Promise<ServerResponse>((resolve) => {
      daemon.answer = (_, response) => resolve(response);
    });
    const outcome = outcomeOf(daemon.docker.pull('web', options));
    const response = await asked;
    const say = async (text: string) => {
      const waits = armed();
      response.write(`${text}\n`);
      await waits;
    };
    if (line !== '') await say(line);
    return { outcome, response, say };
  };
  /** Settles once the client has taken what it was told and waits for more. */
  const armed = async () => {
    const { at } = daemon.clock;
    await new Promise<void>((resolve) => {
      daemon.clock.at = (time, wake) => {
        daemon.clock.at = at;
        resolve();
        return at(time, wake);
      };
    });
  };

  it('asks for the latest where the reference has neither tag nor digest', async () => {
    daemon.answer = (_, response) => response.end();
    await daemon.docker.pull('web', options);
    expect(daemon.asked.at(-1)).to.match(/^POST .*fromImage=web&tag=latest$/);
  });

  it('asks by digest where the reference has one', async () => {
    daemon.answer = (_, response) => response.end();
    await daemon.docker.pull('shop.example:5000/web@sha256:abc', options);
    expect(daemon.asked.at(-1)).to.contain('fromImage=shop.example%3A5000%2Fweb&tag=sha256%3Aabc');
  });

  it('tells the registry who pulls, and no address of it', async () => {
    let asked: IncomingMessage | undefined;
    daemon.answer = (request, response) => {
      asked = request;
      response.end();
    };
    await daemon.docker.pull('web', { ...options, login });
    expect(asked && authOf(asked)).to.deep.equal({
      username: 'AWS',
      password: 's3:cret',
      serveraddress: 'https://shop.example',
    });
    expect(daemon.asked.join()).to.not.contain('cret');
  });

  it('fails with the reason that its progress tells', async () => {
    daemon.answer = (_, response) =>
      response.end('{"status":"Pulling"}\n{"error":"no space left"}\n');
    expect(await outcomeOf(daemon.docker.pull('web', options))).to.include({
      code: 'DOCKER_REFUSED',
      message: 'no space left',
    });
  });

  it('fails where its progress breaks off', async () => {
    const { outcome, response } = await begun();
    response.destroy();
    expect(await outcome).to.include({ code: 'DOCKER_UNREACHABLE' });
  });

  it('fails where nothing is said within five minutes', async () => {
    const { outcome } = await begun('');
    daemon.clock.pass(5 * 60_000 - 1);
    expect(daemon.clock.waiting()).to.equal(2);
    daemon.clock.pass(1);
    expect(await outcome).to.include({
      code: 'DOCKER_STALLED',
      message: 'Could not transition to pullBegin; timed out after waiting 5m0s',
    });
    expect(daemon.clock.waiting()).to.equal(0);
  });

  it('fails where nothing more is said for too long, and ends its request', async () => {
    const { outcome, response, say } = await begun();
    const cut = once(response, 'close');
    for (const line of ['{"status":"one"}', '{"status":"two"}']) {
      daemon.clock.pass(59_999);
      await say(line);
    }
    daemon.clock.pass(59_999);
    expect(daemon.clock.waiting()).to.equal(2);
    daemon.clock.pass(1);
    expect(await outcome).to.include({
      code: 'DOCKER_REFUSED',
      message: 'inactivity time exceeded timeout while pulling image',
    });
    await cut;
    expect(daemon.clock.waiting()).to.equal(0);
  });

  it('is given up after two hours in all, and ends its request', async () => {
    const { outcome, response, say } = await begun();
    const cut = once(response, 'close');
    for (let minute = 0; minute < 119; minute += 1) {
      daemon.clock.pass(59_999);
      await say('{"status":"on"}');
    }
    daemon.clock.pass(50_000);
    await say('{"status":"on"}');
    daemon.clock.pass(11_000);
    expect(await outcome).to.include({
      code: 'DOCKER_TIMEOUT',
      message: 'Could not transition to pulled; timed out after waiting 2h0m0s',
    });
    await cut;
  });

  it('tells how many of its layers are there', async () => {
    const told: string[] = [];
    const line = (id: string, status: string) => `${JSON.stringify({ id, status })}\n`;
    daemon.answer = (_, response) => {
      response.write(line('1.0', 'Pulling from library/web'));
      for (const layer of ['a', 'b']) response.write(line(layer, 'Pulling fs layer'));
      response.write(line('c', 'Already exists'));
      for (const status of ['Downloading', 'Downloading', 'Download complete', 'Pull complete'])
        response.write(line('a', status));
      response.end(`{"status":"Digest: sha256:abc"}\n${line('b', 'Pull complete')}`);
    };
    const progress = (layers: { done: number; all: number }) =>
      told.push(`${layers.done}/${layers.all}`);
    await daemon.docker.pull('web', { ...options, progress });
    expect(told).to.deep.equal(['0/1', '0/2', '1/3', '2/3', '3/3']);
  });

  const layer = '"https://prod-us-west-2-starport-layer-bucket.s3.example/a-b?X-Amz-Signature=1f":';
  for (const { where, answer } of [
    {
      where: 'its progress',
      answer: (response: ServerResponse) =>
        response.end(`${JSON.stringify({ error: `Get ${layer} dial tcp` })}\n`),
    },
    {
      where: 'a refusal',
      answer: (response: ServerResponse) =>
        response.writeHead(500).end(JSON.stringify({ message: `Get ${layer} dial tcp` })),
    },
  ]) {
    it(`does not tell the signed address of a layer that ${where} tells`, async () => {
      daemon.answer = (_, response) => answer(response);
      const outcome = await outcomeOf(daemon.docker.pull('shop/web:1', options));
      expect(outcome).to.include({ code: 'DOCKER_REFUSED' });
      const { message, stack, cause } = outcome as Error;
      expect(message).to.match(/Get REDACTED ECR URL related to shop\/web:1 dial tcp$/);
      expect(`${stack} ${cause}`).to.not.contain('Signature');
    });
  }
});

describe('a digest that the Docker client asks a registry for', () => {
  let daemon: Daemon;
  beforeEach(async () => {
    daemon = await startDaemon();
  });
  afterEach(() => daemon.close());

  const answers = (mediaType: string, digest = 'sha256:abc') => {
    daemon.answer = (_, response) =>
      response.end(JSON.stringify({ Descriptor: { mediaType, digest, size: 1 } }));
  };

  for (const { kind, mediaType, gives } of [
    { kind: 'a list of manifests', mediaType: 'manifest.list.v2+json', gives: 'sha256:abc' },
    { kind: 'a manifest of version 2', mediaType: 'manifest.v2+json', gives: 'sha256:abc' },
    { kind: 'a manifest of version 1', mediaType: 'manifest.v1+json', gives: null },
    { kind: 'a signed manifest of version 1', mediaType: 'manifest.v1+prettyjws', gives: null },
  ]) {
    it(`is ${gives ?? 'none'} for ${kind}`, async () => {
      answers(`application/vnd.docker.distribution.${mediaType}`);
      expect(await daemon.docker.resolveDigest('shop.example:5000/web:1', null)).to.equal(gives);
      expect(daemon.asked.at(-1)).to.equal('GET /v1.44/distribution/shop.example:5000/web:1/json');
    });
  }

  it('is none where the Engine tells of none', async () => {
    daemon.answer = (_, response) => response.end('{}');
    expect(await daemon.docker.resolveDigest('web', null)).to.equal(null);
  });

  it('is none where the Engine is too old to ask', async () => {
    daemon.version = { Version: '17.03', ApiVersion: '1.29', MinAPIVersion: '1.12' };
    expect(await daemon.docker.resolveDigest('web', null)).to.equal(null);
    expect(daemon.asked).to.deep.equal(['GET /version']);
  });

  it('is asked for by the one who is to pull', async () => {
    let who: unknown;
    daemon.answer = (request, response) => {
      who = authOf(request);
      response.end('{}');
    };
    await daemon.docker.resolveDigest('web', login);
    expect(who).to.include({ username: 'AWS', password: 's3:cret' });
  });

  it('is given up after a minute, and its request ends', async () => {
    const asked = new Promise<ServerResponse>((resolve) => {
      daemon.answer = (_, response) => resolve(response);
    });
    const outcome = outcomeOf(daemon.docker.resolveDigest('web', null));
    const cut = once(await asked, 'close');
    daemon.clock.pass(60_000);
    expect(await outcome).to.include({
      code: 'DOCKER_TIMEOUT',
      message: 'Could not transition to MANIFEST_PULLED; timed out after waiting 1m0s',
    });
    await cut;
  });

  it('cannot come from another part of the API', async () => {
    daemon.answer = (_, response) => response.end('{}');
    await daemon.docker.resolveDigest('web?x#y', null);
    expect(daemon.asked.at(-1)).to.equal('GET /v1.44/distribution/web%3Fx%23y/json');
  });
});

describe('the images that the Docker client lists', () => {
  let daemon: Daemon;
  beforeEach(async () => {
    daemon = await startDaemon();
  });
  afterEach(() => daemon.close());

  it('have no references that name nothing', async () => {
    daemon.answer = (_, response) =>
      response.end(
        JSON.stringify([
          { Id: 'sha256:a', Created: 12, Size: 3, RepoTags: null, RepoDigests: null },
          {
            Id: 'sha256:b',
            Created: 12,
            Size: 3,
            RepoTags: ['<none>:<none>', 'web:1'],
            RepoDigests: ['<none>@<none>', 'web@sha256:c'],
          },
        ]),
      );
    const common = { createdAt: 12_000, sizeBytes: 3 };
    expect(await daemon.docker.listImages()).to.deep.equal([
      { ...common, id: 'sha256:a', tags: [], digests: [] },
      { ...common, id: 'sha256:b', tags: ['web:1'], digests: ['web@sha256:c'] },
    ]);
  });
});
