import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server on a free port of loopback, with its address. */
export interface Loopback {
  server: Server;
  url: string;
  close(): Promise<void>;
}

export async function listen(listener?: RequestListener): Promise<Loopback> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port of loopback that nobody had a moment ago, for a process that must be told which to take. */
export async function freePort(): Promise<number> {
  const { url, close } = await listen();
  await close();
  return Number(new URL(url).port);
}
