import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { Clock } from '../host/port.ts';

/** What a request asks for. */
export interface Question {
  /** Without the query, as it was sent. */
  path: string;
  query: URLSearchParams;
}

/** What is answered. */
export interface Answer {
  status: number;
  contentType: 'application/json' | 'text/plain; charset=utf-8';
  body: string;
}

/** A server for questions that change nothing: GET and HEAD. */
export interface ServerOptions {
  address: string;
  /** 0 for any that is free. */
  port: number;
  clock: Clock;
  /** Answers at once. Should it throw, the asker gets a 500 and `failed` the reason. */
  answer: (question: Question) => Answer;
  failed?: (reason: unknown) => void;
  /** How long a client may take over its request, and between two of them. */
  patienceMs?: number;
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
const longestBodyBytes = 65_536;
const mostConnections = 128;

/** Listens. Rejects with Node's own error where it cannot. */
export function openServer(options: ServerOptions): Promise<OpenServer> {
  const { clock, patienceMs = 5_000, failed } = options;
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

function listener({ answer, failed }: ServerOptions): RequestListener {
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      refuse(response, 405, 'Only GET and HEAD are answered.');
      return;
    }
    if (hasLongBody(request)) {
      refuse(response, 413, 'A question needs no body.');
      return;
    }
    try {
      send(response, answer(questionOf(request.url ?? '/')));
    } catch (error) {
      failed?.(error);
      refuse(response, 500, '');
    }
  };
}

/** Taken apart by hand, as `URL` throws for some of what a client may send. */
function questionOf(url: string): Question {
  const mark = url.indexOf('?');
  return mark === -1
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark)) };
}

/** A body of unknown length counts as long. What is short Node reads and drops. */
const hasLongBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  Number(headers['content-length'] ?? 0) > longestBodyBytes;

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
  });
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
