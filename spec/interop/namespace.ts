import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Runs a program of Node's in a namespace until it says that it is ready. */
async function inNamespace(through: string[], program: string, words: string[]) {
  const [command = '', ...rest] = [...through, process.execPath, '-e', program, ...words];
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
  if (!String(said[0]).startsWith('ready')) throw new Error('nothing listens in the namespace');
  return child;
}

/** What a command in a namespace says. Throws what it says of its failure. */
export function said(through: string[], words: string[]): string {
  const [command = '', ...rest] = [...through, ...words];
  const { status, stdout, stderr, error } = spawnSync(command, rest, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** The answer to a request from within a namespace. */
export function fetched(
  through: string[],
  { url, body }: { url: string; body?: object },
): { status: number; text: string } {
  const program = `const [url, body] = process.argv.slice(1);
    fetch(url, body ? { method: 'POST', body } : {}).then(async (answer) =>
      console.log(JSON.stringify({ status: answer.status, text: await answer.text() })));`;
  const sent = body === undefined ? [] : [JSON.stringify(body)];
  return JSON.parse(said(through, [process.execPath, '-e', program, url, ...sent]));
}

/** A web server in a namespace, on all its addresses, that answers `here`. */
export const serveIn = (through: string[], port: number): Promise<ChildProcess> =>
  inNamespace(
    through,
    `require('node:http').createServer((_, answer) => answer.end('here'))
      .listen(Number(process.argv[1]), () => console.log('ready'));`,
    [String(port)],
  );

/** Lets those in a namespace reach a port of this one's loopback, at the same address. */
export class Relay {
  readonly #folder = mkdtempSync(join(tmpdir(), 'relay-'));
  #inner: ChildProcess | undefined;
  #outer: Server | undefined;

  async open(through: string[], port: number): Promise<this> {
    const socket = join(this.#folder, 'socket');
    this.#outer = createServer((from) => {
      const to = connect(port, '127.0.0.1');
      for (const end of [from, to]) end.on('error', () => [from, to].map((one) => one.destroy()));
      from.pipe(to).pipe(from);
    });
    this.#outer.listen(socket);
    await once(this.#outer, 'listening');
    const program = `const { connect, createServer } = require('node:net');
      const [port, socket] = process.argv.slice(1);
      createServer((from) => {
        const to = connect(socket);
        for (const end of [from, to]) end.on('error', () => [from, to].map((one) => one.destroy()));
        from.pipe(to).pipe(from);
      }).listen(Number(port), '127.0.0.1', () => console.log('ready'));`;
    this.#inner = await inNamespace(through, program, [String(port), socket]);
    return this;
  }

  close(): void {
    this.#inner?.kill('SIGKILL');
    this.#outer?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
