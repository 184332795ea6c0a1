import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Clock } from '../host/port.ts';

/** What a request asks for. */
export interface Question {
  method: string;
  /** Without the query, as it was sent. */
  path: string;
  /** The query with its question mark, as it was sent; '' where there is none. */
  search: string;
  headers: IncomingHttpHeaders;
  /** Who asks: the other end of the connection. */
  remote: { address: string; port: number };
  /** '' where the server takes none. */
  body: string;
}

/** What is answered. */
export interface Answer {
  status: number;
  /** Null for an answer without a body. */
  contentType:
    | 'application/json'
    | 'text/plain'
    | 'text/plain; charset=utf-8'
    | 'text/plain; version=0.0.4; charset=utf-8'
    | null;
  body: string;
  headers?: Record<string, string>;
}

/** How a server listens, and what it lets its clients do. */
export interface ServerOptions {
  address: string;
  /** 0 for any that is free. */
  port: number;
  clock: Clock;
  /**
   * Answers, at once where it can. Should it throw or reject, the asker gets a 500 and `failed` the
   * reason.
   */
  answer: (question: Question) => Answer | Promise<Answer>;
  failed?: (reason: unknown) => void;
  /** How long a client may take over its request, and between two of them. */
  patienceMs?: number;
  /** The methods that are answered; all where it is not given. */
  methods?: readonly string[];
  /** The longest body that is read; by default none is, as a question needs none. */
  longestBodyBytes?: number;
  mostConnections?: number;
}

/** A server that listens. */
export interface OpenServer {
  /** Where this host reaches it. */
  url: string;
  /** Ends it: requests under way are finished, but not waited for beyond the patience. */
  close(): Promise<void>;
}

/** More than any request needs; Node answers longer headers with 431 itself. */
const longestHeaderBytes = 16_384;
/** What a body that nobody asked for may have: it is read and dropped. */
const droppedBodyBytes = 65_536;

/** Listens. Rejects with Node's own error where it cannot. */
export function openServer(options: ServerOptions): Promise<OpenServer> {
  const { clock, patienceMs = 5_000, failed, mostConnections = 128 } = options;
  const server = createServer(
    {
      maxHeaderSize: longestHeaderBytes,
      headersTimeout: patienceMs,
      requestTimeout: patienceMs,
      keepAliveTimeout: patienceMs,
      // Often enough to answer before the connection is cut for its silence.
      connectionsCheckingInterval: Math.ceil(patienceMs / 2),
    },
    listener(options),
  );
  // One that does not read its answer is let go, too.
  server.timeout = 2 * patienceMs;
  server.maxConnections = mostConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.address, () => {
      server.off('error', reject);
      // E.g. no file descriptor is left for a connection: the others go on.
      server.on('error', (error) => failed?.(error));
      const { address, port } = server.address() as AddressInfo;
      resolve({ url: localUrl(address, port), close: () => close(server, clock, patienceMs) });
    });
  });
}

/** Where this host reaches a server that listens on this address, or on all of them. */
export function localUrl(address: string, port: number): string {
  if (address === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (address === '::') return `http://[::1]:${port}`;
  return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function listener(options: ServerOptions): RequestListener {
  const { methods, longestBodyBytes = 0 } = options;
  return (request, response) => {
    if (methods !== undefined && !methods.includes(request.method ?? '')) {
      response.setHeader('allow', methods.join(', '));
      refuse(response, 405, `Only ${methods.join(' and ')} are answered.`);
      return;
    }
    const length = lengthOf(request);
    if (isTooLong(length, longestBodyBytes))
      refuse(response, 413, longestBodyBytes === 0 ? 'A question needs no body.' : tooLong);
    else if (longestBodyBytes === 0 || length === 0) reply(options, response, questionOf(request));
    else
      readBody(request, longestBodyBytes, (body) => {
        if (body === null) refuse(response, 413, tooLong);
        else reply(options, response, { ...questionOf(request), body });
      });
  };
}

/** A body of unknown length is read as far as it may be, where any is read. */
function isTooLong(length: number | null, longestBodyBytes: number): boolean {
  if (length === null) return longestBodyBytes === 0;
  return length > (longestBodyBytes === 0 ? droppedBodyBytes : longestBodyBytes);
}

const tooLong = 'The body is too long.';

function reply(options: ServerOptions, response: ServerResponse, question: Question): void {
  const failed = (error: unknown) => {
    options.failed?.(error);
    refuse(response, 500, '');
  };
  try {
    const answer = options.answer(question);
    if (!(answer instanceof Promise)) send(response, answer);
    else answer.then((late) => send(response, late)).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Answers null as soon as the body is longer than it may be; never if the client leaves before. */
function readBody(
  request: IncomingMessage,
  longestBytes: number,
  read: (body: string | null) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    chunks.push(chunk);
    if (length <= longestBytes) return;
    request.removeAllListeners('data').pause();
    read(null);
  });
  request.on('end', () => read(Buffer.concat(chunks).toString()));
}

/** Taken apart by hand, as `URL` throws for some of what a client may send. */
function questionOf(request: IncomingMessage): Question {
  const { url = '/', method = '', headers, socket } = request;
  const mark = url.indexOf('?');
  const { remoteAddress: address = '', remotePort: port = 0 } = socket;
  return {
    method,
    path: mark === -1 ? url : url.slice(0, mark),
    search: mark === -1 ? '' : url.slice(mark),
    headers,
    remote: { address, port },
    body: '',
  };
}

/** As the headers tell it; null for a body that comes in chunks, which may be as long as it likes. */
const lengthOf = ({ headers }: IncomingMessage): number | null =>
  headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : null;

function send(response: ServerResponse, { status, contentType, body, headers }: Answer): void {
  const all: OutgoingHttpHeaders = contentType === null ? {} : { 'content-type': contentType };
  all['content-length'] = Buffer.byteLength(body);
  response.writeHead(status, Object.assign(all, headers));
  response.end(body);
}

/** Closes the connection, so that no more of the request need be read. */
function refuse(response: ServerResponse, status: number, body: string): void {
  response.setHeader('connection', 'close');
  send(response, { status, contentType: 'text/plain; charset=utf-8', body });
}

function close(server: Server, clock: Clock, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.at(clock.now() + patienceMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
