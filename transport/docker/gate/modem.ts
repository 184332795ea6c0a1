import { Agent, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Ending } from '../../../machines/names/ending.ts';
import { EngineRefusal } from '../calls.ts';

/** Where an Engine listens: its socket, or its host and port. */
export type Address = { socketPath: string } | { host: string; port: string };

/** `dockerHost`: `unix:///var/run/docker.sock`, `npipe:////./pipe/docker_engine`, `tcp://host:port`. */
export function addressOf(dockerHost: string): Address {
  const [, scheme, rest] = /^(unix|npipe):\/\/(.+)$/.exec(dockerHost) ?? [];
  if (scheme && rest) return { socketPath: rest };
  const { hostname, port } = new URL(dockerHost);
  return { host: hostname, port };
}

/** So long a connection is kept: what servers by Node.js close, they close after five seconds. */
const keptMs = 4_000;

/**
 * Its connections are all to one place, so it need not work out for each to which; and none is kept
 * for longer than an Engine would, so the headers of its answers need not be read for that.
 */
class EngineAgent extends Agent {
  override getName(): string {
    return '';
  }

  override keepSocketAlive(socket: Socket): boolean {
    socket.setKeepAlive(true).unref();
    return true;
  }
}

/**
 * Where requests go, and the connections there: they are kept for the next call, for a while. Without
 * the empty name Node.js looks for one, for TLS, in the headers of each request.
 */
export type Connections = Address & { agent: Agent; servername: '' };

export const connectionsTo = (address: Address): Connections => ({
  ...address,
  agent: new EngineAgent({ keepAlive: true, timeout: keptMs }),
  servername: '',
});

/** The query and the body of a request that has both. */
export interface Apart {
  _query: object;
  _body: object;
}

/** A request as dockerode describes it. */
export interface Asked {
  method: string;
  /** A path that ends with `?` goes on with a query. */
  path: string;
  /** The status codes of a success are `true`. */
  statusCodes: Readonly<Record<number, unknown>>;
  /** What becomes the query, or that apart from a body that is sent as JSON. */
  options?: Readonly<Partial<Apart> & Record<string, unknown>>;
  authconfig?: object;
  /** Whether the answer is wanted as it comes. */
  isStream?: boolean;
  /** A body that is no JSON: an archive. */
  file?: Readable;
}

type Done = (error: unknown, answer?: unknown) => void;

/**
 * What carries the requests of one call to the Engine for dockerode, in place of the library's own:
 * that one leaves a call open for ever whose answer breaks off, takes addresses from the environment
 * of the process, and does several times the work.
 */
export class Modem {
  /** By this dockerode makes its promises. */
  Promise = Promise;
  readonly #connections: Connections;
  readonly #version: string;
  readonly #ending: Ending;

  /** `version` is the first part of all paths, such as `/v1.44`, or ''. */
  constructor(connections: Connections, version: string, ending: Ending) {
    this.#connections = connections;
    this.#version = version;
    this.#ending = ending;
  }

  /**
   * Calls `done` with what the Engine answers, or with an {@link EngineRefusal} or an error of the
   * system; what comes after the first call means nothing.
   */
  dial(asked: Asked, done: Done): void {
    const { method, file, options } = asked;
    const body = options?._body && JSON.stringify(options._body);
    const headers = headersOf(asked, body);
    const path = this.#version + pathOf(asked);
    const sent = request({ ...this.#connections, method, path, headers });
    this.#ending.onEnd(() => sent.destroy());
    sent.on('error', done);
    sent.on('response', (answer) => {
      if (asked.isStream && isSuccess(asked, answer)) done(null, answer);
      else read(answer, asked, done);
    });
    if (file) file.on('error', (error) => sent.destroy(error)).pipe(sent);
    else sent.end(body);
  }
}

const isSuccess = ({ statusCodes }: Asked, { statusCode = 0 }: IncomingMessage): boolean =>
  statusCodes[statusCode] === true;

function read(answer: IncomingMessage, asked: Asked, done: Done): void {
  const chunks: Buffer[] = [];
  answer.on('data', (chunk: Buffer) => chunks.push(chunk));
  answer.on('error', done);
  answer.on('end', () => {
    const text = Buffer.concat(chunks).toString();
    if (isSuccess(asked, answer)) done(null, parsed(text));
    else done(new EngineRefusal(answer.statusCode ?? 0, wordsOf(text)));
  });
}

/** What an answer says; one that is no JSON is a text. */
function parsed(text: string): unknown {
  if (text === '') return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function wordsOf(text: string): string {
  const answer = parsed(text);
  const message = (answer as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : text.trim();
}

function pathOf({ path, options = {} }: Asked): string {
  if (!path.endsWith('?')) return path;
  const { authconfig: _, ...others } = options;
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options._query ?? others))
    for (const one of [value].flat())
      query.append(name, typeof one === 'object' ? JSON.stringify(one) : String(one));
  return query.size === 0 ? path.slice(0, -1) : path + query;
}

function headersOf({ authconfig, file }: Asked, body: string | undefined): Record<string, string> {
  const type = body === undefined ? file && 'application/x-tar' : 'application/json';
  return {
    ...(type && { 'Content-Type': type }),
    ...(authconfig && { 'X-Registry-Auth': encoded(authconfig) }),
  };
}

/** In base64 for addresses, with its padding, or the Engine reads none of it. */
const encoded = (login: object): string =>
  Buffer.from(JSON.stringify(login)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
