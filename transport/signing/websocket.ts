import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { Cancel, Clock } from '../host/port.ts';
import type { Wire } from '../wire/http.ts';
import { type Signer, signedHeaders } from './sigv4.ts';

/** A service of ECS that the agent keeps a websocket to. */
export interface SocketOptions {
  /** The service as people know it: `ACS`, `TCS`. */
  service: string;
  /** Throws where the endpoint is no address. */
  url(): URL;
  signer: Omit<Signer, 'service'>;
  clock: Clock;
  wire: Wire;
  /** How long the peer may take to answer a close frame; 30 s where it is not given. */
  closingMs?: number;
}

/** What happens on a websocket, in order: `opened` once, then texts, then one `closed`. */
export interface SocketListener {
  opened(): void;
  heard(text: string): void;
  closed(end: SocketEnd): void;
}

/** How a websocket ended. */
export interface SocketEnd {
  /** Ended by the peer in good order, so that reconnecting at once is right. */
  clean: boolean;
  /** What the peer said of it: the reason in its close frame, or the body of its refusal. */
  said: string;
  /** For people. */
  reason: string;
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

/** The address of a service's websocket, with what it wants to know of the agent in its query. */
export function socketUrl(endpoint: string, query: Record<string, string>): URL {
  const url = new URL(endpoint.replace(/\/?$/, '/ws').replace(/^http/, 'ws'));
  // Percent signs only: the signature is over `%20`, and a `+` would be read as another query.
  url.search = Object.entries(query)
    .map((pair) => pair.map((part) => encodeURIComponent(part)).join('='))
    .sort()
    .join('&');
  return url;
}

/** One open or opening websocket to a service, opened with a signed request. */
export class SignedSocket {
  readonly #options: SocketOptions;
  readonly #listener: SocketListener;
  /** Ends the limit on opening. */
  readonly #cancelLimit: Cancel;
  #socket: WebSocket | null = null;
  #isClosing = false;
  #ended = false;
  /** Why the end is not in good order, once something has gone wrong. */
  #fault: string | null = null;

  constructor(options: SocketOptions, listener: SocketListener) {
    this.#options = options;
    this.#listener = listener;
    const { clock } = options;
    this.#cancelLimit = clock.at(clock.now() + openingMs, () =>
      this.#giveUp(`not open after ${openingMs / 1_000} s`),
    );
    this.#open().catch((error: Error) => this.#giveUp(error.message));
  }

  /** Answers whether the frame has left; one for a socket that is not open never does. */
  send(frame: string): Promise<boolean> {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.resolve(false);
    const { clock } = this.#options;
    const cancel = clock.at(clock.now() + sendingMs, () =>
      this.#giveUp(`a frame did not leave within ${sendingMs / 1_000} s`),
    );
    return new Promise((resolve) => {
      // Told of an end as well, so that no limit outlives the connection.
      socket.send(frame, (error) => {
        cancel();
        resolve(!error);
      });
    });
  }

  /** Sends a close frame and waits for the peer to end the connection. */
  close(code: number, reason: string): void {
    this.#isClosing = true;
    this.#socket?.close(code, reason);
  }

  /** Ends the connection now; `closed` tells it as not clean. */
  terminate(): void {
    this.#giveUp('given up by the agent');
  }

  #giveUp(fault: string): void {
    this.#blame(fault);
    this.#end(1006);
    this.#socket?.terminate();
  }

  async #open(): Promise<void> {
    const { signer, clock, wire, closingMs } = this.#options;
    const url = this.#options.url();
    const headers = await signedHeaders(url, { ...signer, service: 'ecs' }, clock.now());
    const agent = await wire.agentFor(url);
    if (this.#ended) return;
    const socket = new WebSocket(url, {
      headers,
      agent,
      perMessageDeflate: false,
      maxPayload: frameBytes,
      ...(closingMs !== undefined && { closeTimeout: closingMs }),
    });
    this.#socket = socket;
    socket.on('upgrade', ({ socket: stream }: IncomingMessage) =>
      stream.on('error', (error) => this.#blame(error.message)),
    );
    socket.on('open', () => {
      this.#cancelLimit();
      this.#listener.opened();
    });
    socket.on('message', (data) => {
      if (!this.#ended) this.#listener.heard(String(data));
    });
    socket.on('unexpected-response', (_, response) => this.#refused(response));
    socket.on('error', (error) => this.#blame(faultOf(error)));
    socket.on('close', (code, reason) => this.#end(code, String(reason)));
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
      const { service } = this.#options;
      const said = body.slice(0, refusalLength);
      this.#blame(`${service} refused the connection with status ${response.statusCode}: ${said}`);
      this.#end(1006, said);
      this.#socket?.terminate();
    });
  }

  #blame(fault: string): void {
    this.#fault ??= fault;
  }

  #end(code: number, said = ''): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelLimit();
    // A peer that does not answer a close frame is cut off: that end is the agent's own.
    const isCutOff = this.#isClosing && code === 1006;
    const clean = this.#fault === null && cleanCodes.has(code) && !isCutOff;
    this.#listener.closed({ clean, said, reason: `${code} ${this.#fault ?? said}`.trim() });
  }
}

/** What went wrong with a websocket, in words where its own do not say enough. */
function faultOf(error: Error & { code?: string }): string {
  if (error.code !== 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return error.message;
  return `a frame of more than ${frameBytes / 1024 / 1024} MiB arrived, which is not read`;
}
