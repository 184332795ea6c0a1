import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'chai';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import {
  localUrl,
  type OpenServer,
  openServer,
  type Question,
  type ServerOptions,
} from '../../../transport/http/server.ts';

/** Sends bytes as they are, and answers all that comes back until the other end closes. */
async function exchange(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  // The server may close before all has been sent: what it said counts.
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return answer;
}

describe('the server of questions', () => {
  let server: OpenServer;
  let asked: Question[];
  let failures: unknown[];

  const open = async (more: Partial<ServerOptions> = {}) => {
    server = await openServer({
      address: '127.0.0.1',
      port: 0,
      clock: realClock(),
      answer: (question) => {
        asked.push(question);
        return { status: 200, contentType: 'application/json', body: '{"said":"é"}' };
      },
      failed: (reason) => failures.push(reason),
      methods: ['GET', 'HEAD'],
      ...more,
    });
  };
  beforeEach(() => {
    asked = [];
    failures = [];
  });
  afterEach(() => server.close());

  it('answers a GET with a body of known length', async () => {
    await open();
    const response = await fetch(`${server.url}/a/b?c=d&c=e`);
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-type')).to.equal('application/json');
    expect(response.headers.get('content-length')).to.equal('13');
    expect(await response.json()).to.deep.equal({ said: 'é' });
    expect(asked.map(({ path }) => path)).to.deep.equal(['/a/b']);
    expect(asked[0]?.search).to.equal('?c=d&c=e');
  });

  it('answers a HEAD as a GET, without the body', async () => {
    await open();
    const response = await fetch(server.url, { method: 'HEAD' });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-length')).to.equal('13');
    expect(await response.text()).to.equal('');
  });

  it('answers one question after the other on one connection', async () => {
    await open();
    const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
    const last = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const answers = await exchange(server.url, get + get + last);
    expect(answers.match(/HTTP\/1\.1 200/g)).to.have.length(3);
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'])
    it(`refuses ${method} with 405, and says what it takes`, async () => {
      await open();
      const response = await fetch(server.url, { method });
      expect(response.status).to.equal(405);
      expect(response.headers.get('allow')).to.equal('GET, HEAD');
      expect(asked).to.deep.equal([]);
    });

  const odd: [string, string, RegExp][] = [
    ['no HTTP', 'hello?\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', /^HTTP\/1\.1 400 /],
    [
      'headers that are too long',
      `GET / HTTP/1.1\r\nhost: x\r\nlong: ${'x'.repeat(20_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    [
      'a body that is too long',
      'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 65537\r\n\r\n',
      /^HTTP\/1\.1 413 /,
    ],
    [
      'a body of unknown length',
      'GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      /^HTTP\/1\.1 413 /,
    ],
    [
      'a length that is none',
      'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    ['a tunnel', 'CONNECT other:80 HTTP/1.1\r\nhost: x\r\n\r\n', /^$/],
  ];
  for (const [what, bytes, answer] of odd)
    it(`outlives ${what}`, async () => {
      await open();
      expect(await exchange(server.url, bytes)).to.match(answer);
      expect(asked).to.deep.equal([]);
      expect((await fetch(server.url)).status).to.equal(200);
    });

  for (const target of ['//', '//[', '/%', '/%zz?%zz=%', '*', 'http://[/', '/?', '?a=b', '/a b?'])
    it(`takes the target ${target} as it is`, async () => {
      await open();
      const request = `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
      expect(await exchange(server.url, request)).to.match(/^HTTP\/1\.1 (200|400) /);
      expect((await fetch(server.url)).status).to.equal(200);
    });

  describe('that takes bodies', () => {
    const put = async (body: string | ReadableStream, more: Partial<ServerOptions> = {}) => {
      await open({ methods: ['GET', 'PUT'], longestBodyBytes: 10, ...more });
      const streamed = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
      return (await fetch(server.url, { method: 'PUT', body, ...streamed })).status;
    };
    const chunked = (text: string) =>
      new ReadableStream({
        start: (stream) => {
          for (const letter of text) stream.enqueue(Buffer.from(letter));
          stream.close();
        },
      });

    it('hands on a body of known and of unknown length', async () => {
      expect(await put('{"a":"é"}')).to.equal(200);
      await server.close();
      expect(await put(chunked('in chunks'))).to.equal(200);
      expect(asked.map(({ body }) => body)).to.deep.equal(['{"a":"é"}', 'in chunks']);
    });

    it('refuses one that is too long, however it comes', async () => {
      expect(await put('0123456789a')).to.equal(413);
      await server.close();
      expect(await put(chunked('0123456789a'))).to.equal(413);
      expect(asked).to.deep.equal([]);
    });

    it('may take its time over the answer', async () => {
      const late = { status: 202, contentType: 'text/plain' as const, body: 'late' };
      expect(await put('x', { answer: () => Promise.resolve(late) })).to.equal(202);
    });

    it('answers 500 where the answer fails', async () => {
      expect(await put('x', { answer: () => Promise.reject(new Error('no')) })).to.equal(500);
      expect(failures.map(String)).to.deep.equal(['Error: no']);
    });
  });

  it('takes a short body and passes over it', async () => {
    await open();
    const request = 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}';
    expect(await exchange(server.url, request)).to.match(/^HTTP\/1\.1 200 /);
  });

  it('says 500 where the answer throws, tells why, and goes on', async () => {
    const reason = new Error('no answer');
    let throws = true;
    await open({
      answer: () => {
        if (throws) throw reason;
        return { status: 200, contentType: 'application/json', body: '{}' };
      },
    });
    const response = await fetch(server.url);
    expect(response.status).to.equal(500);
    expect(await response.text()).to.equal('');
    expect(failures).to.deep.equal([reason]);
    throws = false;
    expect((await fetch(server.url)).status).to.equal(200);
  });

  it('lets go of one who does not end his request', async () => {
    await open({ patienceMs: 200 });
    expect(await exchange(server.url, 'GET / HTTP/1.1\r\nhost:')).to.match(/^HTTP\/1\.1 408 /);
  });

  it('lets go of one who says nothing at all', async () => {
    await open({ patienceMs: 50 });
    expect(await exchange(server.url, '')).to.match(/^(HTTP\/1\.1 408 |$)/);
  });

  it('lets go of one who has no more questions', async () => {
    await open({ patienceMs: 50 });
    const answer = await exchange(server.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(answer).to.match(/^HTTP\/1\.1 200 /);
  });

  it('closes at once where nobody asks, and as often as it is told', async () => {
    await open();
    await fetch(server.url);
    await server.close();
    await server.close();
    const refused = await fetch(server.url).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
  });

  it('closes though somebody holds a request open, after its patience', async () => {
    const wakes: (() => void)[] = [];
    const clock: Clock = {
      now: () => 1_000,
      at: (at, wake) => {
        expect(at).to.equal(61_000);
        wakes.push(wake);
        return () => wakes.splice(wakes.indexOf(wake), 1);
      },
      afterTurn: (work) => work(),
    };
    await open({ clock, patienceMs: 60_000 });
    const answer = exchange(server.url, 'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /');
    while (asked.length === 0) await new Promise(setImmediate);
    const closed = server.close();
    expect(wakes).to.have.length(1);
    wakes[0]?.();
    await closed;
    expect(await answer).to.match(/^HTTP\/1\.1 200 /);
    expect(wakes).to.deep.equal([]);
  });

  it('rejects where it cannot listen', async () => {
    await open();
    const port = Number(new URL(server.url).port);
    const options = { address: '127.0.0.1', port, clock: realClock() };
    const answer = () => ({ status: 200, contentType: 'application/json' as const, body: '' });
    const error = await openServer({ ...options, answer }).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'EADDRINUSE' });
  });
});

describe('where this host reaches a server', () => {
  const addresses: [string, string][] = [
    ['127.0.0.1', 'http://127.0.0.1:80'],
    ['10.0.0.7', 'http://10.0.0.7:80'],
    ['0.0.0.0', 'http://127.0.0.1:80'],
    ['::', 'http://[::1]:80'],
    ['::1', 'http://[::1]:80'],
    ['fd00::1', 'http://[fd00::1]:80'],
  ];
  for (const [address, url] of addresses)
    it(`that listens on ${address} is ${url}`, () => {
      expect(localUrl(address, 80)).to.equal(url);
    });
});
