import type { AgentOptions, ClientRequest, Agent as HttpAgent } from 'node:http';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { AgentConnectOpts, Agent as ConnectingAgent } from 'agent-base';
import type { Dispatcher } from 'undici';
import { isSocks, ProxyError, shownProxy } from './proxy.ts';
import { connectBySocks } from './socks.ts';
import type { TlsOptions } from './tls.ts';

/** How connections are kept, and what is spoken to those beyond the proxy. */
export interface TunnelOptions extends AgentOptions, TlsOptions {
  /** Whether that is TLS. Unless it is said, the library would guess by the stack. */
  secureEndpoint: boolean;
}

/**
 * An agent whose connections go through a proxy. Of one that the proxy does not make it is said which
 * proxy that is, by a {@link ProxyError}.
 */
export async function tunnelAgent(proxy: URL, options: TunnelOptions): Promise<HttpAgent> {
  const agent = isSocks(proxy) ? await bySocks(proxy, options) : await byConnect(proxy, options);
  const { secureContext, rejectUnauthorized, secureEndpoint } = options;
  // What it is given to begin with is for the connection to the proxy alone.
  Object.assign(agent.options, { secureContext, rejectUnauthorized, secureEndpoint });
  const connect = agent.connect.bind(agent);
  agent.connect = async (request, target) => {
    const answer = statusOf(request);
    try {
      const socket = (await connect(request, target)) as Duplex;
      if (answer.status === 200) return socket;
      socket.destroy();
    } catch (error) {
      throw failedAt(proxy, error);
    }
    throw failedAt(proxy, refusal(answer.status));
  };
  return agent;
}

/** The same for undici. */
export async function tunnelDispatcher(proxy: URL, tls: TlsOptions): Promise<Dispatcher> {
  const { Agent, buildConnector, ProxyAgent } = await import('undici');
  if (!isSocks(proxy)) return new ProxyAgent({ uri: proxy.href, requestTls: tls, proxyTls: tls });
  const secure = buildConnector(tls);
  return new Agent({
    connect: (target, callback) => {
      const isSecure = target.protocol === 'https:';
      const port = Number(target.port) || (isSecure ? 443 : 80);
      connectBySocks(proxy, { host: target.hostname, port }).then(
        (httpSocket) =>
          isSecure ? secure({ ...target, httpSocket }, callback) : callback(null, httpSocket),
        (error: Error) => callback(failedAt(proxy, error), null),
      );
    },
  });
}

async function byConnect(proxy: URL, options: TunnelOptions): Promise<ConnectingAgent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent');
  return new HttpsProxyAgent(proxy, options);
}

async function bySocks(proxy: URL, options: TunnelOptions): Promise<ConnectingAgent> {
  const { Agent } = await import('agent-base');
  class SocksAgent extends Agent {
    override async connect(_: ClientRequest, target: AgentConnectOpts): Promise<Duplex> {
      const { host = '', port } = target;
      const socket = await connectBySocks(proxy, { host, port: Number(port) });
      return target.secureEndpoint ? connectTls({ ...target, socket }) : socket;
    }
  }
  return new SocksAgent(options);
}

/** What a proxy of HTTP has answered to CONNECT; 200 until it has. */
function statusOf(request: ClientRequest): { status: number } {
  const answer = { status: 200 };
  request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
    answer.status = statusCode;
  });
  return answer;
}

const refusal = (status: number): Error =>
  new Error(
    status === 407
      ? 'it answered 407: put a user and a password that it knows into its address, as http://user:password@host:port'
      : `it answered ${status}`,
  );

function failedAt(proxy: URL, error: unknown): ProxyError {
  const { code, message } = error as { code?: string; message: string };
  const text = `The proxy ${shownProxy(proxy)} makes no connection: ${code ?? message}`;
  return new ProxyError('PROXY_FAILED', text, error);
}
