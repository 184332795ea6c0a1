import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Ending } from '../../../machines/names/ending.ts';
import type { ImageFacts, RegistryLogin, VolumeFacts } from '../../docker/port.ts';
import type { SimEngine } from '../engine.ts';
import { type CoreEvent, type CreateBody, has } from './wire.ts';

/** One request, as its route sees it. */
export interface Asked {
  engine: SimEngine;
  url: URL;
  headers: IncomingHttpHeaders;
  /** What the path's pattern caught, decoded. */
  name: string;
  body: Buffer;
  response: ServerResponse;
}

/** `sent` where the route has written to the response itself. */
export type Answer = { status: number; body?: unknown } | 'sent';

/** One call of the Docker Engine API. */
export type Route = [
  method: string,
  path: RegExp,
  answer: (asked: Asked) => Promise<Answer> | Answer,
];

const ok = (body: unknown): Answer => ({ status: 200, body });
const done: Answer = { status: 204 };
const query = ({ url }: Asked, name: string): string => url.searchParams.get(name) ?? '';
const isTrue = (asked: Asked, name: string): boolean => ['1', 'true'].includes(query(asked, name));
const json = ({ body }: Asked): unknown => JSON.parse(body.toString());

const engineRoutes: Route[] = [
  [
    'GET',
    /^\/version$/,
    ({ engine }) => {
      const { version, apiVersion, minApiVersion } = engine.version;
      return ok({ Version: version, ApiVersion: apiVersion, MinAPIVersion: minApiVersion });
    },
  ],
  [
    'GET',
    /^\/_ping$/,
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.end('OK');
      return 'sent';
    },
  ],
  [
    'GET',
    /^\/info$/,
    ({ engine }) => {
      const { rootDirectory, cgroupDriver, cgroupVersion, securityOptions } = engine.info;
      return ok({
        DockerRootDir: rootDirectory,
        CgroupDriver: cgroupDriver,
        CgroupVersion: String(cgroupVersion),
        SecurityOptions: securityOptions,
        OSType: 'linux',
        Plugins: { Volume: engine.core.volumes.drivers() },
      });
    },
  ],
  ['GET', /^\/plugins$/, () => ok([])],
  ['GET', /^\/events$/, follow],
];

const containerRoutes: Route[] = [
  ['GET', /^\/containers\/([^/]+)\/stats$/, measure],
  [
    'POST',
    /^\/containers\/create$/,
    (asked) => {
      const Id = asked.engine.core.create(query(asked, 'name'), json(asked) as CreateBody);
      return { status: 201, body: { Id, Warnings: [] } };
    },
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/start$/,
    ({ engine, name }) => {
      engine.core.start(name);
      return done;
    },
  ],
  [
    'POST',
    /^\/containers\/([^/]+)\/stop$/,
    async (asked) => {
      await asked.engine.core.stop(asked.name, Number(query(asked, 't') || 10));
      return done;
    },
  ],
  ['GET', /^\/containers\/([^/]+)\/json$/, ({ engine, name }) => ok(engine.core.inspect(name))],
  [
    'GET',
    /^\/containers\/json$/,
    (asked) => {
      const found = asked.engine.core.list(labelsOf(filtersOf(asked)));
      const all = isTrue(asked, 'all');
      return ok(found.filter(({ State }) => all || State === 'running'));
    },
  ],
  [
    'DELETE',
    /^\/containers\/([^/]+)$/,
    (asked) => {
      asked.engine.core.remove(asked.name, { force: isTrue(asked, 'force') });
      return done;
    },
  ],
];

const imageRoutes: Route[] = [
  [
    'GET',
    /^\/images\/json$/,
    ({ engine }) => ok(engine.core.images.list().map((image) => imageBody(image, 'seconds'))),
  ],
  [
    'GET',
    /^\/images\/(.+)\/json$/,
    ({ engine, name }) => {
      const image = engine.core.images.inspect(name);
      return ok({ ...imageBody(image, 'text'), Config: { Env: null } });
    },
  ],
  [
    'GET',
    /^\/distribution\/(.+)\/json$/,
    ({ engine, name, headers }) => {
      const { digest } = engine.core.registry.ask(name, loginIn(headers));
      // A manifest of the first kind has a digest that says nothing.
      const version = digest === null ? 'v1+prettyjws' : 'v2+json';
      const mediaType = `application/vnd.docker.distribution.manifest.${version}`;
      return ok({
        Descriptor: { mediaType, digest: digest ?? `sha256:${'0'.repeat(64)}`, size: 1 },
      });
    },
  ],
  ['POST', /^\/images\/create$/, (asked) => (query(asked, 'fromSrc') ? load(asked) : pull(asked))],
  [
    'POST',
    /^\/images\/(.+)\/tag$/,
    (asked) => {
      const reference = `${query(asked, 'repo')}:${query(asked, 'tag') || 'latest'}`;
      asked.engine.core.images.tag(asked.name, reference);
      return { status: 201 };
    },
  ],
  [
    'DELETE',
    /^\/images\/(.+)$/,
    ({ engine, name }) => {
      engine.core.images.remove(name);
      return ok([{ Untagged: name }]);
    },
  ],
];

