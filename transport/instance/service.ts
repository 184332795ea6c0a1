import { type Backoff, delayOf } from '../../machines/names/backoff.ts';
import type { Signal } from '../../machines/names/ending.ts';
import type { Clock, Random } from '../host/port.ts';
import { type InstanceMetadataPort, MetadataError, type SpotAction } from './port.ts';
import { Requests } from './requests.ts';

/** How the instance metadata service is asked. */
export interface ServiceOptions {
  /** Its address, e.g. `http://169.254.169.254`. */
  endpoint: string;
  /** Whether the instance is not to show its identity document. */
  identityDisabled: boolean;
  clock: Clock;
  random: Random;
}

/** How long a fact is asked for again while the service is ill, and at what pace. */
const budgetMs = 30_000;
const pause: Backoff = { firstMs: 100, maxMs: 5_000, factor: 2, jitter: 0.2 };

const documentPath = 'dynamic/instance-identity/document';

/** The EC2 instance metadata service at an address. Nothing is asked of it before the first call. */
export function metadataService(options: ServiceOptions): InstanceMetadataPort {
  const requests = new Requests(options);
  const facts = new Facts(requests, options);
  const poll = (path: string, signal?: Signal) =>
    requests.get(`meta-data/${path}`, signal).then((text) => text?.trim() || null);
  return {
    instanceId: (signal) => facts.of('meta-data/instance-id', signal),
    region: async (signal) =>
      (options.identityDisabled ? null : regionIn(await facts.of(documentPath, signal))) ??
      (await facts.of('meta-data/placement/region', signal)),
    identity: async (signal) => {
      if (options.identityDisabled) return null;
      const document = await facts.of(documentPath, signal);
      const signature = await facts.of('dynamic/instance-identity/signature', signal);
      return document === null || signature === null ? null : { document, signature };
    },
    vpcId: (signal) => ofInterface(facts, 'vpc-id', signal),
    subnetId: (signal) => ofInterface(facts, 'subnet-id', signal),
    availabilityZoneId: (signal) => facts.of('meta-data/placement/availability-zone-id', signal),
    outpostArn: (signal) => facts.of('meta-data/outpost-arn', signal),
    userData: (signal) => facts.of('user-data', signal),
    spotAction: async (signal) => spotActionIn(await poll('spot/instance-action', signal)),
    lifecycleState: (signal) => poll('autoscaling/target-lifecycle-state', signal),
  };
}

/** Of the instance's first network interface. */
async function ofInterface(
  facts: Facts,
  what: 'vpc-id' | 'subnet-id',
  signal?: Signal,
): Promise<string | null> {
  const mac = await facts.of('meta-data/mac', signal);
  if (mac === null) return null;
  return await facts.of(`meta-data/network/interfaces/macs/${mac.trim()}/${what}`, signal);
}

function regionIn(document: string | null): string | null {
  const { region } = membersOf(document ?? '{}', documentPath);
  return typeof region === 'string' && region !== '' ? region : null;
}

function spotActionIn(text: string | null): SpotAction | null {
  if (text === null) return null;
  const { action, time } = membersOf(text, 'spot/instance-action');
  if (typeof action !== 'string') throw unreadable('spot/instance-action');
  return { action, time: typeof time === 'string' ? time : '' };
}

function membersOf(text: string, path: string): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null) return read as Record<string, unknown>;
  } catch {
    // Told below, as what is JSON and no object.
  }
  throw unreadable(path);
}

const unreadable = (path: string): MetadataError =>
  new MetadataError(
    'METADATA_UNREADABLE',
    `What the EC2 instance metadata service tells at ${path} cannot be read`,
  );

/** What cannot change while the process lives: each is asked for until it is told, and kept. */
class Facts {
  readonly #requests: Requests;
  readonly #options: ServiceOptions;
  readonly #known = new Map<string, Promise<string | null>>();

  constructor(requests: Requests, options: ServiceOptions) {
    this.#requests = requests;
    this.#options = options;
  }

  of(path: string, signal?: Signal): Promise<string | null> {
    const known = this.#known.get(path);
    if (known) return known;
    const asked = this.#tried(path, signal);
    this.#known.set(path, asked);
    asked.catch(() => this.#known.delete(path));
    return asked;
  }

  /** Whether the service is there at all is for others to wait for: it is asked once until it was. */
  async #tried(path: string, signal?: Signal): Promise<string | null> {
    const { clock, random } = this.#options;
    const until = clock.now() + budgetMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#requests.get(path, signal);
      } catch (error) {
        const resumeAt = clock.now() + delayOf(pause, attempt, random.roll());
        const passing = error instanceof MetadataError && error.retry;
        const mayRetry = passing && this.#requests.hasAnswered && !signal?.aborted;
        if (!mayRetry || resumeAt >= until) throw error;
        await waited(clock, resumeAt, signal);
      }
    }
  }
}

/** Resolves at a time, or when the signal aborts. */
const waited = (clock: Clock, until: number, signal?: Signal): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.at(until, end);
    signal?.addEventListener('abort', end, { once: true });
  });
