import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** Where the hosts of a story really are: ports of loopback by `host:port`. */
export type Routes = Record<string, number>;

/** A proxy that decides where the hosts of a story are. */
export interface StandInProxy {
  port: number;
  /** What was asked of it, in order: `host:port`. */
  asked: string[];
  close(): Promise<void>;
}

interface ProxyOptions {
  routes: Routes;
  /** `user:password`, without which it serves nobody. */
  user?: string;
  /** Where it is to be spoken to by TLS. */
  certificate?: Certificate;
}

/** An HTTP proxy on loopback that knows CONNECT and nothing else. */
export async function startProxy({
  routes,
  user,
  certificate,
}: ProxyOptions): Promise<StandInProxy> {
  const asked: string[] = [];
  const allowed = user && `Basic ${Buffer.from(user).toString('base64')}`;
  const { cert, key } = certificate ?? {};
  const server: Server = certificate
    ? createSecureServer({ cert: cert ?? '', key: key ?? '' })
    : createServer();
  const open = opened(server);
  server.on('request', (_, response) => response.writeHead(501).end('only CONNECT'));
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    client.on('error', () => client.destroy());
    asked.push(request.url ?? '');
    const refuse = (status: string) =>
      client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`);
    if (allowed && request.headers['proxy-authorization'] !== allowed)
      return refuse('407 Proxy Authentication Required');
    const port = routes[request.url ?? ''];
    if (port === undefined) return refuse('502 Bad Gateway');
    const target = connect(port, '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    return joined(client, target);
  });
  return { asked, ...(await listening(server, open)) };
}

/** A SOCKS5 proxy on loopback that connects to names (RFC 1928), for all or for a user (RFC 1929). */
export async function startSocks({ routes, user }: ProxyOptions): Promise<StandInProxy> {
  const asked: string[] = [];
  const server = createTcpServer();
  const open = opened(server);
  const serve = async (client: Socket) => {
    const next = async () => ((await once(client, 'data')) as [Buffer])[0];
    const offered = [...(await next())].slice(2);
    const method = user === undefined ? 0 : 2;
    client.write(Buffer.from([5, offered.includes(method) ? method : 255]));
    if (user !== undefined) {
      const given = await next();
      const end = 2 + (given[1] ?? 0);
      const isRight = `${given.subarray(2, end)}:${given.subarray(end + 1)}` === user;
      client.write(Buffer.from([1, isRight ? 0 : 1]));
    }
    const request = await next();
    const end = 5 + (request[4] ?? 0);
    const where = `${request.subarray(5, end)}:${request.readUInt16BE(end)}`;
    asked.push(where);
    const port = routes[where];
    if (port === undefined) return client.end(Buffer.from([5, 4, 0, 1, 0, 0, 0, 0, 0, 0]));
    const target = connect(port, '127.0.0.1', () => {
      // In two pieces, as it may come.
      client.write(Buffer.from([5, 0, 0]));
      setImmediate(() => {
        client.write(Buffer.from([3, 2, 97, 98, 0, 80]));
        joined(client, target);
      });
    });
    return target;
  };
  server.on('connection', (client: Socket) => {
    client.on('error', () => client.destroy());
    serve(client).catch(() => client.destroy());
  });
  return { asked, ...(await listening(server, open)) };
}

function joined(one: Duplex, other: Duplex): void {
  one.pipe(other).pipe(one);
  one.on('close', () => other.destroy());
  other.on('error', () => one.destroy());
  other.on('close', () => one.destroy());
}

type Listener = ReturnType<typeof createTcpServer> | Server;

function opened(server: Listener): Set<Socket> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return open;
}

async function listening(server: Listener, open: Set<Socket>) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A certificate of its own authority, with its key. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Makes a certificate for these hosts, as OpenSSL makes it. */
export function certificateFor(...hosts: string[]): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'wire-certificate-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = hosts.map((host) => `${/^[\d.]+$/.test(host) ? 'IP' : 'DNS'}:${host}`).join(',');
  const made = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=specs'];
  execFileSync(
    'openssl',
    ['req', ...made, '-addext', `subjectAltName=${names}`, '-out', cert, '-keyout', key],
    { stdio: 'ignore' },
  );
  const found = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  rmSync(folder, { recursive: true });
  return found;
}