const volumeRoutes: Route[] = [
  [
    'POST',
    /^\/volumes\/create$/,
    (asked) => {
      const { Name, Driver = '', Labels = {}, DriverOpts = {} } = json(asked) as VolumeAsked;
      const volume = { name: Name, driver: Driver, labels: Labels, options: DriverOpts };
      return { status: 201, body: volumeBody(asked.engine.core.volumes.create(volume)) };
    },
  ],
  [
    'GET',
    /^\/volumes\/([^/]+)$/,
    ({ engine, name }) => ok(volumeBody(engine.core.volumes.inspect(name))),
  ],
  [
    'DELETE',
    /^\/volumes\/([^/]+)$/,
    ({ engine, name }) => {
      engine.core.volumes.remove(name);
      return done;
    },
  ],
];

/** The calls of the Docker Engine API that the agent makes. */
export const routes: Route[] = [
  ...engineRoutes,
  ...containerRoutes,
  ...imageRoutes,
  ...volumeRoutes,
];

/** The body of a request to make a volume. */
interface VolumeAsked {
  Name: string;
  Driver?: string;
  Labels?: Record<string, string>;
  DriverOpts?: Record<string, string>;
}

interface Filters {
  label?: string[];
  event?: string[];
}

const filtersOf = (asked: Asked): Filters => JSON.parse(query(asked, 'filters') || '{}') as Filters;

/** The labels that filters ask for. */
const labelsOf = ({ label = [] }: Filters): Record<string, string> =>
  Object.fromEntries(
    label.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );

function follow(asked: Asked): Answer {
  const { engine, response } = asked;
  const filters = filtersOf(asked);
  const wanted = labelsOf(filters);
  const since = query(asked, 'since');
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const tell = (event: CoreEvent) => {
    const isAskedFor = filters.event?.includes(event.Action) ?? true;
    if (isAskedFor && has(event.Actor.Attributes, wanted))
      response.write(`${JSON.stringify(event)}\n`);
  };
  const stop = engine.core.events.listen(tell, since === '' ? null : Number(since) * 1_000);
  response.on('close', stop);
  return 'sent';
}

/** One line, or a line each second until the client leaves. */
function measure(asked: Asked): Answer {
  const { engine, name, response } = asked;
  const first = `${engine.core.measure(name)}\n`;
  response.writeHead(200, { 'content-type': 'application/json' });
  if (query(asked, 'stream') === '0') response.end(first);
  else {
    response.flushHeaders();
    response.on(
      'close',
      engine.core.followMeasures(name, (text) => response.write(`${text}\n`)),
    );
  }
  return 'sent';
}

/** The status of a pull is sent with its first line: what fails before that has one of its own. */
async function pull(asked: Asked): Promise<Answer> {
  const { engine, headers, response } = asked;
  const [image, tag] = [query(asked, 'fromImage'), query(asked, 'tag')];
  const ending = new Ending();
  response.on('close', () => ending.abort());
  const reference = tag ? `${image}${tag.includes(':') ? '@' : ':'}${tag}` : image;
  const pulling = { login: loginIn(headers), ending };
  for await (const line of engine.core.images.pull(reference, pulling)) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`${JSON.stringify(line)}\n`);
  }
  response.end();
  return 'sent';
}

function load(asked: Asked): Answer {
  const reference = `${query(asked, 'repo')}:${query(asked, 'tag') || 'latest'}`;
  asked.engine.core.images.load(reference, asked.body);
  return ok({ status: asked.engine.core.images.inspect(reference).id });
}

/** Clients send the login of a registry as JSON in base64. */
function loginIn(headers: IncomingHttpHeaders): RegistryLogin | null {
  const text = Buffer.from(String(headers['x-registry-auth'] ?? ''), 'base64').toString();
  if (text === '') return null;
  const login = JSON.parse(text) as Partial<Record<string, string>>;
  const { username = '', password = '', serveraddress = '' } = login;
  return username === '' ? null : { username, password, serverAddress: serveraddress };
}

const imageBody = (
  { id, tags, digests, createdAt, sizeBytes }: ImageFacts,
  time: 'seconds' | 'text',
) => ({
  Id: id,
  RepoTags: tags,
  RepoDigests: digests,
  Created: time === 'text' ? new Date(createdAt).toISOString() : Math.floor(createdAt / 1_000),
  Size: sizeBytes,
});

const volumeBody = ({ name, driver, labels, options }: VolumeFacts) => ({
  Name: name,
  Driver: driver,
  Labels: labels,
  Options: options,
  Mountpoint: `/var/lib/docker/volumes/${name}/_data`,
  Scope: 'local',
});
