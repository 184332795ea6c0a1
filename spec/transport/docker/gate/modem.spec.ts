import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { Ending } from '../../../../machines/names/ending.ts';
import { EngineRefusal } from '../../../../transport/docker/calls.ts';
import {
  type Asked,
  addressOf,
  type Connections,
  connectionsTo,
  Modem,
} from '../../../../transport/docker/gate/modem.ts';
import { outcomeOf } from '../daemon.ts';

describe('what carries requests to an Engine', () => {
  let folder: string;
  let server: Server;
  let came: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string };
  let answer: { status: number; body: string };
  let ending: Ending;
  let connections: Connections;
  let modem: Modem;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'modem-'));
    const socketPath = join(folder, 'sock');
    answer = { status: 200, body: '{}' };
    server = createServer(async (request, response) => {
      const { method, url, headers } = request;
      came = { ...(method && { method }), ...(url && { url }), headers, body: await text(request) };
      response.writeHead(answer.status).end(answer.body);
    });
    await once(server.listen(socketPath), 'listening');
    ending = new Ending();
    connections = connectionsTo({ socketPath });
    modem = new Modem(connections, '/v1.44', ending);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const ask = (asked: Partial<Asked>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const all = { method: 'GET', path: '/x', statusCodes: { 200: true }, ...asked };
      modem.dial(all, (error, answered) => (error ? reject(error) : resolve(answered)));
    });

  for (const [what, options, address] of [
    ['nothing', {}, '/v1.44/x'],
    [
      'a word, a number and a switch',
      { a: 'b c', n: 1.5, all: true },
      '/v1.44/x?a=b+c&n=1.5&all=true',
    ],
    [
      'an object in JSON',
      { filters: { a: ['b'] } },
      '/v1.44/x?filters=%7B%22a%22%3A%5B%22b%22%5D%7D',
    ],
    ['each of a list', { changes: ['A', 'B'] }, '/v1.44/x?changes=A&changes=B'],
    ['all but a login', { authconfig: { password: 'p' }, a: 1 }, '/v1.44/x?a=1'],
    ['all but a body', { _query: { a: 1 }, _body: { b: 2 } }, '/v1.44/x?a=1'],
  ] as const) {
    it(`puts ${what} behind the question mark of a path`, async () => {
      await ask({ method: 'POST', path: '/x?', options });
      expect(came.url).to.equal(address);
    });
  }

  it('sends a body in JSON, and none where none is given', async () => {
    await ask({ method: 'POST', path: '/x?', options: { _query: {}, _body: { é: 1 } } });
    expect(came).to.deep.include({ method: 'POST', url: '/v1.44/x', body: '{"é":1}' });
    expect(came.headers).to.include({ 'content-type': 'application/json', 'content-length': '8' });
    await ask({ method: 'POST', path: '/x?', options: { t: 30 } });
    expect(came).to.deep.include({ url: '/v1.44/x?t=30', body: '' });
    expect(came.headers)
      .to.include({ 'content-length': '0' })
      .and.not.have.property('content-type');
  });

  it('sends an archive as it comes', async () => {
    await ask({ method: 'POST', file: Readable.from(['ab', 'c']) });
    expect(came.body).to.equal('abc');
    expect(came.headers['content-type']).to.equal('application/x-tar');
  });

  it('gives up a request whose archive cannot be read', async () => {
    const file = new Readable({ read: () => file.destroy(new Error('disk')) });
    const outcome = await outcomeOf(ask({ method: 'POST', file }));
    expect((outcome as Error).message).to.equal('disk');
  });

  it('sends a login padded and in letters of addresses, as the Engine reads it', async () => {
    const login = { username: '??>>', password: 'é' };
    await ask({ authconfig: login });
    const header = came.headers['x-registry-auth'];
    expect(header).to.match(/^[\w-]+=+$/);
    expect(JSON.parse(Buffer.from(String(header), 'base64url').toString())).to.deep.equal(login);
  });

  for (const [what, body, answered] of [
    ['JSON', '{"a":[1]}', { a: [1] }],
    ['a text', 'OK', 'OK'],
    ['nothing', '', ''],
  ] as const) {
    it(`answers ${what}`, async () => {
      answer.body = body;
      expect(await ask({})).to.deep.equal(answered);
    });
  }

  it('answers a stream with its bytes as they are', async () => {
    answer.body = '{"n": 12345678901234567890}';
    expect(await text((await ask({ isStream: true })) as Readable)).to.equal(answer.body);
  });

  for (const isStream of [false, true])
    for (const [body, words] of [
      ['{"message":"no such thing"}', 'no such thing'],
      ['{"error":1}', '{"error":1}'],
      ['page not found\n', 'page not found'],
      ['null', 'null'],
    ] as const)
      it(`rejects in the Engine's words, ${isStream ? 'of a stream' : 'read'}: ${words}`, async () => {
        answer = { status: 404, body };
        const outcome = await outcomeOf(ask({ isStream }));
        expect(outcome).to.be.instanceOf(EngineRefusal);
        expect(outcome).to.include({ statusCode: 404, message: words });
      });

  it('takes as a success only what is one of this request', async () => {
    answer = { status: 304, body: '' };
    const statusCodes = { 204: true, 304: 'container already started' };
    expect(await outcomeOf(ask({ statusCodes }))).to.include({ statusCode: 304 });
  });

  it('cuts a request with its call, and sends none for a call that is over', async () => {
    server.removeAllListeners('request');
    const held = once(server, 'request');
    const outcome = outcomeOf(ask({}));
    const [request] = await held;
    const cut = once(request.socket, 'close');
    ending.abort();
    await cut;
    expect(await outcome).to.include({ code: 'ECONNRESET' });
    expect(await outcomeOf(ask({}))).to.include({ code: 'ECONNRESET' });
  });

  it('keeps the connection of a request that was refused', async () => {
    answer = { status: 404, body: '{"message":"no"}' };
    let opened = 0;
    server.on('connection', () => opened++);
    for (let time = 0; time < 3; time += 1) {
      await outcomeOf(ask({}));
      ending.abort();
      ending = new Ending();
      modem = new Modem(connections, '', ending);
    }
    expect(opened).to.equal(1);
  });

  for (const [dockerHost, address] of [
    ['unix:///var/run/docker.sock', { socketPath: '/var/run/docker.sock' }],
    ['npipe:////./pipe/docker_engine', { socketPath: '//./pipe/docker_engine' }],
    ['tcp://10.0.0.1:2375', { host: '10.0.0.1', port: '2375' }],
  ] as const) {
    it(`finds ${dockerHost}`, () => {
      expect(addressOf(dockerHost)).to.deep.equal(address);
    });
  }
});
