import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { expect } from 'chai';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Acknowledgement, InboundMessage } from '../../../machines/session/model.ts';
import { acsClient, acsUrl } from '../../../transport/acs/client.ts';
import type { AcsConnection, AcsListener, RoleCredentials } from '../../../transport/acs/port.ts';
import { AcsServer } from '../../../transport/acs/server.ts';
import { realClock } from '../../../transport/host/clock.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { type Loopback, listen } from '../../support/loopback.ts';
import { direct } from '../../support/wire.ts';
import { expectedSignature, readAuthorization } from '../wire/verifier.ts';

type End = Parameters<AcsListener['closed']>[0];

/** A listener that remembers, and whose happenings can be awaited. */
class Ear implements AcsListener {
  readonly messages: InboundMessage[] = [];
  readonly roles: RoleCredentials[] = [];
  readonly malformedCodes: string[] = [];
  readonly ends: End[] = [];
  #wake = () => {};
  isOpen = false;

  opened() {
    this.isOpen = true;
    this.#wake();
  }
  message(message: InboundMessage, roles: RoleCredentials[]) {
    this.messages.push(message);
    this.roles.push(...roles);
    this.#wake();
  }
  malformed({ code }: { code: string }) {
    this.malformedCodes.push(code);
    this.#wake();
  }
  closed(end: End) {
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
  sendCredentials: true,
  dockerVersion: '20.10.24',
});
const options = (more: object = {}) => ({
  region: 'us-west-2',
  credentials: () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 'SECRET', ...more }),
  agentVersion: '1.105.1',
  agentHash: 'a8b3e7d3',
  clock: realClock(),
  random: realRandom,
  wire: direct,
});

/** A clock that stands, with this way to wait. */
const standing = (at: Clock['at']): Clock => ({
  now: () => 1_000,
  at,
  afterTurn: (work) => work(),
});

describe('the address of an ACS connection', () => {
  it('names the agent and its instance, sorted, with percent signs only', () => {
    const url = acsUrl(address('https://ecs-a-1.us-west-2.amazonaws.com/'), options());
    expect(url.href).to.equal(
      'wss://ecs-a-1.us-west-2.amazonaws.com/ws?agentHash=a8b3e7d3&agentVersion=1.105.1' +
        '&clusterArn=specs&containerInstanceArn=arn%3Aaws%3Aecs%3Aus-west-2%3A123456789012%3Acontainer-instance%2Fspecs%2F1' +
        '&dockerVersion=DockerVersion%3A%2020.10.24&protocolVersion=2&sendCredentials=true&seqNum=1',
    );
  });

  it('leaves out an Engine version that is not known, and adds a missing slash', () => {
    const url = acsUrl({ ...address('http://127.0.0.1:1/acs'), dockerVersion: null }, options());
    expect(url.pathname).to.equal('/acs/ws');
    expect(url.protocol).to.equal('ws:');
    expect(url.searchParams.has('dockerVersion')).to.equal(false);
  });
});

