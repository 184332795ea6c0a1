import { mustPull } from '../machines/container/decide.ts';
import type { PullBehavior } from '../machines/container/model.ts';
import type { Signal } from '../machines/names/ending.ts';
import { AgentError } from '../machines/names/errors.ts';
import { parseImage, sameName, withDigest, withTag } from '../machines/names/image.ts';
import type { ImageFacts, ImagePort, RegistryLogin } from '../transport/docker/port.ts';
import type { LoginRequest, RegistryPort } from '../transport/registry/port.ts';
import { sharing } from './shared.ts';

/** What pulls need. */
export interface PullPorts {
  images: ImagePort;
  registry: RegistryPort;
  settings: { pullBehavior: PullBehavior; pullInactivityMs: number };
  /** Which images this agent has pulled; kept over restarts for pull behaviour `once`. */
  pulledImages: PulledImages;
  /** Makes an image of the agent's own; null for any other. */
  ownImage(image: string): ((signal: Signal) => Promise<void>) | null;
}

/** The images that this agent has pulled, by the reference of the task definition. */
export interface PulledImages {
  has(image: string): boolean;
  /** The image is in the Engine's store under this id, and a container is to be made of it. */
  used(image: string, imageId: string, pulled: boolean): void;
}

/** What is known of an image before it is pulled. */
export interface Image {
  digest: string | null;
  /** Whether the agent found the digest out; else the reference names it. */
  digestResolved: boolean;
  mustPull: boolean;
}

/**
 * Settles which image a reference means, and brings it to the Engine. However many containers wait
 * for the same image, its registry is asked once.
 */
export class Pulls {
  readonly #ports: PullPorts;
  readonly #digests = sharing<string | null>();
  readonly #pulls = sharing<ImageFacts | null>();

  constructor(ports: PullPorts) {
    this.#ports = ports;
  }

  /** The references that are being pulled now. */
  underWay(): Iterable<string> {
    return this.#pulls.keys();
  }

  /**
   * Settles the digest of an image. Rejects with `IMAGE_DIGEST_UNKNOWN` where the image in the
   * Engine's store was never in the registry that its reference names.
   */
  async resolve(request: LoginRequest, signal: Signal): Promise<Image> {
    const { image } = request;
    const { settings, pulledImages } = this.#ports;
    const named = parseImage(image).digest;
    const local = await this.#lookWhereItMatters(image, signal);
    const known = { isThere: local !== null, pulledBefore: pulledImages.has(image) };
    const own = this.#ports.ownImage(image) !== null;
    const isDue = own ? local === null : mustPull(settings.pullBehavior, known);
    if (!isDue && local) pulledImages.used(image, local.id, false);
    if (named || own) return { digest: named, digestResolved: false, mustPull: isDue };
    const digest =
      isDue || !local ? await this.#askRegistry(request, signal) : localDigest(image, local);
    return { digest, digestResolved: digest !== null, mustPull: isDue };
  }

  /** Pulls an image, by its digest where that is known; it has its own reference afterwards. */
  async pull(request: LoginRequest, digest: string | null, signal: Signal): Promise<void> {
    const { image } = request;
    const key = keyOf(request, digest ?? '');
    const facts = await this.#pulls.ask(key, signal, (ending) =>
      this.#pull(request, digest, ending),
    );
    this.#ports.pulledImages.used(image, facts?.id ?? '', true);
  }

  async #pull(request: LoginRequest, digest: string | null, signal: Signal) {
    const { image } = request;
    const { images, settings, ownImage } = this.#ports;
    const make = ownImage(image);
    if (make) {
      await make(signal);
    } else {
      const login = await this.#login(request, signal);
      const reference = digest === null ? withTag(image) : withDigest(image, digest);
      await images.pull(reference, { login, inactivityMs: settings.pullInactivityMs }, signal);
      if (digest !== null && parseImage(image).digest === null)
        await images.tag(reference, withTag(image), signal);
    }
    return await images.inspectImage(image, signal);
  }

  /** Behaviours that pull whatever the Engine has need not know what it has. */
  async #lookWhereItMatters(image: string, signal: Signal): Promise<ImageFacts | null> {
    const { pullBehavior } = this.#ports.settings;
    const pullsAlways = pullBehavior === 'default' || pullBehavior === 'always';
    if (pullsAlways && this.#ports.ownImage(image) === null) return null;
    return await this.#ports.images.inspectImage(image, signal);
  }

  async #askRegistry(request: LoginRequest, signal: Signal): Promise<string | null> {
    return await this.#digests.ask(keyOf(request, ''), signal, async (ending) =>
      this.#ports.images.resolveDigest(request.image, await this.#login(request, ending), ending),
    );
  }

  #login(request: LoginRequest, signal: Signal): Promise<RegistryLogin | null> {
    return this.#ports.registry.loginFor(request, signal);
  }
}

/** Who asks for another's image with other credentials asks another question. */
const keyOf = ({ image, executionRole }: LoginRequest, digest: string): string =>
  [image, digest, executionRole?.credentialsId ?? ''].join(' ');

function localDigest(image: string, { digests }: ImageFacts): string | null {
  if (digests.length === 0) return null;
  const own = digests.find((digest) => sameName(image, digest));
  const digest = own && parseImage(own).digest;
  if (digest) return digest;
  throw new AgentError('IMAGE_DIGEST_UNKNOWN', `failed to find a repo digest matching '${image}'`);
}
