import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Dispatcher } from 'undici';
import { type Environment, ProxyError, proxyFor, shownProxy } from './proxy.ts';
import { type TlsOptions, tlsOptions } from './tls.ts';

/** What sends the requests of a client of the AWS SDK. */
export type SdkHandler = NonNullable<ECSClientConfig['requestHandler']>;

/** How requests leave this process, by their address. */
export interface Wire {
  /** For `node:http`, `node:https` and websockets. */
  agentFor(url: URL): Promise<HttpAgent>;
  /** For undici. */
  dispatcherFor(url: URL): Promise<Dispatcher>;
  /** For a client of the AWS SDK; a whole round trip may take `roundTripMs`. */
  sdkHandler(options?: { roundTripMs?: number }): SdkHandler;
}

/** What a wire goes by. */
export interface WireOptions {
  /** Looked at for each request, so that a proxy can come and go. */
  environment: Environment;
  /** Whether whoever answers must prove who it is. */
  verify: boolean;
}

/**
 * The one place where proxies and TLS are decided on. What serves proxies is loaded when a variable
 * first names one. Requests go through a proxy by CONNECT, so that it sees no more of them than where
 * they go.
 */
export const wire = (options: WireOptions): Wire => new Lines(options);

/** As many connections to one host as the AWS SDK opens. */
const maxSockets = 50;

class Lines implements Wire {
  readonly #options: WireOptions;
  #tls: Promise<TlsOptions> | null = null;
  /** By the proxy's address and whether TLS is spoken beyond it. */
  readonly #agents = new Map<string, Promise<HttpAgent>>();
  /** By the proxy's address; '' for none. */
  readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

  constructor(options: WireOptions) {
    this.#options = options;
  }

  async agentFor(url: URL): Promise<HttpAgent> {
    const proxy = proxyFor(url, this.#options.environment);
    const secureEndpoint = /^(https|wss):$/.test(url.protocol);
    return await kept(this.#agents, `${secureEndpoint} ${proxy?.href}`, async () => {
      if (!proxy && !secureEndpoint) return new HttpAgent({ keepAlive: true, maxSockets });
      const tls = await this.#secure();
      if (!proxy) return new HttpsAgent({ keepAlive: true, maxSockets, ...tls });
      return await tunnel(proxy, { ...tls, secureEndpoint });
    });
  }

  async dispatcherFor(url: URL): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#options.environment);
    return await kept(this.#dispatchers, proxy?.href ?? '', async () => {
      const { Agent, ProxyAgent } = await import('undici');
      const tls = await this.#secure();
      if (!proxy) return new Agent({ connect: tls });
      const uri = proxy.href.replace(/^socks5h:/, 'socks5:');
      // With settings of TLS it would speak TLS to a proxy of SOCKS as well.
      return new ProxyAgent({ uri, requestTls: tls, ...(!isSocks(proxy) && { proxyTls: tls }) });
    });
  }

  sdkHandler({ roundTripMs }: { roundTripMs?: number } = {}): SdkHandler {
    const handlers = new Map<HttpAgent, Promise<NodeHttpHandler>>();
    const handlerOver = (agent: HttpAgent) =>
      kept(handlers, agent, async () => {
        const { NodeHttpHandler } = await import('@smithy/node-http-handler');
        const limit = roundTripMs === undefined ? {} : { requestTimeout: roundTripMs };
        const agents = { httpAgent: agent, httpsAgent: agent as HttpsAgent };
        return new NodeHttpHandler({ ...agents, ...limit, throwOnRequestTimeout: true });
      });
    return {
      metadata: { handlerProtocol: 'http/1.1' },
      handle: async (...[request, options]: Parameters<NodeHttpHandler['handle']>) => {
        const url = new URL(`${request.protocol}//${request.hostname}:${request.port ?? ''}`);
        const handler = await handlerOver(await this.agentFor(url));
        return await handler.handle(request, options);
      },
      // The connections that are in use may be another client's.
      destroy: () => {
        for (const agent of handlers.keys()) closeIdle(agent);
      },
      updateHttpClientConfig: () => {},
      httpHandlerConfigs: () => ({}),
    };
  }

  #secure(): Promise<TlsOptions> {
    this.#tls ??= tlsOptions(this.#options.environment, this.#options);
    return this.#tls;
  }
}

/** Makes what is not there yet; what could not be made is tried again the next time. */
function kept<Key, Value>(
  all: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const found = all.get(key);
  if (found) return found;
  const made = make();
  all.set(key, made);
  made.catch(() => all.delete(key));
  return made;
}

function closeIdle({ freeSockets }: HttpAgent): void {
  for (const sockets of Object.values(freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

const isSocks = ({ protocol }: URL): boolean => protocol.startsWith('socks5');

/** An agent whose connections go through a proxy. */
async function tunnel(proxy: URL, to: Beyond): Promise<HttpAgent> {
  const options = { keepAlive: true, maxSockets, ...to };
  if (isSocks(proxy)) {
    const { SocksProxyAgent } = await import('socks-proxy-agent');
    // By this scheme names are looked up by the proxy, as for the others.
    const address = proxy.href.replace(/^socks5h?:/, 'socks5h:');
    return explained(new SocksProxyAgent(address, options), proxy, to);
  }
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return explained(new HttpsProxyAgent(proxy, options), proxy, to);
}

/** What is spoken to those beyond the proxy. Unless it is said, a library would guess by the stack. */
type Beyond = TlsOptions & { secureEndpoint: boolean };

interface Tunnel extends HttpAgent {
  /** Joined to those of each request. */
  options: object;
  connect(request: ClientRequest, options: object): Promise<Duplex>;
}

/** Says of a connection that fails at the proxy that it does, and which proxy that is. */
function explained<Library extends HttpAgent>(library: Library, proxy: URL, to: Beyond) {
  const agent = library as unknown as Tunnel;
  // The libraries take what they are given for the connection to the proxy alone.
  Object.assign(agent.options, to);
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, options) => {
    let status = 200;
    request.once('proxyConnect', (answer: { statusCode: number }) => {
      status = answer.statusCode;
    });
    try {
      const socket = await connect(request, options);
      if (status === 200) return socket;
      socket.destroy();
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      throw failedAt(proxy, code ?? message, error);
    }
    throw failedAt(proxy, status === 407 ? unknownUser : `it answered ${status}`);
  };
  return library;
}

const unknownUser =
  'it answered 407: put a user and a password that it knows into its address, as http://user:password@host:port';

const failedAt = (proxy: URL, because: string, cause?: unknown): ProxyError =>
  new ProxyError(
    'PROXY_FAILED',
    `The proxy ${shownProxy(proxy)} makes no connection: ${because}`,
    cause,
  );
