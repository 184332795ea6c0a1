import { parseImage, withTag } from '../../machines/names/image.ts';
import { EngineRefusal } from '../docker/calls.ts';
import type { RegistryLogin } from '../docker/port.ts';

/** What a registry has under a reference. Times in ms. */
export interface RegistryImage {
  /** `sha256:…`; null where the registry cannot tell it. */
  digest: string | null;
  /** When it was built (epoch ms). */
  builtAt: number;
  sizeBytes: number;
  layers: number;
  /** How long a pull takes. */
  pullMs: number;
  /** Whoever may pull it; null for everybody. */
  login: { username: string; password: string } | null;
}

/** What is said of an image where nothing else is: it dates from 1970, as reproducible builds do. */
const plain: RegistryImage = {
  digest: null,
  builtAt: 1_000,
  sizeBytes: 1_000_000,
  layers: 1,
  pullMs: 0,
  login: null,
};

/** All registries that a simulated Engine can reach, and what can go wrong with them. */
export class SimRegistry {
  readonly #images = new Map<string, RegistryImage>();
  readonly #hasEverything: boolean;
  readonly #others: RegistryImage;
  readonly #failures = new Map<string, string[]>();
  readonly #stalls = new Map<string, number>();
  readonly #denied = new Set<string>();
  #trouble: string | null = null;

  /** `images` is what can be pulled, everything where it is not given; `more` is said of all that. */
  constructor(images?: string[], more: Partial<RegistryImage> = {}) {
    this.#others = { ...plain, ...more };
    this.#hasEverything = images === undefined;
    for (const image of images ?? []) this.set(image);
  }

  /** Pushes an image: from now on the reference means this. What had it keeps its digest. */
  set(image: string, more: Partial<RegistryImage> = {}): void {
    const pushed = { ...this.#others, ...more };
    this.#images.set(familiar(image), pushed);
    if (pushed.digest !== null) this.#images.set(digestOf(image, pushed.digest), pushed);
  }

  /**
   * The next requests for this image, for its digest or for the image, fail with this text. As all
   * that goes wrong with an image, it does so by whatever tag or digest it is asked for.
   */
  failNext(image: string, message: string, times = 1): void {
    const planned = this.#failures.get(repositoryOf(image)) ?? [];
    this.#failures.set(repositoryOf(image), [...planned, ...Array<string>(times).fill(message)]);
  }

  /** The next pull of this image says no more once it has begun. */
  stallNext(image: string): void {
    this.#stalls.set(repositoryOf(image), (this.#stalls.get(repositoryOf(image)) ?? 0) + 1);
  }

  /** From now on nobody may pull this image. */
  deny(image: string): void {
    this.#denied.add(repositoryOf(image));
  }

  /** From now on every request fails with this text; null for no more. */
  setTrouble(message: string | null): void {
    this.#trouble = message;
  }

  /** What it has; throws what the Engine answers where it cannot have that. */
  ask(image: string, login: RegistryLogin | null): RegistryImage {
    const repository = repositoryOf(image);
    const failure = this.#trouble ?? this.#failures.get(repository)?.shift();
    if (failure !== undefined) throw new EngineRefusal(500, failure);
    const { host } = parseImage(image);
    if (host === '127.0.0.1:1') {
      const why = `dial tcp ${host}: connect: connection refused`;
      throw new EngineRefusal(500, `Get "http://${host}/v2/": ${why}`);
    }
    const found = this.#find(familiar(image));
    if (this.#denied.has(repository) || (found?.login && !isSame(found.login, login)))
      throw new EngineRefusal(404, denied(image));
    if (!found) {
      const why = 'manifest unknown: manifest unknown';
      throw new EngineRefusal(404, `manifest for ${withTag(image)} not found: ${why}`);
    }
    return found;
  }

  /** What is there under a reference, whoever asks. */
  look(image: string): RegistryImage {
    return this.#find(familiar(image)) ?? this.#others;
  }

  /** Whether the pull that has just begun stalls. */
  takeStall(image: string): boolean {
    const left = this.#stalls.get(repositoryOf(image)) ?? 0;
    if (left > 0) this.#stalls.set(repositoryOf(image), left - 1);
    return left > 0;
  }

  #find(reference: string): RegistryImage | undefined {
    const found = this.#images.get(reference);
    return found ?? (this.#hasEverything ? this.#othersBy(reference) : undefined);
  }

  /** Who asks by digest has said which it is. */
  #othersBy(reference: string): RegistryImage {
    const { digest } = parseImage(reference);
    return digest === null ? this.#others : { ...this.#others, digest };
  }
}

/** A reference as Docker shows it: with a tag or a digest, not both, and no more of Docker Hub. */
export function familiar(image: string): string {
  const { host, path, tag, digest } = parseImage(withTag(image));
  const name = host === 'docker.io' ? path.replace(/^library\//, '') : `${host}/${path}`;
  return digest === null ? `${name}:${tag}` : `${name}@${digest}`;
}

/** The reference by digest, in the same form. */
export const digestOf = (image: string, digest: string): string =>
  `${repositoryOf(image)}@${digest}`;

/** A reference without its tag or digest, in the same form. */
export const repositoryOf = (image: string): string => familiar(image).replace(/(@.*|:[^/]*)$/, '');

const isSame = (
  wanted: { username: string; password: string },
  login: RegistryLogin | null,
): boolean => login?.username === wanted.username && login.password === wanted.password;

function denied(image: string): string {
  const why = "repository does not exist or may require 'docker login'";
  return `pull access denied for ${repositoryOf(image)}, ${why}: denied: requested access to the resource is denied`;
}
