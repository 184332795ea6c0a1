import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { dockerErrorOf, durationText } from '../../../transport/docker/calls.ts';
import { apiVersionFor, connectDocker } from '../../../transport/docker/client.ts';
import type { DockerPort } from '../../../transport/docker/port.ts';
import { realHost } from '../../../transport/host/host.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { WaitHeap } from '../../../transport/host/waits.ts';
import { lone } from '../../support/engine-plans.ts';

/** A clock that stands until it is told to go on. */
function standingClock(): Clock & { pass(ms: number): void; waiting(): number } {
  const waits = new WaitHeap();
  let now = 1_000;
  return {
    now: () => now,
    at: (time, wake) => waits.add({ time, wake }),
    afterTurn: (work) => work(),
    waiting: () => waits.size,
    pass: (ms) => {
      now += ms;
      for (let due = waits.takeDue(now); due; due = waits.takeDue(now)) due.wake();
    },
  };
}

const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => error);

describe('the Docker client, with an Engine that misbehaves', () => {
  let folder: string;
  let server: Server;
  let asked: string[];
  let answer: RequestListener;
  let clock: ReturnType<typeof standingClock>;
  let docker: DockerPort;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'daemon-'));
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === '/version') {
        response.end('{"Version":"99","ApiVersion":"1.50","MinAPIVersion":"1.24"}');
      } else {
        answer(request, response);
      }
    });
    const path = join(folder, 'sock');
    await once(server.listen(path), 'listening');
    clock = standingClock();
    docker = connectDocker({
      dockerHost: `unix://${path}`,
      clock,
      host: realHost(),
      cluster: 'c',
      region: 'r',
    });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives up at its deadline a call whose answer breaks off after its headers', async () => {
    const broke = new Promise<void>((resolve) => {
      answer = (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
        response.write('{"Id":', () => {
          response.destroy();
          resolve();
        });
      };
    });
    const outcome = outcomeOf(docker.inspect(lone()));
    await broke;
    clock.pass(29_999);
    expect(clock.waiting()).to.equal(1);
    clock.pass(1);
    expect(await outcome).to.include({
      code: 'DOCKER_TIMEOUT',
      retry: true,
      message: 'Could not transition to inspecting; timed out after waiting 30s',
    });
  });

  it('gives up at its deadline a call that is never answered, and its request too', async () => {
    const cut = new Promise<void>((resolve) => {
      answer = (request) => {
        request.socket.once('close', () => resolve());
        clock.pass(4 * 60_000);
      };
    });
    const outcome = await outcomeOf(docker.start(lone()));
    expect(outcome).to.include({
      code: 'DOCKER_TIMEOUT',
      message: 'Could not transition to started; timed out after waiting 3m0s',
    });
    await cut;
  });

  it('waits for a stop its grace and two minutes', async () => {
    const held = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const outcome = outcomeOf(docker.stop(lone(), 30));
    await held;
    clock.pass(149_999);
    expect(clock.waiting()).to.equal(1);
    clock.pass(1);
    expect(await outcome).to.include({
      message: 'Could not transition to stopped; timed out after waiting 2m30s',
    });
  });

  it('leaves no wait behind once a call is answered', async () => {
    answer = (_, response) => response.end('[]');
    expect(await docker.list()).to.deep.equal([]);
    expect(clock.waiting()).to.equal(0);
  });

  it('speaks the newest API version that both know, and asks for it once', async () => {
    answer = (_, response) => response.end('[]');
    await docker.list();
    await docker.list();
    expect(asked.map((request) => request.split('?')[0])).to.deep.equal([
      'GET /version',
      'GET /v1.44/containers/json',
      'GET /v1.44/containers/json',
    ]);
  });

  it('keeps the environment of a container out of the address of the request', async () => {
    answer = (request, response) => {
      if (request.method === 'POST') response.writeHead(201);
      response.end('{"Id":"abc"}');
    };
    expect(await docker.create(lone({ environment: { TOKEN: 's3cret' } }))).to.equal('abc');
    expect(asked.at(-1)).to.match(
      /^POST \/v1\.44\/containers\/create\?name=ecs-web-1-main-\w{20}$/,
    );
  });

  it('does not let a family with slashes reach another part of the API', async () => {
    answer = (_, response) => response.writeHead(404).end('{"message":"no"}');
    await outcomeOf(docker.inspect(lone({}, { family: '../../info?' })));
    expect(asked.at(-1)).to.match(
      /^GET \/v1\.44\/containers\/ecs-\.\.%2F\.\.%2Finfo%3F-\S+\/json$/,
    );
  });

  it('tells why a pull failed that had begun well', async () => {
    answer = (_, response) => response.end('{"status":"Pulling"}\n{"error":"no space left"}\n');
    expect(await outcomeOf(docker.pull('web'))).to.include({
      code: 'DOCKER_REFUSED',
      message: 'no space left',
    });
    expect(asked.at(-1)).to.contain('tag=latest');
  });

  it('fails a pull whose progress breaks off', async () => {
    answer = (_, response) => {
      response.write('{"status":"Pulling"}\n', () => response.destroy());
    };
    expect(await outcomeOf(docker.pull('web'))).to.include({ code: 'DOCKER_UNREACHABLE' });
  });

  for (const { how, end } of [
    { how: 'ends', end: 'end' },
    { how: 'breaks off', end: 'destroy' },
  ] as const) {
    it(`tells that the Engine is away when the stream of events ${how}`, async () => {
      let afterOpening = () => {};
      answer = (_, response) => {
        response.flushHeaders();
        afterOpening = () => response[end]();
      };
      const on = { opened: () => afterOpening(), event: () => {} };
      const watching = docker.watch(on, new AbortController().signal);
      expect(await outcomeOf(watching)).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    });
  }

  for (const { what, call } of [
    { what: 'container', call: () => docker.inspect(lone()) },
    { what: 'list of containers', call: () => docker.list() },
  ]) {
    it(`does not take a page of another program for a ${what}`, async () => {
      answer = (_, response) => response.end('<html>');
      expect(await outcomeOf(call())).to.include({ code: 'DOCKER_UNREACHABLE' });
    });
  }

  it('says where it looked for an Engine that is not there', async () => {
    server.close();
    const outcome = await outcomeOf(docker.version());
    expect(outcome).to.include({ code: 'DOCKER_UNREACHABLE', retry: true });
    expect(String(outcome)).to.contain(`unix://${folder}/sock`);
  });
});

