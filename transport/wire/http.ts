import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Dispatcher } from 'undici';
import { type Environment, proxyFor } from './proxy.ts';
import { type TlsOptions, tlsOptions } from './tls.ts';
import { tunnelAgent, tunnelDispatcher } from './tunnel.ts';

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

/** The time to connect to whoever is asked, or to the proxy on the way. */
const connectMs = 30_000;
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
      return await tunnelAgent(proxy, { keepAlive: true, maxSockets, ...tls, secureEndpoint });
    });
  }

  async dispatcherFor(url: URL): Promise<Dispatcher> {
    const proxy = proxyFor(url, this.#options.environment);
    return await kept(this.#dispatchers, proxy?.href ?? '', async () => {
      const tls = await this.#secure();
      if (proxy) return await tunnelDispatcher(proxy, tls);
      return new (await import('undici')).Agent({ connect: tls });
    });
  }

  sdkHandler({ roundTripMs }: { roundTripMs?: number } = {}): SdkHandler {
    const handlers = new Map<HttpAgent, Promise<NodeHttpHandler>>();
    const handlerOver = (agent: HttpAgent) =>
      kept(handlers, agent, async () => {
        const { NodeHttpHandler } = await import('@smithy/node-http-handler');
        const limit = roundTripMs === undefined ? {} : { requestTimeout: roundTripMs };
        const agents = { httpAgent: agent, httpsAgent: agent as HttpsAgent };
        const limits = { connectionTimeout: connectMs, ...limit, throwOnRequestTimeout: true };
        return new NodeHttpHandler({ ...agents, ...limits });
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
