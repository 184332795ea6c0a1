import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { ImageInspectInfo, VolumeInspectInfo } from 'dockerode';
import { pack } from 'tar-stream';
import type { Signal } from '../../machines/names/ending.ts';
import { withTag } from '../../machines/names/image.ts';
import { orNull, unless, unreadable } from './calls.ts';
import type { Connection } from './client.ts';
import { linesOf, patiently, readPull } from './events.ts';
import {
  imageFactsOf,
  minorOf,
  type PluginAnswers,
  volumeFactsOf,
  volumePluginsOf,
} from './facts.ts';
import type { Apart } from './gate/modem.ts';
import {
  DockerError,
  type ImageFacts,
  type ImagePort,
  type ImageRequest,
  type PullOptions,
  type RegistryLogin,
  type VolumePort,
} from './port.ts';

/**
 * Reads what the Engine has at a path. A path that ends with `?` goes on with a query of
 * `options.options`; the answer is a stream where that is wanted.
 */
export async function read<Answer>(
  { modem }: Docker,
  path: string,
  options: { authconfig?: object; options?: object; isStream?: boolean } = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asked = { path, method: 'GET', statusCodes: { 200: true }, ...options };
    modem.dial(asked, (error: unknown, answer: unknown) =>
      error ? reject(error) : resolve(answer as Answer),
    );
  });
}

/** The images of an Engine. */
export const images = (engine: Connection): ImagePort => ({
  inspectImage: async (image) => (await imageOf(engine, image))?.facts ?? null,
  resolveDigest: (image, login, signal) => resolveDigest(engine, { image, login }, signal),
  pull: (image, options, signal) => pull(engine, { image, ...options }, signal),
  tag: async (image, reference, signal) => {
    await engine.call(engine.limits.tag, signal, (docker) =>
      docker.getImage(pathOf(image)).tag(partsOf(reference)),
    );
    engine.looks.clear();
  },
  listImages: async (signal) => {
    const found = await engine.call(engine.limits.listImages, signal, (docker) =>
      docker.listImages(),
    );
    if (!Array.isArray(found)) throw unreadable('list of images');
    return found.map(imageFactsOf);
  },
  removeImage: async (image, signal) => {
    await unless(
      404,
      engine.call(engine.limits.removeImage, signal, (docker) =>
        docker.getImage(pathOf(image)).remove(),
      ),
    );
    engine.looks.clear();
  },
  importImage: (image, signal) => importImage(engine, image, signal),
});

/** What a look at an image shows; `environment` are its own `K=V`. */
export interface ImageLook {
  facts: ImageFacts;
  environment: string[];
}

/** How long a look is taken as so: many containers of one image begin at the same time. */
const lookMs = 1_000;

/**
 * What the Engine says of an image; null for one that it does not have. Those who ask while another
 * looks, or just after, are told the same; what this agent itself does to images ends that.
 */
export function imageOf(engine: Connection, image: string): Promise<ImageLook | null> {
  const { looks, clock } = engine;
  const known = looks.get(image);
  if (known && clock.now() < known.until) return known.look;
  const look = orNull(
    engine.call(engine.limits.inspectImage, undefined, (docker) =>
      read<ImageInspectInfo>(docker, `/images/${pathOf(image)}/json`),
    ),
  ).then((found) => found && { facts: imageFactsOf(found), environment: found.Config?.Env ?? [] });
  const entry = { look, until: Number.POSITIVE_INFINITY };
  looks.set(image, entry);
  const forget = () => looks.get(image) === entry && looks.delete(image);
  look.then(() => {
    entry.until = clock.now() + lookMs;
    clock.at(entry.until, forget);
  }, forget);
  return look;
}

/** The slashes and colons of a reference stay in the address; what would end its path may not. */
const pathOf = (reference: string): string =>
  encodeURI(reference).replaceAll('?', '%3F').replaceAll('#', '%23');

/** A reference without a digest, as a tag is asked for. */
function partsOf(reference: string): { repo: string; tag: string } {
  const whole = withTag(reference);
  const colon = whole.lastIndexOf(':');
  return { repo: whole.slice(0, colon), tag: whole.slice(colon + 1) };
}

const authOf = (login: RegistryLogin | null) =>
  login === null
    ? {}
    : {
        authconfig: {
          username: login.username,
          password: login.password,
          serveraddress: login.serverAddress,
        },
      };

