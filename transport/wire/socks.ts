import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a SOCKS5 proxy says that makes no connection, by the numbers of RFC 1928, section 6. */
const refusals = [
  '',
  'it failed',
  'its rules do not allow it',
  'the network cannot be reached',
  'the host cannot be reached',
  'the connection was refused',
  'the time was over',
  'it knows no such command',
  'it knows no such kind of address',
];

/**
 * Opens a connection to a host through a SOCKS5 proxy, which looks the host's name up itself (RFC
 * 1928), with the user and the password of the proxy's address where it has them (RFC 1929).
 */
export async function connectBySocks(
  proxy: URL,
  { host, port }: { host: string; port: number },
): Promise<Socket> {
  const socket = connect(Number(proxy.port) || 1_080, proxy.hostname.replace(/^\[|\]$/g, ''));
  try {
    await once(socket, 'connect');
    await introduce(socket, proxy);
    const name = Buffer.from(host);
    const order = [5, 1, 0, 3, name.length, ...name, port >> 8, port & 255];
    const [, refusal = 0, , kind] = await ask(socket, order, 4);
    if (refusal !== 0) throw new Error(refusals[refusal] ?? `it answered ${refusal}`);
    // The address from which it connects follows, of a length that hangs on its kind.
    const length = kind === 3 ? ((await take(socket, 1))[0] ?? 0) : kind === 4 ? 16 : 4;
    await take(socket, length + 2);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Agrees with the proxy on how it is to know who comes. */
async function introduce(socket: Socket, { username, password }: URL): Promise<void> {
  const methods = username === '' ? [0] : [0, 2];
  const [, method] = await ask(socket, [5, methods.length, ...methods], 2);
  if (method === 0) return;
  if (method !== 2 || username === '') throw new Error('it wants to be told who comes');
  const parts = [username, password].map((part) => Buffer.from(decodeURIComponent(part)));
  const [, status] = await ask(socket, [1, ...parts.flatMap((part) => [part.length, ...part])], 2);
  if (status !== 0) throw new Error('it does not know this user and password');
}

async function ask(socket: Socket, bytes: number[], answerLength: number): Promise<Buffer> {
  socket.write(Buffer.from(bytes));
  return await take(socket, answerLength);
}

/** The next so many bytes. What comes after them stays for whoever uses the connection then. */
function take(socket: Socket, length: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void) => {
      socket.off('readable', look).off('close', ended).off('error', fail);
      work();
    };
    const look = () => {
      const chunk: Buffer | null = socket.read(length);
      if (chunk?.length === length) settle(() => resolve(chunk));
    };
    const ended = () => settle(() => reject(new Error('it ended the connection')));
    const fail = (error: Error) => settle(() => reject(error));
    socket.on('readable', look).on('close', ended).on('error', fail);
  });
}
