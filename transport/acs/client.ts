import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Cancel, Clock, Random } from '../host/port.ts';
import type { Wire } from '../wire/http.ts';
import { type Signer, signedHeaders } from '../wire/sigv4.ts';
import { encodeAcknowledgement, hearFrame, saysInactive } from './codec.ts';
import type { AcsAddress, AcsConnection, AcsListener, AcsPort } from './port.ts';

/** How the agent presents itself to ACS. */
export interface AcsOptions extends Omit<Signer, 'service'> {
  agentVersion: string;
  agentHash: string;
  clock: Clock;
  random: Random;
  wire: Wire;
}

/** How long opening may take in all: keys, connection, handshake and the body of a refusal. */
const openingMs = 30_000;
/** How long a frame may take to leave. */
const sendingMs = 180_000;
/** The longest frame that is read: a hundred times the longest task that ECS takes. */
const frameBytes = 16 * 1024 * 1024;
/** Close codes after which the peer expects the agent back at once; 1006: the stream just ended. */
const cleanCodes = new Set([1000, 1001, 1006, 1011]);
/** As many characters of a refusal's body as are read. */
const refusalLength = 1024;

/** ACS over websockets, each connection opened with a signed request. */
export function acsClient(options: AcsOptions): AcsPort {
  const leaving = new Set<Promise<void>>();
  const sent = (frame: Promise<void>) => {
    leaving.add(frame);
    void frame.then(() => leaving.delete(frame));
  };
  return {
    connect: (address, listener) => new Connection({ ...options, sent }, address, listener),
    flushed: async () => void (await Promise.all(leaving)),
  };
}

/** With whoever wants to know when a frame has left. */
type ConnectionOptions = AcsOptions & { sent(frame: Promise<void>): void };

/** The address of the websocket, with what ACS wants to know of the agent in its query. */
export function acsUrl(address: AcsAddress, { agentHash, agentVersion }: AcsOptions): URL {
  const { endpoint, cluster, containerInstanceArn, dockerVersion, sendCredentials } = address;
  const base = new URL(endpoint.replace(/\/?$/, '/ws').replace(/^http/, 'ws'));
  const query = [
    ['agentHash', agentHash],
    ['agentVersion', agentVersion],
    ['clusterArn', cluster],
    ['containerInstanceArn', containerInstanceArn],
    ...(dockerVersion === null ? [] : [['dockerVersion', `DockerVersion: ${dockerVersion}`]]),
    ['protocolVersion', '2'],
    ['sendCredentials', String(sendCredentials)],
    ['seqNum', '1'],
  ];
  // Percent signs only: the signature is over `%20`, and a `+` would be read as another query.
  base.search = query
    .map((pair) => pair.map((part) => encodeURIComponent(part ?? '')).join('='))
    .join('&');
  return base;
}

class Connection implements AcsConnection {
  readonly #options: ConnectionOptions;
  readonly #listener: AcsListener;
  /** Ends the limit on opening. */
  readonly #cancelLimit: Cancel;
  #socket: WebSocket | null = null;
  #isClosing = false;
  #ended = false;
  /** Why the end is not in good order, once something has gone wrong. */
  #fault: string | null = null;

  constructor(options: ConnectionOptions, address: AcsAddress, listener: AcsListener) {
    this.#options = options;
    this.#listener = listener;
    const { clock } = options;
    this.#cancelLimit = clock.at(clock.now() + openingMs, () =>
      this.#giveUp(`not open after ${openingMs / 1_000} s`),
    );
    this.#open(address).catch((error: Error) => this.#giveUp(error.message));
  }

  send(acknowledgement: Parameters<AcsConnection['send']>[0]): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    const { clock, sent } = this.#options;
    const cancel = clock.at(clock.now() + sendingMs, () =>
      this.#giveUp(`a frame did not leave within ${sendingMs / 1_000} s`),
    );
    const frame = encodeAcknowledgement(acknowledgement);
    // Told of an end as well, so that no limit outlives the connection.
    const gone = (resolve: () => void) =>
      socket.send(frame, () => {
        cancel();
        resolve();
      });
    sent(new Promise(gone));
  }

  close(code: number, reason: string): void {
    this.#isClosing = true;
    this.#socket?.close(code, reason);
  }

  terminate(): void {
    this.#giveUp('given up by the agent');
  }

  #giveUp(fault: string): void {
    this.#blame(fault);
    this.#end(1006);
    this.#socket?.terminate();
  }

  async #open(address: AcsAddress): Promise<void> {
    const url = acsUrl(address, this.#options);
    const signer = { ...this.#options, service: 'ecs' };
    const headers = await signedHeaders(url, signer, this.#options.clock.now());
    const agent = await this.#options.wire.agentFor(url);
    if (this.#ended) return;
    const socket = new WebSocket(url, {
      headers,
      agent,
      perMessageDeflate: false,
      maxPayload: frameBytes,
    });
    this.#socket = socket;
    socket.on('upgrade', ({ socket: stream }: IncomingMessage) =>
      stream.on('error', (error) => this.#blame(error.message)),
    );
    socket.on('open', () => {
      this.#cancelLimit();
      this.#listener.opened();
    });
    socket.on('message', (data) => this.#hear(String(data)));
    socket.on('unexpected-response', (_, response) => this.#refused(response));
    socket.on('error', (error) => this.#blame(faultOf(error)));
    socket.on('close', (code, reason) =>
      this.#end(code, String(reason), saysInactive(String(reason))),
    );
  }

  #hear(text: string): void {
    if (!this.#ended) hearFrame(text, this.#options.random, this.#listener);
  }

  #refused(response: IncomingMessage): void {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      if (body.length >= refusalLength) response.destroy();
    });
    response.on('error', () => response.destroy());
    response.on('close', () => {
      const said = body.slice(0, refusalLength);
      this.#blame(`ACS refused the connection with status ${response.statusCode}: ${said}`);
      this.#end(1006, '', saysInactive(said));
      this.#socket?.terminate();
    });
  }

  #blame(fault: string): void {
    this.#fault ??= fault;
  }

  #end(code: number, reason = '', inactiveInstance = false): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelLimit();
    // A peer that does not answer a close frame is cut off: that end is the agent's own.
    const isCutOff = this.#isClosing && code === 1006;
    const clean = this.#fault === null && cleanCodes.has(code) && !isCutOff;
    const said = this.#fault ?? reason;
    this.#listener.closed({ clean, inactiveInstance, reason: `${code} ${said}`.trim() });
  }
}

/** What went wrong with a websocket, in words where its own do not say enough. */
function faultOf(error: Error & { code?: string }): string {
  if (error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return error.message;
  return `a frame of more than ${frameBytes / 1024 / 1024} MiB arrived, which is not read`;
}