describe('an error of the Engine', () => {
  const answered = (statusCode: number, json: object | null, message: string) =>
    dockerErrorOf(Object.assign(new Error(message), { statusCode, json }), 'unix:///x');

  for (const { status, code } of [
    { status: 404, code: 'DOCKER_NOT_FOUND' },
    { status: 400, code: 'DOCKER_REFUSED' },
    { status: 409, code: 'DOCKER_REFUSED' },
    { status: 500, code: 'DOCKER_REFUSED' },
  ]) {
    it(`with status ${status} is ${code}, in the words of the Engine`, () => {
      const error = answered(status, { message: 'no such thing' }, '(HTTP code) ...');
      expect(error).to.include({
        code,
        status,
        message: 'Error response from daemon: no such thing',
      });
      expect(error.retry).to.equal(false);
    });
  }

  it('of a streamed call has the words of the Engine too', () => {
    const text = '(HTTP code 500) server error - dial tcp 127.0.0.1:1 - connection refused ';
    expect(answered(500, null, text).message).to.equal(
      'Error response from daemon: dial tcp 127.0.0.1:1 - connection refused',
    );
  });
});

describe('the version of the API', () => {
  for (const { api, min, gives } of [
    { api: '1.41', min: '1.12', gives: '1.41' },
    { api: '1.51', min: '1.24', gives: '1.44' },
    { api: '1.60', min: '1.48', gives: '1.48' },
    { api: '1.9', min: '1.1', gives: '1.9' },
  ]) {
    it(`is ${gives} with an Engine that speaks ${min} to ${api}`, () => {
      const version = { version: 'x', apiVersion: api, minApiVersion: min };
      expect(apiVersionFor(version)).to.equal(gives);
    });
  }
});

describe('a duration in the reason of a container', () => {
  for (const [ms, text] of [
    [1_500, '1.5s'],
    [30_000, '30s'],
    [240_000, '4m0s'],
    [150_000, '2m30s'],
    [7_200_000, '2h0m0s'],
  ] as const) {
    it(`reads ${text}`, () => {
      expect(durationText(ms)).to.equal(text);
    });
  }
});