describe('an ACS connection', () => {
  let loopback: Loopback;
  let ear: Ear;
  let connection: AcsConnection | undefined;
  const upgrades: IncomingMessage[] = [];

  beforeEach(async () => {
    loopback = await listen();
    ear = new Ear();
    upgrades.length = 0;
    loopback.server.on('upgrade', (request) => upgrades.push(request));
  });
  afterEach(async () => {
    connection?.terminate();
    // Once upgraded, a connection is the server's no more, and would keep it from closing.
    for (const { socket } of upgrades) socket.destroy();
    await loopback.close();
  });

  const connect = (more?: object) => {
    connection = acsClient(options(more)).connect(address(`${loopback.url}/acs/`), ear);
    return connection;
  };
  /** Accepts the connection and answers the server's end of it, with its stream. */
  const accepted = async (): Promise<{ peer: WebSocket; stream: Duplex }> => {
    const sockets = new WebSocketServer({ noServer: true });
    const peer = new Promise<{ peer: WebSocket; stream: Duplex }>((resolve) => {
      loopback.server.on('upgrade', (request, stream, head) =>
        sockets.handleUpgrade(request, stream, head, (socket) => resolve({ peer: socket, stream })),
      );
    });
    connect();
    const found = await peer;
    await ear.until(() => ear.isOpen);
    return found;
  };

  it('is opened with a request that an independent verifier finds rightly signed', async () => {
    const server = new AcsServer({ connected() {}, acknowledged() {}, disconnected() {} });
    loopback.server.on('upgrade', (...upgrade: [IncomingMessage, Socket, Buffer]) =>
      server.upgrade(...upgrade),
    );
    connect({ sessionToken: 'TOKEN' });
    await ear.until(() => ear.isOpen);
    const [request] = upgrades;
    if (!request?.url) throw new Error('no upgrade was seen');
    const { signature, service, region, signedHeaders } = readAuthorization(
      request.headers.authorization,
    );
    expect({ service, region }).to.deep.equal({ service: 'ecs', region: 'us-west-2' });
    expect(signedHeaders).to.deep.equal(['host', 'x-amz-date', 'x-amz-security-token']);
    const seen = { method: 'GET', url: request.url, headers: request.headers, body: '' };
    expect(signature).to.equal(expectedSignature(seen, 'SECRET'));
    expect(request.headers['sec-websocket-extensions']).to.equal(undefined);
    server.close();
  });

  it('carries payloads and heartbeats one way and all that the agent says the other', async () => {
    const heard: Acknowledgement[] = [];
    let wake = () => {};
    const server = new AcsServer({
      connected() {},
      disconnected() {},
      acknowledged: (acknowledgement) => {
        heard.push(acknowledgement);
        wake();
      },
    });
    loopback.server.on('upgrade', (...upgrade: [IncomingMessage, Socket, Buffer]) =>
      server.upgrade(...upgrade),
    );
    connect();
    await ear.until(() => ear.isOpen);
    server.heartbeat('beat');
    server.payload({
      messageId: 'm',
      seqNum: 1,
      clusterArn: 'c',
      containerInstanceArn: 'i',
      generatedAt: 1,
      tasks: [],
    });
    await ear.until(() => ear.messages.length === 2);
    expect(ear.messages[0]).to.deep.equal({ kind: 'heartbeat', messageId: 'beat' });
    expect(ear.messages[1]?.kind).to.equal('payload');
    const addressed = { messageId: 'm', clusterArn: 'c', containerInstanceArn: 'i' };
    const candidate = { taskArn: 't', taskClusterArn: 'c', desiredStatus: 'STOPPED' as const };
    const said: Acknowledgement[] = [
      { kind: 'heartbeat', messageId: 'beat' },
      { kind: 'received', ...addressed },
      { kind: 'nack', ...addressed, reason: 'Updates are disabled' },
      { kind: 'credentials', messageId: 'm', credentialsId: 'id', expiration: 'x' },
      { kind: 'stopVerification', messageId: 'm', stopCandidates: [candidate] },
    ];
    for (const each of said) connection?.send(each);
    connection?.send({ kind: 'payload', ...addressed });
    while (heard.length < said.length + 1)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    // On the wire all messages are acknowledged by the same words.
    expect(heard).to.deep.equal([...said, said[1]]);
    server.close();
  });

  it('hands on the keys of roles apart from their message', async () => {
    const { peer } = await accepted();
    const roleCredentials = { credentialsId: 'exec', secretAccessKey: 'top-secret' };
    const message = { messageId: 'k', taskArn: 'arn:t', roleType: 'TaskExecution' };
    peer.send(
      JSON.stringify({
        type: 'IAMRoleCredentialsMessage',
        message: { ...message, roleCredentials },
      }),
    );
    await ear.until(() => ear.messages.length === 1);
    expect(JSON.stringify(ear.messages)).not.to.include('top-secret');
    expect(ear.roles.map(({ credentialsId, keys }) => [credentialsId, keys])).to.deep.equal([
      ['exec', { accessKeyId: '', secretAccessKey: 'top-secret', sessionToken: '' }],
    ]);
  });

  it('survives frames that are no messages, binary ones too', async () => {
    const { peer } = await accepted();
    peer.send('this is not json');
    peer.send('{"type":"NoSuchMessage"}');
    peer.send(Buffer.from('{"type":"HeartbeatMessage","message":{"messageId":"after"}}'));
    await ear.until(() => ear.messages.length === 1);
    expect(ear.malformedCodes).to.deep.equal(['ACS_MALFORMED_FRAME', 'ACS_UNKNOWN_MESSAGE']);
    expect(ear.ends).to.deep.equal([]);
  });

  const clean = [1000, 1001, 1011];
  const failed = [1002, 1003, 1007, 1008, 1009, 1010, 1012, 1013, 1014, 3000, 4000];
  for (const code of [...clean, ...failed])
    it(`ended by the peer with ${code} is ${clean.includes(code) ? 'in good order' : 'a failure'}`, async () => {
      const { peer } = await accepted();
      peer.close(code);
      await ear.until(() => ear.ends.length > 0);
      expect(ear.ends.map((end) => end.clean)).to.deep.equal([clean.includes(code)]);
    });

  it('ended by the peer without a code is a failure', async () => {
    const { peer } = await accepted();
    peer.close();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends).to.deep.equal([{ clean: false, inactiveInstance: false, reason: '1005' }]);
  });

  it('ended because the container instance is not active says so', async () => {
    const { peer } = await accepted();
    peer.close(1008, 'InactiveInstanceException: deregistered');
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]).to.include({ clean: false, inactiveInstance: true });
  });

  it('with a frame that is too long is a failure that says so', async () => {
    const { peer } = await accepted();
    peer.send('x'.repeat(16 * 1024 * 1024 + 1));
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends).to.deep.equal([
      {
        clean: false,
        inactiveInstance: false,
        reason: '1006 a frame of more than 16 MiB arrived, which is not read',
      },
    ]);
    expect(ear.messages).to.deep.equal([]);
  });

  it('is not kept open by pings alone, which are answered and told to nobody', async () => {
    const { peer } = await accepted();
    peer.ping();
    await once(peer, 'pong');
    expect(ear.messages).to.deep.equal([]);
  });

  it('whose stream just ends is in good order', async () => {
    const { stream } = await accepted();
    stream.end();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends.map((end) => end.clean)).to.deep.equal([true]);
  });

  it('whose stream is reset is a failure', async () => {
    const { stream } = await accepted();
    (stream as Socket).resetAndDestroy();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends.map((end) => end.clean)).to.deep.equal([false]);
  });

  it('given up by the agent ends once, and not in good order', async () => {
    const { peer } = await accepted();
    connection?.terminate();
    await once(peer, 'close');
    expect(ear.ends.map((end) => end.clean)).to.deep.equal([false]);
  });

  it('closed by the agent at its age is heard until the peer has answered', async () => {
    const { peer } = await accepted();
    peer.pause();
    connection?.close(1000, 'ConnectionExpired: Reconnect to continue');
    peer.send('{"type":"HeartbeatMessage","message":{"messageId":"late"}}');
    await ear.until(() => ear.messages.length > 0);
    expect(ear.ends).to.deep.equal([]);
    peer.resume();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]?.clean).to.equal(true);
  });

  it('closed by the agent at its age is a failure where the peer does not answer', async () => {
    const { stream } = await accepted();
    connection?.close(1000, 'ConnectionExpired: Reconnect to continue');
    // In place of the time-out, which ends the stream in the same way.
    stream.destroy();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]?.clean).to.equal(false);
  });

  it('closed by the agent at its age ends in good order with the peer’s answer', async () => {
    const { peer } = await accepted();
    connection?.close(1000, 'ConnectionExpired: Reconnect to continue');
    const [code, reason] = await once(peer, 'close');
    await ear.until(() => ear.ends.length > 0);
    expect([code, String(reason)]).to.deep.equal([
      1000,
      'ConnectionExpired: Reconnect to continue',
    ]);
    expect(ear.ends[0]?.clean).to.equal(true);
  });

  it('whose frames do not leave is given up after three minutes', async () => {
    const waits = new Map<number, () => void>();
    const clock = standing((at, wake) => {
      waits.set(at, wake);
      return () => waits.delete(at);
    });
    const sockets = new WebSocketServer({ noServer: true });
    loopback.server.on('upgrade', (request, stream, head) =>
      // A peer that reads nothing any more.
      sockets.handleUpgrade(request, stream, head, (socket) => socket.pause()),
    );
    connection = acsClient({ ...options(), clock }).connect(address(loopback.url), ear);
    await ear.until(() => ear.isOpen);
    const messageId = 'x'.repeat(8 * 1024 * 1024);
    for (let i = 0; i < 4; i++) connection.send({ kind: 'heartbeat', messageId });
    const giveUp = waits.get(1_000 + 180_000) ?? expect.fail('there is no limit');
    giveUp();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends).to.deep.equal([
      {
        clean: false,
        inactiveInstance: false,
        reason: '1006 a frame did not leave within 180 s',
      },
    ]);
  });

  const refusals: [string, string, boolean][] = [
    ['says that the instance is inactive', '{"InactiveInstanceException":"deregistered"}', true],
    [
      'says so in the long form',
      '{"type":"InactiveInstanceException","message":{"message":"x"}}',
      true,
    ],
    ['says so in other words around it', 'InactiveInstanceException: it is gone', true],
    ['says anything else', '{"AccessDeniedException":"no"}', false],
    ['says nothing', '', false],
  ];
  for (const [what, body, inactiveInstance] of refusals)
    it(`refused with a body that ${what} is a failure`, async () => {
      loopback.server.on('upgrade', (_, stream) =>
        stream.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`),
      );
      connect();
      await ear.until(() => ear.ends.length > 0);
      expect(ear.ends.map((end) => [end.clean, end.inactiveInstance])).to.deep.equal([
        [false, inactiveInstance],
      ]);
      expect(ear.ends[0]?.reason).to.include('status 400');
    });

  it('refused at length is heard to its first kilobyte, and told with it', async () => {
    loopback.server.on('upgrade', (_, stream) =>
      stream.write(`HTTP/1.1 403 Forbidden\r\n\r\n${'x'.repeat(1_500)}`),
    );
    connect();
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]?.reason).to.equal(
      `1006 ACS refused the connection with status 403: ${'x'.repeat(1_024)}`,
    );
  });

  const stalls: [string, object][] = [
    ['its keys are not found', { credentials: () => new Promise(() => {}) }],
    ['the peer says nothing', {}],
  ];
  for (const [what, more] of stalls)
    it(`that ${what} is given up after 30 seconds`, async () => {
      let wake = () => {};
      const limit = new Promise<number>((resolve) => {
        const clock = standing((at, work) => {
          wake = work;
          resolve(at);
          return () => {};
        });
        const line = acsClient({ ...options(), clock, ...more });
        connection = line.connect(address(loopback.url), ear);
      });
      expect(await limit).to.equal(31_000);
      if (!('credentials' in more)) await once(loopback.server, 'upgrade');
      wake();
      await ear.until(() => ear.ends.length > 0);
      expect(ear.ends).to.deep.equal([
        { clean: false, inactiveInstance: false, reason: '1006 not open after 30 s' },
      ]);
    });

  describe('with a peer that does not read', () => {
    const count = 20;
    let line: ReturnType<typeof acsClient>;
    let peer: WebSocket;

    beforeEach(async () => {
      line = acsClient(options());
      const sockets = new WebSocketServer({ server: loopback.server });
      const taken = once(sockets, 'connection');
      connection = line.connect(address(loopback.url), ear);
      [peer] = (await taken) as [WebSocket];
      peer.pause();
      await ear.until(() => ear.isOpen);
      // More than the system keeps for the peer.
      const messageId = 'x'.repeat(1_000_000);
      for (let sent = 0; sent < count; sent++) connection.send({ kind: 'heartbeat', messageId });
    });

    it('tells when all that it was given to send has left', async () => {
      let left = false;
      const flushed = line.flushed().then(() => {
        left = true;
      });
      await new Promise((resolve) => setImmediate(resolve));
      expect(left).to.equal(false);
      let heard = 0;
      peer.on('message', () => {
        heard += 1;
      });
      peer.resume();
      await flushed;
      while (heard < count) await once(peer, 'message');
      await line.flushed();
    });

    it('leaves nothing to wait for where it breaks', async () => {
      connection?.terminate();
      await line.flushed();
    });
  });

  it('that is open has no limit on its opening any more', async () => {
    const waits = new Set<number>();
    const clock = standing((at) => {
      waits.add(at);
      return () => waits.delete(at);
    });
    new WebSocketServer({ server: loopback.server });
    connection = acsClient({ ...options(), clock }).connect(address(loopback.url), ear);
    expect(waits.size).to.equal(1);
    await ear.until(() => ear.isOpen);
    expect(waits.size).to.equal(0);
  });

  it('to an address that is none is a failure', async () => {
    connection = acsClient(options()).connect(address('nowhere'), ear);
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends.map((end) => end.clean)).to.deep.equal([false]);
  });

  it('to where nobody listens is a failure', async () => {
    const port = loopback.url;
    await loopback.close();
    connection = acsClient(options()).connect(address(port), ear);
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]?.clean).to.equal(false);
    expect(ear.ends[0]?.reason).to.include('ECONNREFUSED');
    loopback = await listen();
  });

  it('without credentials is a failure that says so', async () => {
    const denied = { ...options(), credentials: () => Promise.reject(new Error('no keys')) };
    connection = acsClient(denied).connect(address(loopback.url), ear);
    await ear.until(() => ear.ends.length > 0);
    expect(ear.ends[0]).to.include({ clean: false, reason: '1006 no keys' });
  });
});

describe('the control plane’s end of ACS', () => {
  it('serves the latest connection, and does not mistake an old one’s end for its own', async () => {
    const loopback = await listen();
    const told: string[] = [];
    const server = new AcsServer({
      connected: () => told.push('connected'),
      acknowledged() {},
      disconnected: () => told.push('disconnected'),
    });
    loopback.server.on('upgrade', (...upgrade: [IncomingMessage, Socket, Buffer]) =>
      server.upgrade(...upgrade),
    );
    const [first, second] = [new Ear(), new Ear()];
    acsClient(options()).connect(address(loopback.url), first);
    await first.until(() => first.isOpen);
    const line = acsClient(options()).connect(address(loopback.url), second);
    await second.until(() => second.isOpen);
    await first.until(() => first.ends.length > 0);
    server.heartbeat('only the latest');
    await second.until(() => second.messages.length > 0);
    expect(first.messages).to.deep.equal([]);
    expect(told).to.deep.equal(['connected', 'connected']);
    line.terminate();
    server.close();
    await loopback.close();
  });
});
