import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SimEngine } from './engine.ts';
import { type CreateBody, EngineRefusal, has } from './engine-core.ts';

interface Request {
  url: URL;
  /** What the path's pattern caught, decoded. */
  name: string;
  body: unknown;
  response: ServerResponse;
}
/** `sent` where the route has written to the response itself. */
type Answer = { status: number; body?: unknown } | 'sent';
type Route = [
  method: string,
  path: RegExp,
  answer: (engine: SimEngine, of: Request) => Promise<Answer> | Answer,
];

const ok = (body: unknown): Answer => ({ status: 200, body });
const done: Answer = { status: 204 };

/** The calls of the Docker Engine API that the agent makes. */
const routes: Route[] = [
  [
    'GET',
    /^\/version$/,
    () => ok({ Version: '20.10.24-simulated', ApiVersion: '1.41', MinAPIVersion: '1.12' }),
  ],
  [
    'GET',
    /^\/_ping$/,
    (_, { response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('OK');
      return 'sent';
    },
  ],
  ['GET', /^\/info$/, () => ok({ CgroupDriver: 'cgroupfs', OSType: 'linux' })],
  [
    'GET',
    /^\/images\/(.+)\/json$/,
    (engine, { name }) => {
      if (!engine.hasImage(name)) throw new EngineRefusal(404, `No such image: ${name}`);
      return ok({ Id: `sha256:${'0'.repeat(64)}`, Config: { Env: null } });
    },
  ],
  [
    'POST',
    /^\/images\/create$/,
    (engine, { url }) => {
      const [image, tag] = [url.searchParams.get('fromImage') ?? '', url.searchParams.get('tag')];
      const separator = tag?.includes(':') ? '@' : ':';
      engine.requirePull(tag ? `${image}${separator}${tag}` : image);
      return ok({ status: 'Status: Image is up to date' });
    },
  ],
  [
    'POST',
    /^\/containers\/create$/,
    (engine, { url, body }) => ({
      status: 201,
      body: {
        Id: engine.create(url.searchParams.get('name') ?? '', body as CreateBody),
        Warnings: [],
      },
    }),
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/start$/,
    ({ core }, { name }) => {
      core.start(name);
      return done;
    },
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/stop$/,
    async ({ core }, { name, url }) => {
      await core.stop(name, Number(url.searchParams.get('t') ?? 10));
      return done;
    },
  ],
  ['GET', /^\/containers\/([^/]+)\/json$/, ({ core }, { name }) => ok(core.inspect(name))],
  [
    'GET',
    /^\/containers\/json$/,
    ({ core }, { url }) => {
      const all = isTrue(url, 'all');
      const listed = core.list(labelsOf(filtersOf(url)));
      return ok(listed.filter(({ State }) => all || State === 'running'));
    },
  ],
  [
    'DELETE',
    /^\/containers\/([^/]+)$/,
    ({ core }, { name, url }) => {
      core.remove(name, { force: isTrue(url, 'force') });
      return done;
    },
  ],
  [
    'GET',
    /^\/events$/,
    ({ core }, { url, response }) => {
      const filters = filtersOf(url);
      const wanted = labelsOf(filters);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      const stop = core.listen((event) => {
        const isAskedFor = filters.event?.includes(event.Action) ?? true;
        if (isAskedFor && has(event.Actor.Attributes, wanted))
          response.write(`${JSON.stringify(event)}\n`);
      });
      response.on('close', stop);
      return 'sent';
    },
  ],
];

interface Filters {
  label?: string[];
  event?: string[];
}

const filtersOf = (url: URL): Filters =>
  JSON.parse(url.searchParams.get('filters') ?? '{}') as Filters;

/** The labels that filters ask for. */
const labelsOf = ({ label = [] }: Filters): Record<string, string> =>
  Object.fromEntries(
    label.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

const isTrue = (url: URL, name: string): boolean =>
  ['1', 'true'].includes(url.searchParams.get(name) ?? '');

/** Serves a simulated Engine at a socket's path, so that any Docker client can talk to it. */
export async function serveEngine(
  engine: SimEngine,
  socketPath: string,
): Promise<() => Promise<void>> {
  const server = createServer((request, response) => {
    respond(engine, request, response).catch((error: Error) => send(response, refused(error)));
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
  if (error instanceof EngineRefusal) return { status: error.statusCode, body: error.json };
  const unreadable = error instanceof SyntaxError || error instanceof URIError;
  return { status: unreadable ? 400 : 500, body: { message: error.message } };
}

async function respond(engine: SimEngine, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? '/', 'http://engine');
  const path = url.pathname.replace(/^\/v1\.\d+/, '');
  const body = await bodyOf(request);
  for (const [method, pattern, answer] of routes) {
    const found = request.method === method ? pattern.exec(path) : null;
    if (!found) continue;
    const name = decodeURIComponent(found[1] ?? '');
    const given = await answer(engine, { url, name, body, response });
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

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
}
