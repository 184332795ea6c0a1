import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDocker, type DockerOptions } from '../../../transport/docker/client.ts';
import type { EnginePort } from '../../../transport/docker/port.ts';
import { realHost } from '../../../transport/host/host.ts';
import type { Clock } from '../../../transport/host/port.ts';
import { WaitHeap } from '../../../transport/host/waits.ts';

/** A clock that stands until it is told to go on. */
export type StandingClock = Clock & { pass(ms: number): void; waiting(): number };

export function standingClock(): StandingClock {
  const waits = new WaitHeap();
  let now = 1_000;
  return {
    now: () => now,
    at: (time, wake) => waits.add({ time, wake }),
    afterTurn: (work) => work(),
    waiting: () => waits.size,
    pass: (ms) => {
      now += ms;
      for (let due = waits.takeDue(now); due; due = waits.takeDue(now)) due.wake();
    },
  };
}

/** What a call answers, or what it rejects with. */
export const outcomeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => error);

/** An Engine that answers as a spec tells it to, and the agent's client of it. */
export interface Daemon {
  /** Method and address of each request. */
  asked: string[];
  /** What it answers to all but `GET /version`, and to that. */
  answer: RequestListener;
  version: object;
  clock: StandingClock;
  docker: EnginePort;
  dockerHost: string;
  /** Another client of it. */
  connect(options: Partial<DockerOptions>): EnginePort;
  close(): void;
}

export async function startDaemon(): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), 'daemon-'));
  const path = join(folder, 'sock');
  const clock = standingClock();
  const connect = (options: Partial<DockerOptions>) =>
    connectDocker({
      dockerHost: daemon.dockerHost,
      clock,
      host: realHost(),
      cluster: 'c',
      region: 'r',
      taskCgroupParent: () => null,
      ...options,
    });
  const server = createServer((request, response) => {
    daemon.asked.push(`${request.method} ${request.url}`);
    if (request.url === '/version') response.end(JSON.stringify(daemon.version));
    else daemon.answer(request, response);
  });
  const daemon: Daemon = {
    asked: [],
    answer: (_, response) => response.end('[]'),
    version: { Version: '99', ApiVersion: '1.50', MinAPIVersion: '1.24' },
    clock,
    dockerHost: `unix://${path}`,
    get docker() {
      return client;
    },
    connect,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const client = connect({});
  await once(server.listen(path), 'listening');
  return daemon;
}

/** What a request says of who pulls. */
export function authOf(request: IncomingMessage): unknown {
  const header = request.headers['x-registry-auth'];
  return typeof header === 'string'
    ? JSON.parse(Buffer.from(header, 'base64url').toString())
    : null;
}
