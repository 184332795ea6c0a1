import type { EcrLogin } from '../../machines/container/model.ts';
import type { Signal } from '../../machines/names/ending.ts';
import type { RegistryLogin } from '../docker/port.ts';
import type { Clock, Random } from '../host/port.ts';
import type { Credentials } from '../wire/credentials.ts';
import type { Wire } from '../wire/http.ts';
import { tokenSource } from './ecr.ts';
import { type EngineAuth, loginOf, readEngineAuth } from './engine-auth.ts';
import { type LoginRequest, RegistryError, type RegistryPort } from './port.ts';
import { TokenCache } from './tokens.ts';

/** Where logins come from. */
export interface RegistryOptions {
  /** `ECS_ENGINE_AUTH_TYPE` and `ECS_ENGINE_AUTH_DATA`; '' where they are not set. */
  authType: string;
  authData: string;
  /** The agent's region, for registries of ECR that are named without one. */
  region: string;
  /** The agent's own keys. */
  credentials: Credentials;
  clock: Clock;
  random: Random;
  wire: Wire;
}

/** Logins of Amazon ECR, and those of the agent's configuration for all other images. */
export const registry = (options: RegistryOptions): RegistryPort => new Registry(options);

class Registry implements RegistryPort {
  readonly #options: RegistryOptions;
  readonly #engineAuth: EngineAuth;
  readonly #tokens: TokenCache;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#engineAuth = readEngineAuth(options.authType, options.authData);
    this.#tokens = new TokenCache(options);
  }

  async loginFor(request: LoginRequest, signal?: Signal): Promise<RegistryLogin | null> {
    const { image, ecr } = request;
    if (ecr === null) return loginOf(this.#engineAuth, image);
    if (signal?.aborted) throw givenUp();
    return await untilAborted(this.#ecrLogin(ecr, request), signal);
  }

  #ecrLogin(wanted: EcrLogin, request: LoginRequest): Promise<RegistryLogin> {
    const { clock, wire } = this.#options;
    const role = wanted.useExecutionRole ? request.executionRole : null;
    if (wanted.useExecutionRole && role === null)
      throw new RegistryError('REGISTRY_ECR', 'engine ecr credentials: not found');
    const ecr = { ...wanted, region: wanted.region || this.#options.region };
    const credentials = role ? () => Promise.resolve(role.keys) : this.#options.credentials;
    const { region, registryId, endpointOverride } = ecr;
    const who = [role?.credentialsId ?? '', role?.roleArn ?? ''];
    const key = JSON.stringify([...who, region, registryId, endpointOverride]);
    return this.#tokens.get(key, tokenSource({ ecr, credentials, clock, wire }));
  }
}

/** The request itself goes on: others may wait for it, and it ends by itself. */
async function untilAborted<Value>(work: Promise<Value>, signal?: Signal): Promise<Value> {
  if (!signal) return await work;
  let giveUp = () => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(givenUp());
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

const givenUp = (): RegistryError =>
  new RegistryError('REGISTRY_ECR', 'The request for a login of Amazon ECR was given up');
