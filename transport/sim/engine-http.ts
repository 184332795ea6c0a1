import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { EngineRefusal } from '../docker/calls.ts';
import { routes } from './engine/routes.ts';
import type { SimEngine } from './engine.ts';

/** Serves a simulated Engine at a socket's path, so that any Docker client can talk to it. */
export async function serveEngine(
  engine: SimEngine,
  socketPath: string,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    const release = engine.hold(() => request.socket.destroy());
    response.once('close', release);
    respond(engine, request, response).catch((error: Error) => {
      // Whoever has left, or been told the beginning, cannot be told.
      if (response.headersSent || request.socket.destroyed) request.socket.destroy();
      else send(response, refused(error));
    });
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
}

/** What cannot be read, JSON or a path's escapes, is the client's mistake. */
function refused(error: Error): { status: number; body?: unknown } {
  if (error instanceof EngineRefusal)
    return { status: error.statusCode, body: { message: error.message } };
  const unreadable = error instanceof SyntaxError || error instanceof URIError;
  return { status: unreadable ? 400 : 500, body: { message: error.message } };
}

async function respond(engine: SimEngine, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://engine');
  const path = url.pathname.replace(/^\/v1\.\d+/, '');
  const body = await buffer(request);
  // Whoever has left meanwhile would be told for ever.
  if (response.destroyed) return;
  const { headers } = request;
  for (const [method, pattern, answer] of routes) {
    const found = request.method === method ? pattern.exec(path) : null;
    if (!found) continue;
    const name = decodeURIComponent(found[1] ?? '');
    const given = await answer({ engine, url, headers, name, body, response });
    if (given !== 'sent') send(response, given);
    return;
  }
  throw new EngineRefusal(404, 'page not found');
}

function send(
  response: ServerResponse,
  { status, body }: { status: number; body?: unknown },
): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined || status === 304 ? undefined : JSON.stringify(body));
}
