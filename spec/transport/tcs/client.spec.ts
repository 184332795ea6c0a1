import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Published } from '../../../machines/plane/model.ts';
import type { InboundTelemetry, Publication } from '../../../machines/telemetry/model.ts';
import { realClock } from '../../../transport/host/clock.ts';
import { tcsClient, tcsUrl } from '../../../transport/tcs/client.ts';
import { splitFrame } from '../../../transport/tcs/codec.ts';
import type { TcsConnection, TcsListener } from '../../../transport/tcs/port.ts';
import { TcsServer } from '../../../transport/tcs/server.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { direct } from '../../support/wire.ts';
import { expectedSignature, readAuthorization } from '../wire/verifier.ts';
import { usage } from './figures.ts';

/** A listener that remembers, and whose happenings can be awaited. */
class Ear implements TcsListener {
  readonly messages: InboundTelemetry[] = [];
  readonly malformedCodes: string[] = [];
  readonly ends: Parameters<TcsListener['closed']>[0][] = [];
  isOpen = false;
  #wake = () => {};

  opened() {
    this.isOpen = true;
    this.#wake();
  }
  message(message: InboundTelemetry) {
    this.messages.push(message);
    this.#wake();
  }
  malformed({ code }: { code: string }) {
    this.malformedCodes.push(code);
    this.#wake();
  }
  closed(end: { clean: boolean; reason: string }) {
    this.ends.push(end);
    this.#wake();
  }
  async until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

const address = (endpoint: string) => ({
  endpoint,
  cluster: 'specs',
  containerInstanceArn: 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1',
  dockerVersion: '20.10.24+dfsg1',
});
const keys = { accessKeyId: 'AKID', secretAccessKey: 'SECRET' };
const options = (credentials: () => Promise<typeof keys> = () => Promise.resolve(keys)) => ({
  region: 'us-west-2',
  credentials,
  agentVersion: '1.105.1',
  agentHash: 'a8b3e7d3',
  clock: realClock(),
  wire: direct,
});
const idle = (messageId: string): Publication => ({
  ...{ kind: 'usage', messageId, idle: true, tasks: [] },
});

describe('the address of a TCS connection', () => {
  it('names the agent and its instance, sorted, with the bare version of the Engine', () => {
    const url = tcsUrl(address('https://ecs-t-1.us-west-2.amazonaws.com/'), options());
    expect(url.href).to.equal(
      'wss://ecs-t-1.us-west-2.amazonaws.com/ws?agentHash=a8b3e7d3&agentVersion=1.105.1' +
        '&cluster=specs&containerInstance=arn%3Aaws%3Aecs%3Aus-west-2%3A123456789012%3Acontainer-instance%2Fspecs%2F1' +
        '&dockerVersion=20.10.24%2Bdfsg1',
    );
  });

  it('leaves out an Engine version that is not known, and adds a missing slash', () => {
    const url = tcsUrl({ ...address('http://127.0.0.1:1/tcs'), dockerVersion: null }, options());
    expect(url.pathname).to.equal('/tcs/ws');
    expect(url.searchParams.has('dockerVersion')).to.equal(false);
  });
});

describe('a TCS connection', () => {
  let loopback: Loopback;
  let ear: Ear;
  let connection: TcsConnection | undefined;

  beforeEach(async () => {
    loopback = await listen();
    ear = new Ear();
  });
  afterEach(async () => {
    connection?.terminate();
    await loopback.close();
  });

  const connect = (of = options()) => {
    connection = tcsClient(of).connect(address(loopback.url), ear);
    return connection;
  };

  /** Connects to a peer that the story plays itself. */
  const accepted = async (of = options()) => {
    const sockets = new WebSocketServer({ noServer: true });
    const upgraded = once(loopback.server, 'upgrade');
    const line = connect(of);
    const [request, stream, head] = (await upgraded) as [IncomingMessage, Duplex, Buffer];
    const peer = await new Promise<WebSocket>((resolve) =>
      sockets.handleUpgrade(request, stream, head, resolve),
    );
    const frames: string[] = [];
    let wake = () => {};
    peer.on('message', (data) => {
      frames.push(String(data));
      wake();
    });
    const hears = async (count: number) => {
      while (frames.length < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return frames.map((frame) => ({ frame, ...splitFrame(frame) }));
    };
    await ear.until(() => ear.isOpen);
    return { line, request, stream, peer, hears };
  };

  const seen = (request: IncomingMessage, headers: IncomingMessage['headers'], body: string) => ({
    ...{ method: 'GET', url: request.url ?? '', headers, body },
  });

  it('is opened with a request that an independent verifier finds rightly signed', async () => {
    const { request } = await accepted();
    const { signature, service, region } = readAuthorization(request.headers.authorization);
    expect([service, region]).to.deep.equal(['ecs', 'us-west-2']);
    expect(signature).to.equal(expectedSignature(seen(request, request.headers, ''), 'SECRET'));
    expect(request.headers).not.to.have.property('sec-websocket-extensions');
  });

  it('carries requests each of which is rightly signed over its own bytes', async () => {
    const { line, request, hears } = await accepted();
    const tasks = Array.from({ length: 11 }, () => usage());
    const sent = await line.publish({ kind: 'usage', messageId: 'm', idle: false, tasks });
    const heard = await hears(2);
    expect(sent).to.equal(true);
    for (const { frame, headers, request: body } of heard) {
      const { signature, signedHeaders } = readAuthorization(headers.authorization);
      expect(signedHeaders).to.deep.equal(['host', 'x-amz-date']);
      expect(signature).to.equal(expectedSignature(seen(request, headers, body), 'SECRET'));
      expect(headers.host).to.equal(new URL(loopback.url).host);
      expect(frame).to.match(/^Authorization: .+\r\nHost: .+\r\nX-Amz-Date: \w+\r\n\r\n\{/);
    }
    const signatures = heard.map(({ headers }) => headers.authorization);
    expect(new Set(signatures).size).to.equal(2);
  });

  it('signs each frame with the keys of its own time, and their token', async () => {
    const token = { ...keys, sessionToken: 'TOKEN' };
    const given = [keys, token, { ...token, secretAccessKey: 'NEW' }];
    const { line, request, hears } = await accepted(
      options(() => Promise.resolve(given.shift() ?? keys)),
    );
    await line.publish(idle('a'));
    await line.publish(idle('b'));
    const [first, second] = await hears(2);
    for (const [frame, secret] of [
      [first, 'SECRET'],
      [second, 'NEW'],
    ] as const) {
      const { headers = {}, request: body = '' } = frame ?? {};
      const { signature, signedHeaders } = readAuthorization(headers.authorization);
      expect(signedHeaders).to.deep.equal(['host', 'x-amz-date', 'x-amz-security-token']);
      expect(headers['x-amz-security-token']).to.equal('TOKEN');
      expect(signature).to.equal(expectedSignature(seen(request, headers, body), secret));
    }
  });

  it('keeps the order of what it is told, whatever the keys take', async () => {
    let release = () => {};
    const slow = new Promise<typeof keys>((resolve) => {
      release = () => resolve(keys);
    });
    const given = [Promise.resolve(keys), slow];
    const { line, hears } = await accepted(options(() => given.shift() ?? Promise.resolve(keys)));
    const both = [line.publish(idle('a')), line.publish(idle('b'))];
    release();
    expect(await Promise.all(both)).to.deep.equal([true, true]);
    const ids = (await hears(2)).map(
      ({ request }) => JSON.parse(request).message.metadata.messageId,
    );
    expect(ids).to.deep.equal(['a', 'b']);
  });

  it('says what cannot be signed, and sends what comes after it', async () => {
    const given = [() => Promise.resolve(keys), () => Promise.reject(new Error('no keys'))];
    const { line, hears } = await accepted(
      options(() => (given.shift() ?? (() => Promise.resolve(keys)))()),
    );
    const [failed, sent] = [line.publish(idle('a')), line.publish(idle('b'))];
    expect(await failed.catch((error: Error) => error.message)).to.equal('no keys');
    expect(await sent).to.equal(true);
    expect(await hears(1)).to.have.length(1);
  });

  it('sends nothing once it has asked for its end, nor after it', async () => {
    const { line } = await accepted();
    line.close(1000, 'ConnectionExpired: Reconnect to continue');
    expect(await line.publish(idle('late'))).to.equal(false);
    await ear.until(() => ear.ends.length > 0);
    expect(await line.publish(idle('later'))).to.equal(false);
  });

  it('ends in good order with the peer’s answer, which it waits for', async () => {
    const { line, peer } = await accepted();
    peer.pause();
    line.close(1000, 'ConnectionExpired: Reconnect to continue');
    peer.send('{"type":"HeartbeatMessage","message":{"healthy":true}}');
    await ear.until(() => ear.messages.length > 0);
    expect(ear.ends).to.deep.equal([]);
    const closed = once(peer, 'close');
    peer.resume();
    const [code, reason] = await closed;
    await ear.until(() => ear.ends.length > 0);
    expect([code, String(reason)]).to.deep.equal([
      1000,
      'ConnectionExpired: Reconnect to continue',
    ]);
    expect(ear.ends[0]?.clean).to.equal(true);
  });

  const codes: [number, boolean][] = [
    [1000, true],
    [1001, true],
    [1011, true],
    [1008, false],
    [4000, false],
  ];
  for (const [code, clean] of codes)
    it(`ended by the peer with ${code} is ${clean ? 'in good order' : 'a failure'}`, async () => {
      const { peer } = await accepted();
      peer.close(code);
      await ear.until(() => ear.ends.length > 0);
      expect(ear.ends.map((end) => end.clean)).to.deep.equal([clean]);
    });

  it('whose stream just ends is in good order', async () => {
    const { stream } = await accepted();
    stream.end();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends.map((end) => end.clean)).to.deep.equal([true]);
  });

  it('survives what is no message, and tells of errors', async () => {
    const { peer } = await accepted();
    for (const text of ['hello', '{"type":"Other"}', '{"ServerException":"busy"}']) peer.send(text);
    await ear.until(() => ear.messages.length > 0);
    expect(ear.malformedCodes).to.deep.equal(['TCS_MALFORMED_FRAME', 'TCS_UNKNOWN_MESSAGE']);
    expect(ear.messages).to.deep.equal([
      { kind: 'error', type: 'ServerException', remark: 'busy' },
    ]);
    expect(ear.ends).to.deep.equal([]);
  });

  it('refused is a failure that says why', async () => {
    loopback.server.on('upgrade', (_, stream) =>
      stream.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\nbusy'),
    );
    connect();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends).to.deep.equal([
      { clean: false, reason: '1006 TCS refused the connection with status 400: busy' },
    ]);
  });

  it('to the control plane’s end is heard and acknowledged, and refused what is not signed', async () => {
    const published: Published[] = [];
    const server = new TcsServer((one) => published.push(one));
    loopback.server.on('upgrade', (...upgrade: [IncomingMessage, Duplex, Buffer]) =>
      server.upgrade(...upgrade),
    );
    const line = connect();
    await ear.until(() => ear.isOpen);
    await line.publish(idle('a'));
    await line.publish({
      kind: 'status',
      messageId: 'b',
      statuses: [{ type: 'ContainerRuntime', status: 'OK', changedAt: 0, updatedAt: 0 }],
    });
    await ear.until(() => ear.messages.length === 2);
    expect(ear.messages.map(({ type }) => type)).to.deep.equal([
      'AckPublishMetric',
      'AckPublishInstanceStatus',
    ]);
    expect(published).to.deep.equal([
      { kind: 'usage', tasks: [] },
      { kind: 'status', statuses: { ContainerRuntime: 'OK' } },
    ]);
    const { WebSocket: Socket } = await import('ws');
    const stranger = new Socket(loopback.url.replace('http', 'ws'));
    await once(stranger, 'open');
    stranger.send('{"type":"PublishMetricsRequest","message":{}}');
    const [answer] = await once(stranger, 'message');
    expect(JSON.parse(String(answer))).to.deep.equal({
      type: 'BadRequestException',
      message: { message: 'frame is not signed' },
    });
    server.close();
  });
});
