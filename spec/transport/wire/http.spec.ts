import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { expect } from 'chai';
import { request } from 'undici';
import { WebSocketServer } from 'ws';
import { acsClient } from '../../../transport/acs/client.ts';
import { ecsClient } from '../../../transport/ecs/client.ts';
import { EcsError } from '../../../transport/ecs/port.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { type Wire, wire } from '../../../transport/wire/http.ts';
import type { Environment } from '../../../transport/wire/proxy.ts';
import { certificateFor, startProxy, startSocks } from '../../support/proxy.ts';

const credentials = () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET' });
const clock = realClock();

/** A call of the ECS API; answers what the service said. */
async function callEcs(over: Wire, endpoint: string): Promise<string> {
  const common = { region: 'us-west-2', credentials, userAgent: 'specs', clock };
  const ecs = ecsClient({ ...common, endpoint, wire: over });
  const { acs } = await ecs.discoverPollEndpoint({ arn: 'arn:1', cluster: 'specs' });
  return acs;
}

/** Opens a websocket to ACS; answers what came first. */
function openAcs(over: Wire, endpoint: string): Promise<string> {
  const version = { agentVersion: '1', agentHash: '0', random: realRandom };
  const acs = acsClient({ region: 'us-west-2', credentials, clock, wire: over, ...version });
  const address = { endpoint, cluster: 'specs', containerInstanceArn: 'arn:1' };
  return new Promise((resolve, reject) => {
    const line = acs.connect(
      { ...address, sendCredentials: true, dockerVersion: null },
      {
        opened: () => {},
        message: (message) => {
          resolve(message.kind);
          line.terminate();
        },
        malformed: reject,
        closed: ({ reason }) => reject(new Error(reason)),
      },
    );
  });
}

/** A plain request, as for a download. */
async function get(over: Wire, endpoint: string): Promise<string> {
  const dispatcher = await over.dispatcherFor(new URL(endpoint));
  const { body } = await request(endpoint, { dispatcher });
  return ((await body.json()) as { endpoint: string }).endpoint;
}

const calls = {
  'the ECS API': { call: callEcs, hears: 'http://acs/' },
  'a websocket to ACS': { call: openAcs, hears: 'heartbeat' },
  'a download': { call: get, hears: 'http://acs/' },
};

const messageOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error('it went through');
};

