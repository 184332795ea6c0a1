import { EcsError } from '../ecs/port.ts';
import type { Clock } from '../host/port.ts';
import type { SdkHandler } from './http.ts';

/** Keys that sign the agent's own calls. */
export interface AwsKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Until when they are to be used; whoever keeps them must ask again then. */
  expiration?: Date;
}

/** Answers the keys that are valid now. Rejects with `ECS_DENIED` where there are none. */
export type Credentials = () => Promise<AwsKeys>;

/** Where the agent's own keys may come from. */
export interface CredentialSources {
  /** Those of the environment, which come first; null where it has none. */
  configured: AwsKeys | null;
  /** Whether the host is not an EC2 instance (ECS Anywhere): its rotating file is what it has. */
  external: boolean;
  /** Whether the EC2 instance metadata service, and so the instance's role, must not be asked. */
  metadataDisabled: boolean;
  /** The file in which the Systems Manager agent puts new keys in time, and the profile in it. */
  rotating: { path: string; profile: string };
  /** For profiles and tokens that stand for a role: where and how its keys are asked for. */
  region: string;
  requestHandler: SdkHandler;
  clock: Clock;
  /** Told when other keys than before are used; `keyId` shows the last four characters only. */
  found(keys: { from: string; keyId: string }): void;
}

/** Where the rotating file is: below the folder of root's credentials as the agent's container has it. */
export const rotatingFile = (platform: 'linux' | 'windows'): string =>
  platform === 'windows'
    ? 'C:\\Windows\\System32\\config\\systemprofile\\.aws\\credentials'
    : '/rotatingcreds/credentials';

/** How long keys are used that do not say when they expire, before their file is read again. */
const recheckMs = 60_000;
/** Keys that expire are asked for again this long before. */
const marginMs = 5 * 60_000;

/**
 * The agent's own keys, in memory only. The first source that has some wins; it is asked when keys are
 * needed and the last ones are too old, and once for all who wait. Keys that have not expired outlive
 * a source that fails.
 */
export function credentialsFrom(sources: CredentialSources): Credentials {
  const { configured } = sources;
  if (configured) return () => Promise.resolve(configured);
  const chain = new CredentialChain(sources);
  return () => chain.keys();
}

type Source = { from: string; ask: Credentials };

class CredentialChain {
  readonly #clock: Clock;
  readonly #found: CredentialSources['found'];
  readonly #sources: Source[];
  #held: { keys: AwsKeys; askAgainAt: number; goodUntil: number } | null = null;
  #pending: Promise<AwsKeys> | null = null;

  constructor(sources: CredentialSources) {
    this.#clock = sources.clock;
    this.#found = sources.found;
    this.#sources = sourcesOf(sources);
  }

  keys(): Promise<AwsKeys> {
    if (this.#held && this.#clock.now() < this.#held.askAgainAt)
      return Promise.resolve(this.#held.keys);
    this.#pending ??= this.#renewed().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #renewed(): Promise<AwsKeys> {
    const failures: unknown[] = [];
    for (const { from, ask } of this.#sources)
      try {
        return this.#hold(await ask(), from);
      } catch (error) {
        failures.push(error);
      }
    return this.#outlived() ?? Promise.reject(noneFound(failures));
  }

  #hold(given: AwsKeys, from: string): AwsKeys {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = given;
    const goodUntil = expiration?.getTime() ?? Number.POSITIVE_INFINITY;
    const askAgainAt = expiration ? goodUntil - marginMs : this.#clock.now() + recheckMs;
    if (this.#held?.keys.accessKeyId !== accessKeyId)
      this.#found({ from, keyId: `…${accessKeyId.slice(-4)}` });
    const keys = {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken !== undefined && { sessionToken }),
      // The SDK's clients keep keys without an end for ever, and would never see the next ones.
      expiration: expiration ?? new Date(askAgainAt),
    };
    this.#held = { keys, askAgainAt, goodUntil };
    return keys;
  }

  /** The keys of before, where they are still good: while their file is being written, for one. */
  #outlived(): AwsKeys | null {
    const now = this.#clock.now();
    if (!this.#held || this.#held.goodUntil <= now) return null;
    this.#held.askAgainAt = now + recheckMs;
    return this.#held.keys;
  }
}

/** In the order of the Amazon ECS agent; the parts of the SDK are loaded when they are first asked. */
function sourcesOf(sources: CredentialSources): Source[] {
  const { external, metadataDisabled, rotating, region, requestHandler } = sources;
  const init = { clientConfig: { region, requestHandler } };
  const { path, profile } = rotating;
  const profiles = async (more: {
    filepath?: string;
    configFilepath?: string;
    profile?: string;
  }) => {
    const { fromIni } = await import('@aws-sdk/credential-provider-ini');
    return fromIni({ ...init, ...more, ignoreCache: true })();
  };
  const shared: Source = { from: 'shared files', ask: () => profiles({}) };
  const file: Source = {
    from: 'rotating file',
    ask: () => profiles({ filepath: path, configFilepath: path, profile }),
  };
  const role = metadataDisabled ? [] : [instanceRole()];
  if (external) return [file, shared, ...role];
  return [shared, webIdentity(init), containerRole, ...role, file];
}

const webIdentity = (init: { clientConfig: object }): Source => ({
  from: 'web identity',
  ask: async () => {
    const { fromTokenFile } = await import('@aws-sdk/credential-provider-web-identity');
    return fromTokenFile(init)();
  },
});

const containerRole: Source = {
  from: 'container role',
  ask: async () => {
    const { fromHttp } = await import('@aws-sdk/credential-provider-http');
    return fromHttp({})();
  },
};

function instanceRole(): Source {
  let provider: Credentials | undefined;
  return {
    from: 'instance role',
    ask: async () => {
      // One for all times: where the service fails it answers the keys that it gave last.
      provider ??= (await import('@smithy/credential-provider-imds')).fromInstanceMetadata();
      return provider();
    },
  };
}

const noneFound = (failures: unknown[]): EcsError =>
  new EcsError(
    'ECS_DENIED',
    'CredentialsProviderError',
    'No AWS credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, ' +
      'or give the container instance a role',
    new AggregateError(failures),
  );
