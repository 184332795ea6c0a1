import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { AgentError } from '../../machines/names/errors.ts';

/** First and last port of a range. */
export interface PortRange {
  first: number;
  last: number;
}

export type PortRequest = { count: number; protocol: 'tcp' | 'udp' };

/**
 * Finds ports that nothing listens on, by listening on them. A search begins after the last port
 * found and wraps around, so that a port is not given twice before Docker has bound it; and one
 * search waits for another, so that no two answers overlap.
 */
export function portFinder(range: PortRange): (request: PortRequest) => Promise<number> {
  let next = range.first;
  let searching: Promise<unknown> = Promise.resolve();

  async function search({ count, protocol }: PortRequest): Promise<number> {
    let free = 0;
    let port = next;
    // Around the range once, and on until a run that straddles the place of the start is whole.
    for (let left = range.last - range.first + count; left > 0; left--) {
      if (port > range.last) {
        port = range.first;
        free = 0;
      }
      free = (await isFree(port, protocol)) ? free + 1 : 0;
      port++;
      if (free === count) {
        next = port;
        return port - count;
      }
    }
    const within = `from ${range.first} to ${range.last}`;
    const message = `No ${count} contiguous ${protocol} ports ${within} are free`;
    throw new AgentError('HOST_PORTS_EXHAUSTED', message, { retry: true });
  }

  return (request) => {
    const found = searching.then(() => search(request));
    searching = found.catch(() => {});
    return found;
  };
}

const isFree = (port: number, protocol: 'tcp' | 'udp'): Promise<boolean> =>
  protocol === 'tcp' ? isTcpFree(port) : isUdpFree(port);

function isTcpFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const server = createServer();
    server.once('error', () => answer(false));
    server.listen({ port, exclusive: true }, () => server.close(() => answer(true)));
  });
}

function isUdpFree(port: number): Promise<boolean> {
  return new Promise((answer) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      answer(false);
    });
    socket.bind({ port, exclusive: true }, () => socket.close(() => answer(true)));
  });
}