describe('the wire', function () {
  this.timeout(10_000);
  const certificate = certificateFor('ecs.test', 'localhost');
  const servers: { close(): Promise<unknown> }[] = [];
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'wire-http-'));
    writeFileSync(join(folder, 'authority.pem'), `some words\n${certificate.cert}`);
    writeFileSync(join(folder, 'other'), 'no certificate');
    writeFileSync(join(folder, 'broken.pem'), certificate.cert.replace(/MII.{20}/, 'MIIAAAA'));
  });
  after(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  const answer: RequestListener = (_, response) => {
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    response.end('{"endpoint":"http://acs/"}');
  };
  /** ECS and ACS in one; answers its port. */
  const serve = async (tls?: ServerOptions): Promise<{ port: number; server: Server }> => {
    const server = tls
      ? createSecureServer({ ...certificate, ...tls }, answer)
      : createServer(answer);
    const acs = new WebSocketServer({ server });
    acs.on('connection', (peer) =>
      peer.send('{"type":"HeartbeatMessage","message":{"messageId":"m","healthy":true}}'),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push({
      close: async () => {
        for (const peer of acs.clients) peer.terminate();
        server.closeAllConnections();
        server.close();
      },
    });
    return { port: (server.address() as AddressInfo).port, server };
  };
  const proxied = async (options: Parameters<typeof startProxy>[0]) => {
    const proxy = await startProxy(options);
    servers.push(proxy);
    return proxy;
  };
  const over = (environment: Environment, verify = true) => wire({ environment, verify });
  const trusting = () => ({ SSL_CERT_FILE: join(folder, 'authority.pem') });

  for (const [what, { call, hears }] of Object.entries(calls))
    describe(`of ${what}`, () => {
      it('goes through a proxy without TLS', async () => {
        const { port } = await serve();
        const proxy = await proxied({ routes: { 'ecs.test:80': port } });
        const line = over({ HTTP_PROXY: `127.0.0.1:${proxy.port}` });
        expect(await call(line, 'http://ecs.test/')).to.equal(hears);
        expect(proxy.asked).to.deep.equal(['ecs.test:80']);
      });

      it('goes through a proxy with TLS from end to end', async () => {
        const { port } = await serve({});
        const proxy = await proxied({ routes: { 'ecs.test:443': port } });
        const line = over({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, ...trusting() });
        expect(await call(line, 'https://ecs.test/')).to.equal(hears);
        expect(proxy.asked).to.deep.equal(['ecs.test:443']);
      });

      it('goes through a proxy that is spoken to by TLS, as a user', async () => {
        const { port } = await serve({});
        const user = 'user:pass word';
        const proxy = await proxied({ routes: { 'ecs.test:443': port }, user, certificate });
        const address = `https://user:pass%20word@localhost:${proxy.port}`;
        const line = over({ HTTPS_PROXY: address, ...trusting() });
        expect(await call(line, 'https://ecs.test/')).to.equal(hears);
      });

      it('goes through a SOCKS5 proxy, which looks the name up', async () => {
        const { port } = await serve({});
        const routes = { 'ecs.test:443': port, 'ecs.test:80': (await serve()).port };
        for (const [user, scheme, who] of [
          [undefined, 'socks5', ''],
          [undefined, 'socks5', 'user:unasked@'],
          ['user:pass word', 'socks5h', 'user:pass%20word@'],
        ] as const) {
          const proxy = await startSocks({ routes, ...(user !== undefined && { user }) });
          servers.push(proxy);
          const address = `${scheme}://${who}127.0.0.1:${proxy.port}`;
          const line = over({ HTTP_PROXY: address, ...trusting() });
          expect(await call(line, 'https://ecs.test/')).to.equal(hears);
          expect(await call(line, 'http://ecs.test/')).to.equal(hears);
          expect(proxy.asked).to.deep.equal(['ecs.test:443', 'ecs.test:80']);
        }
      });

      it('goes to this host without the proxy', async () => {
        const { port } = await serve({});
        const proxy = await proxied({ routes: {} });
        const line = over({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, ...trusting() });
        expect(await call(line, `https://localhost:${port}/`)).to.equal(hears);
        expect(proxy.asked).to.deep.equal([]);
      });

      it('is refused where the certificate is not trusted, through a proxy or not', async () => {
        const { port } = await serve({});
        const proxy = await proxied({ routes: { 'ecs.test:443': port } });
        const line = over({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` });
        for (const url of ['https://ecs.test/', `https://localhost:${port}/`])
          expect(await messageOf(call(line, url))).to.match(/certificate/);
      });

      it('is refused where the certificate is another host’s', async () => {
        const { port } = await serve({});
        const proxy = await proxied({ routes: { 'other.test:443': port } });
        const line = over({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, ...trusting() });
        expect(await messageOf(call(line, 'https://other.test/'))).to.match(/ALTNAME|altnames/);
      });

      it('goes to whoever answers where nothing is to be verified, through a proxy or not', async () => {
        const { port } = await serve({});
        const proxy = await proxied({ routes: { 'other.test:443': port } });
        const line = over({ HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` }, false);
        for (const url of ['https://other.test/', `https://127.0.0.1:${port}/`])
          expect(await call(line, url)).to.equal(hears);
      });

      it('tells of a proxy that refuses it, and shows no password', async () => {
        const proxy = await proxied({ routes: {}, user: 'user:right' });
        const at = `127.0.0.1:${proxy.port}`;
        const wrong = over({ HTTPS_PROXY: `http://user:wrong-secret@${at}` });
        const said = await messageOf(call(wrong, 'https://ecs.test/'));
        expect(said)
          .to.match(/407/)
          .and.not.match(/wrong-secret/);
        const right = over({ HTTPS_PROXY: `http://user:right@${at}` });
        expect(await messageOf(call(right, 'https://ecs.test/'))).to.match(/502/);
      });
    });

  it('names the proxy that cannot be reached, without its password', async () => {
    const proxy = await startProxy({ routes: {} });
    await proxy.close();
    const line = over({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` });
    const shown = `The proxy http://***@127.0.0.1:${proxy.port} makes no connection: ECONNREFUSED`;
    expect(await messageOf(callEcs(line, 'https://ecs.test/'))).to.equal(
      `The ECS API (https://ecs.test/) cannot be reached: ${shown}`,
    );
    expect(await messageOf(openAcs(line, 'https://ecs.test/'))).to.equal(`1006 ${shown}`);
  });

  const socksFaults: [what: string, user: string | undefined, who: string, said: string][] = [
    ['knows no such host', undefined, '', 'the host cannot be reached'],
    ['wants a user', 'user:right', '', 'it wants to be told who comes'],
    ['wants another user', 'user:right', 'user:wrong@', 'it does not know this user and password'],
  ];
  for (const [what, user, who, said] of socksFaults)
    it(`tells of a SOCKS5 proxy that ${what}`, async () => {
      const proxy = await startSocks({ routes: {}, ...(user !== undefined && { user }) });
      servers.push(proxy);
      const line = over({ HTTPS_PROXY: `socks5://${who}127.0.0.1:${proxy.port}` });
      for (const call of [openAcs, get])
        expect(await messageOf(call(line, 'https://ecs.test/'))).to.match(
          new RegExp(
            `^(1006 )?The proxy socks5://.*127.0.0.1:${proxy.port} makes no connection: ${said}$`,
          ),
        );
    });

  it('tells of a SOCKS5 proxy that is none', async () => {
    const server = createServer();
    const proxy = { close: () => server.close() };
    server.on('connection', (socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const line = over({ HTTPS_PROXY: `socks5://127.0.0.1:${port}` });
    expect(await messageOf(openAcs(line, 'https://ecs.test/'))).to.match(
      /it ended the connection$/,
    );
    proxy.close();
  });

  it('says what to do about a variable that names no proxy, and a certificate of nobody', async () => {
    const odd = over({ HTTPS_PROXY: 'ftp://secret@proxy.test' });
    for (const call of [callEcs, openAcs])
      expect(await messageOf(call(odd, 'https://ecs.test/')))
        .to.match(/HTTPS_PROXY must be the address of a proxy/)
        .and.not.match(/secret/);
    const { port } = await serve({});
    const error = await callEcs(over({}), `https://localhost:${port}/`).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(EcsError).with.property('code', 'ECS_UNREACHABLE');
    expect((error as EcsError).message).to.match(
      /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): name a file .* in SSL_CERT_FILE$/,
    );
  });

  it('looks at the variables for each request', async () => {
    const { port } = await serve({});
    const proxy = await proxied({ routes: { 'ecs.test:443': port } });
    const environment: Record<string, string> = { ...trusting(), HTTPS_PROXY: '127.0.0.1:1' };
    const line = over(environment);
    for (const { call, hears } of Object.values(calls)) {
      environment.HTTPS_PROXY = '127.0.0.1:1';
      await messageOf(call(line, 'https://ecs.test/'));
      environment.HTTPS_PROXY = `127.0.0.1:${proxy.port}`;
      expect(await call(line, 'https://ecs.test/')).to.equal(hears);
      environment.NO_PROXY = 'ecs.test';
      expect(await messageOf(call(line, 'https://ecs.test/'))).to.match(/ENOTFOUND|EAI_AGAIN/);
      delete environment.NO_PROXY;
    }
  });

  it('keeps a connection through a proxy for the next call', async () => {
    const { port } = await serve({});
    const proxy = await proxied({ routes: { 'ecs.test:443': port } });
    const line = over({ HTTPS_PROXY: `127.0.0.1:${proxy.port}`, ...trusting() });
    for (let calls = 0; calls < 3; calls++) await callEcs(line, 'https://ecs.test/');
    expect(proxy.asked).to.deep.equal(['ecs.test:443']);
  });

  it('trusts all authorities in a folder, and leaves out what is none', async () => {
    const { port } = await serve({});
    const line = over({ SSL_CERT_DIR: `/nowhere:${folder}` });
    for (const { call, hears } of Object.values(calls))
      expect(await call(line, `https://localhost:${port}/`)).to.equal(hears);
  });

  it('trusts those of Node.js and its variable besides', async () => {
    const { port } = await serve({});
    const environment = { SSL_CERT_DIR: '/nowhere', NODE_EXTRA_CA_CERTS: trusting().SSL_CERT_FILE };
    expect(await get(over(environment), `https://localhost:${port}/`)).to.equal('http://acs/');
  });

  describe('by TLS', () => {
    /** The cipher and version that a connection to this server has. */
    const agreed = async (tls: ServerOptions): Promise<string> => {
      const { port, server } = await serve(tls);
      const socket = once(server, 'secureConnection');
      await get(over(trusting()), `https://localhost:${port}/`);
      const [secured] = (await socket) as [TLSSocket];
      return `${secured.getProtocol()} ${secured.getCipher().name}`;
    };

    it('speaks version 1.3 where it can', async () => {
      expect(await agreed({})).to.match(/^TLSv1\.3 /);
    });

    const offered = [
      ...['GCM-SHA256', 'SHA256', 'SHA'].map((mode) => `ECDHE-RSA-AES128-${mode}`),
      ...['GCM-SHA384', 'SHA'].map((mode) => `ECDHE-RSA-AES256-${mode}`),
      ...['GCM-SHA256', 'SHA256', 'SHA'].map((mode) => `AES128-${mode}`),
      ...['GCM-SHA384', 'SHA'].map((mode) => `AES256-${mode}`),
    ];
    for (const ciphers of offered)
      it(`speaks version 1.2 with ${ciphers}`, async () => {
        expect(await agreed({ maxVersion: 'TLSv1.2', ciphers })).to.equal(`TLSv1.2 ${ciphers}`);
      });

    const others: [string, ServerOptions][] = [
      ['a cipher that is not offered', { ciphers: 'ECDHE-RSA-CHACHA20-POLY1305' }],
      ['another one', { ciphers: 'DHE-RSA-AES128-GCM-SHA256', dhparam: 'auto' }],
      [
        'version 1.1',
        { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      ],
    ];
    for (const [what, tls] of others)
      it(`does not speak with a server that has only ${what}, verified or not`, async () => {
        const { port } = await serve({ maxVersion: 'TLSv1.2', ...tls });
        for (const verify of [true, false]) {
          const line = over(trusting(), verify);
          for (const { call } of Object.values(calls))
            expect(await messageOf(call(line, `https://localhost:${port}/`))).to.match(
              /handshake|alert|version|EPROTO|SSL/i,
            );
        }
      });
  });
});
