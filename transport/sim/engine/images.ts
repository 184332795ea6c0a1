import { createHash } from 'node:crypto';
import type { Signal } from '../../../machines/names/ending.ts';
import { parseImage } from '../../../machines/names/image.ts';
import { EngineRefusal } from '../../docker/calls.ts';
import type { ImageFacts, RegistryLogin } from '../../docker/port.ts';
import type { Clock } from '../../host/port.ts';
import {
  digestOf,
  familiar,
  type RegistryImage,
  repositoryOf,
  type SimRegistry,
} from '../registry.ts';
import type { Contained, PullLine } from './wire.ts';

/** What a store of images is made of. */
export interface ImageStoreOptions {
  clock: Clock;
  registry: SimRegistry;
  /** What it has at first; every image that is asked for where it is not given. */
  images: string[] | undefined;
  usersOf: (imageId: string) => Pick<Contained, 'id' | 'state'>[];
}

/** Who pulls, and the connection on which it was asked for: when that breaks, the pull ends. */
export interface Pull {
  login: RegistryLogin | null;
  ending: Signal;
}

interface Stored {
  id: string;
  /** With a tag or with a digest, as Docker shows them. */
  references: Set<string>;
  builtAt: number;
  sizeBytes: number;
}

/** The images of a simulated Engine. */
export class ImageStore {
  /** Whether there is no room for another. */
  isFull = false;
  readonly #options: ImageStoreOptions;
  readonly #images = new Map<string, Stored>();
  /** What it had once, although at first it has everything. */
  readonly #removed = new Set<string>();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    for (const image of options.images ?? [])
      this.#put(familiar(image), options.registry.look(image));
  }

  list(): ImageFacts[] {
    return [...this.#images.values()].map(factsOf);
  }

  /** What it has under this reference or id. */
  inspect(image: string): ImageFacts {
    return factsOf(this.#need(image));
  }

  /** How much room all of them take. */
  sizeBytes(): number {
    return this.list().reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /**
   * Brings an image from its registry, and tells of its progress. Throws what the Engine answers; a
   * pull that fails once it has begun says so in a line. Ends when `ending` aborts.
   */
  async *pull(image: string, { login, ending }: Pull): AsyncGenerator<PullLine> {
    const { registry } = this.#options;
    const found = registry.ask(image, login);
    const { path, tag, digest } = parseImage(familiar(image));
    yield { status: `Pulling from ${path}`, id: digest ?? tag ?? '' };
    const layers = layersOf(image, found);
    for (const id of layers) yield { status: 'Pulling fs layer', id };
    if (registry.takeStall(image)) await this.#wait(null, ending);
    for (const id of layers) {
      await this.#wait(found.pullMs / layers.length, ending);
      if (this.isFull) return yield { error: `write /var/lib/docker/tmp/${id}: ${noSpace}` };
      yield { status: 'Pull complete', id };
    }
    this.#put(familiar(image), found);
    yield { status: `Status: Downloaded newer image for ${familiar(image)}` };
  }

  /** Puts in an image that was made here, of this content. */
  load(reference: string, content: Buffer): void {
    if (this.isFull) throw new EngineRefusal(500, noSpace);
    const id = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const builtAt = this.#options.clock.now();
    this.#name(familiar(reference), this.#store({ id, builtAt, sizeBytes: content.length }));
  }

  tag(image: string, reference: string): void {
    this.#name(familiar(reference), this.#need(image));
  }

  /** As the Engine without force: one reference, or an image by its id, and never one in use. */
  remove(image: string): void {
    const found = this.#need(image);
    if (isId(image)) this.#removeById(found);
    else this.#untag(found, familiar(image));
  }

  #removeById({ id, references }: Stored): void {
    const refuse = (why: string) => {
      throw new EngineRefusal(409, `conflict: unable to delete ${short(id)} ${why}`);
    };
    const [user] = this.#options.usersOf(id);
    const tags = [...references].filter((reference) => !reference.includes('@'));
    const names = new Set([...references].map(repositoryOf));
    if (tags.length > 1 || names.size > 1)
      refuse('(must be forced) - image is referenced in multiple repositories');
    if (user?.state === 'running')
      refuse(`(cannot be forced) - image is being used by running container ${short(user.id)}`);
    if (user)
      refuse(`(must be forced) - image is being used by stopped container ${short(user.id)}`);
    this.#delete(id, references);
  }

  /** With the last tag of a repository go the references by digest in it. */
  #untag({ id, references }: Stored, reference: string): void {
    const others = [...references].filter((other) => other !== reference);
    const sameName = others.filter((other) => repositoryOf(other) === repositoryOf(reference));
    const goes = new Set([reference]);
    if (!reference.includes('@') && sameName.every((other) => other.includes('@')))
      for (const other of sameName) goes.add(other);
    const [user] = this.#options.usersOf(id);
    if (goes.size < references.size) {
      for (const one of goes) references.delete(one);
      for (const one of goes) this.#removed.add(one);
    } else if (user) {
      const why = `container ${short(user.id)} is using its referenced image ${short(id)}`;
      const what = `unable to remove repository reference "${reference}" (must force)`;
      throw new EngineRefusal(409, `conflict: ${what} - ${why}`);
    } else this.#delete(id, references);
  }

  #delete(id: string, references: Set<string>): void {
    for (const reference of references) this.#removed.add(reference);
    this.#images.delete(id);
  }

  #need(image: string): Stored {
    const found = this.#find(image);
    if (!found) throw new EngineRefusal(404, `No such image: ${image}`);
    return found;
  }

  #find(image: string): Stored | undefined {
    if (isId(image)) return this.#images.get(image.replace(/^(sha256:)?/, 'sha256:'));
    const reference = familiar(image);
    const found = [...this.#images.values()].find(({ references }) => references.has(reference));
    const { images, registry } = this.#options;
    if (found || images || this.#removed.has(reference)) return found;
    return this.#put(reference, registry.look(image));
  }

  #put(reference: string, { digest, builtAt, sizeBytes }: RegistryImage): Stored {
    const identity = createHash('sha256').update(`image ${digest ?? reference}`);
    const id = `sha256:${identity.digest('hex')}`;
    const stored = this.#store({ id, builtAt, sizeBytes });
    this.#name(reference, stored);
    if (digest !== null) this.#name(digestOf(reference, digest), stored);
    return stored;
  }

  #store(image: Omit<Stored, 'references'>): Stored {
    const stored = this.#images.get(image.id) ?? { ...image, references: new Set<string>() };
    this.#images.set(image.id, stored);
    return stored;
  }

  /** A reference means one image: the one that had it stays, with one name less. */
  #name(reference: string, stored: Stored): void {
    for (const { references } of this.#images.values()) references.delete(reference);
    stored.references.add(reference);
  }

  /** Lets so much time pass, null for ever, unless it is ended. */
  #wait(ms: number | null, ending: Signal): Promise<void> {
    const { clock } = this.#options;
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const pass = () => {
        ending.removeEventListener('abort', end);
        resolve();
      };
      const cancel = ms === null ? () => {} : clock.at(clock.now() + ms, pass);
      const end = () => {
        cancel();
        reject(ending.reason);
      };
      ending.addEventListener('abort', end);
    });
  }
}

const noSpace = 'no space left on device';

function factsOf({ id, references, builtAt, sizeBytes }: Stored): ImageFacts {
  const all = [...references];
  return {
    id,
    tags: all.filter((reference) => !reference.includes('@')),
    digests: all.filter((reference) => reference.includes('@')),
    createdAt: builtAt,
    sizeBytes,
  };
}

const isId = (image: string): boolean => /^(sha256:)?[0-9a-f]{64}$/.test(image);

/** An id as the Engine's messages show it. */
const short = (id: string): string => id.replace('sha256:', '').slice(0, 12);

function layersOf(image: string, { digest, layers }: RegistryImage): string[] {
  const identity = createHash('sha256').update(`layers ${digest ?? familiar(image)}`);
  const id = identity.digest('hex').slice(0, 10);
  return Array.from({ length: layers }, (_, at) => `${id}${String(at).padStart(2, '0')}`);
}