/** What `GET /distribution` says, as far as it is read. */
interface Distribution {
  Descriptor?: { mediaType?: string; digest?: string };
}

/** The first version of the API that has `GET /distribution`. */
const distributionApi = '1.30';

/** Kinds of manifest whose digest is of no use: an image cannot be pulled by it. */
const withoutDigest = new Set<unknown>([
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
]);

async function resolveDigest(
  engine: Connection,
  { image, login }: { image: string; login: RegistryLogin | null },
  signal?: Signal,
): Promise<string | null> {
  const { apiVersion } = await engine.spoken(signal);
  if (minorOf(apiVersion) < minorOf(distributionApi)) return null;
  const path = `/distribution/${pathOf(image)}/json`;
  const { Descriptor = {} } = await engine.call(engine.limits.resolveDigest, signal, (docker) =>
    read<Distribution>(docker, path, authOf(login)),
  );
  return withoutDigest.has(Descriptor.mediaType) ? null : Descriptor.digest || null;
}

async function pull(
  engine: Connection,
  { image, login, inactivityMs, progress }: PullOptions & { image: string },
  signal?: Signal,
): Promise<void> {
  try {
    await engine.call(engine.limits.pull, signal, async (docker) => {
      // The library adds `:latest` where there is no tag; the Engine would pull all tags.
      const open = () => docker.pull(image, authOf(login));
      const patience = { clock: engine.clock, inactivityMs };
      await readPull(linesOf(patiently(open, patience)), progress);
    });
  } catch (error) {
    throw withoutLayerAddresses(error, image);
  } finally {
    engine.looks.clear();
  }
}

/** The address of a layer in Amazon ECR is signed: whoever reads it could fetch the layer. */
const layerAddress = /"?https\S*starport-layer-bucket\S*/g;

function withoutLayerAddresses(error: unknown, image: string): unknown {
  if (!(error instanceof DockerError)) return error;
  const message = error.message.replace(layerAddress, `REDACTED ECR URL related to ${image}`);
  // Without its cause, which has the same words.
  return message === error.message
    ? error
    : new DockerError(error.code, message, { status: error.status });
}

async function importImage(
  engine: Connection,
  { repository, tag, files, changes }: ImageRequest,
  signal?: Signal,
): Promise<void> {
  const archive = pack();
  for (const { path, mode, body } of files) archive.entry({ name: path, mode }, body);
  archive.finalize();
  await engine.call(engine.limits.importImage, signal, async (docker) => {
    const options = { repo: repository, tag, changes };
    await readPull(linesOf(await docker.importImage(Readable.from(archive), options)), undefined);
  });
  engine.looks.clear();
}

/** The volumes of an Engine. */
export const volumes = (engine: Connection): VolumePort => ({
  volumePlugins: async (signal) => {
    const ask = <Answer>(path: string, options: object = {}) =>
      engine.call(engine.limits.volumePlugins, signal, (docker) =>
        read<Answer>(docker, path, { options }),
      );
    const [info, plugins] = await Promise.all([
      ask<PluginAnswers['info']>('/info'),
      // Engines before API 1.25 manage none.
      orNull(ask<PluginAnswers['plugins']>('/plugins?', volumeDrivers)),
    ]);
    return volumePluginsOf({ info, plugins });
  },
  inspectVolume: async (name, signal) => {
    const found = await orNull(
      engine.call(engine.limits.inspectVolume, signal, (docker) =>
        read<VolumeInspectInfo>(docker, volumePath(name)),
      ),
    );
    return found && volumeFactsOf(found);
  },
  createVolume: async ({ name, driver, driverOpts, labels }, signal) => {
    const body = { Name: name, Driver: driver, DriverOpts: driverOpts, Labels: labels };
    await engine.call(engine.limits.createVolume, signal, (docker) => {
      const parts: Docker.VolumeCreateOptions & Apart = { _query: {}, _body: body };
      return docker.createVolume(parts);
    });
  },
  removeVolume: (name, signal) =>
    unless(
      404,
      engine.call(engine.limits.removeVolume, signal, (docker) =>
        docker.getVolume(encodeURIComponent(name)).remove(),
      ),
    ),
});

/** Of the plugins that the Engine manages, those that are turned on and make volumes. */
const volumeDrivers = { filters: { capability: ['volumedriver'], enabled: ['true'] } };

const volumePath = (name: string): string => `/volumes/${encodeURIComponent(name)}`;
