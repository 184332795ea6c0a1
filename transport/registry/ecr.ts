import type {
  ECRClient,
  ECRClientConfig,
  GetAuthorizationTokenResponse,
} from '@aws-sdk/client-ecr';
import type { EcrLogin } from '../../machines/container/model.ts';
import { abortSignalOf } from '../../machines/names/ending.ts';
import type { RegistryLogin } from '../docker/port.ts';
import type { Clock } from '../host/port.ts';
import type { Credentials } from '../wire/credentials.ts';
import type { Wire } from '../wire/http.ts';
import { ProxyError } from '../wire/proxy.ts';
import { within } from '../wire/within.ts';
import { userAndPassword } from './engine-auth.ts';
import { RegistryError } from './port.ts';

/** A login that ECR gave. */
export interface EcrToken {
  login: RegistryLogin;
  /** Epoch milliseconds; null where ECR does not tell, and it is used once. */
  expiresAt: number | null;
}

/** Asks ECR for one token. */
export interface TokenRequest {
  ecr: EcrLogin;
  credentials: Credentials;
  clock: Clock;
  wire: Wire;
}

/** How long ECR may take for one answer. */
const roundTripMs = 5_000;

/**
 * Answers what asks Amazon ECR for a token, once (`GetAuthorizationToken`) and within
 * {@link roundTripMs}; asked again, it knows by how much this host's clock is wrong. That rejects with
 * {@link EcrFailure}. No message holds what ECR gave, and no error is kept as a cause, as the SDK's
 * may hold the whole answer.
 */
export function tokenSource({
  ecr,
  credentials,
  clock,
  wire,
}: TokenRequest): () => Promise<EcrToken> {
  const where = ecr.endpointOverride || `region ${ecr.region}`;
  const send = sender(ecr, credentials, wire);
  return async () => {
    const late = () => tooLate(where);
    const bounds = { clock, ms: roundTripMs, late };
    try {
      // The SDK looks at its signal only while it waits for the answer, not while it asks for keys.
      return readToken(await within(bounds, (ending) => send(abortSignalOf(ending))));
    } catch (error) {
      throw failureOf(error, where);
    }
  };
}

/** Raised for a token that ECR did not give. `passing` says whether asking once more may help. */
export class EcrFailure extends RegistryError {
  readonly passing: boolean;

  constructor(message: string, { passing }: { passing: boolean }) {
    super('REGISTRY_ECR', message);
    this.passing = passing;
  }
}

/** The SDK's client is loaded when it is first needed. */
function sender(
  { region, registryId, endpointOverride }: EcrLogin,
  credentials: Credentials,
  wire: Wire,
): (abortSignal: AbortSignal) => Promise<GetAuthorizationTokenResponse> {
  const registryIds = registryId === '' ? {} : { registryIds: [registryId] };
  let client: ECRClient | undefined;
  return async (abortSignal) => {
    const sdk = await import('@aws-sdk/client-ecr');
    const endpoint = endpointOf(endpointOverride);
    const common = { region, credentials, maxAttempts: 1, requestHandler: wire.sdkHandler() };
    client ??= new sdk.ECRClient({ ...common, ...endpoint });
    try {
      return await client.send(new sdk.GetAuthorizationTokenCommand(registryIds), { abortSignal });
    } finally {
      client.destroy(); // closes its connections; more can be opened
    }
  };
}

/** What is configured about the endpoint; nothing for the region's own. */
function endpointOf(override: string): Pick<ECRClientConfig, 'endpoint' | 'useFipsEndpoint'> {
  if (override === '') return {};
  const endpoint = /^https?:\/\//.test(override) ? override : `https://${override}`;
  // Such an endpoint is one of FIPS already; the SDK refuses to be told both.
  return endpoint.includes('//ecr-fips.') ? { endpoint, useFipsEndpoint: false } : { endpoint };
}

function readToken({ authorizationData = [] }: GetAuthorizationTokenResponse): EcrToken {
  const [entry] = authorizationData;
  if (!entry || authorizationData.length !== 1) {
    const text = `Amazon ECR gave ${authorizationData.length} authorization tokens instead of one`;
    throw new EcrFailure(text, { passing: false });
  }
  const login = userAndPassword(entry.authorizationToken ?? '');
  if (login === null || !entry.proxyEndpoint) {
    const text = 'Amazon ECR gave an authorization token that cannot be read';
    throw new EcrFailure(text, { passing: false });
  }
  const { proxyEndpoint: serverAddress, expiresAt } = entry;
  return { login: { ...login, serverAddress }, expiresAt: expiresAt?.getTime() ?? null };
}

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; clockSkewCorrected?: boolean };
}

/** Classifies what the AWS SDK, or the search for keys, rejected with. */
function failureOf(error: unknown, where: string): EcrFailure {
  if (error instanceof EcrFailure) return error;
  const { name = 'Error', message = '', code, $metadata = {} } = error as SdkError;
  const { httpStatusCode: status, clockSkewCorrected } = $metadata;
  if (code === 'ECS_DENIED') return new EcrFailure(message, { passing: false });
  // A parser's message quotes the answer.
  if (name === 'SyntaxError')
    return new EcrFailure(`What answers at ${where} is not Amazon ECR`, { passing: true });
  if (status === undefined) {
    const because = error instanceof ProxyError ? message : (code ?? message);
    const text = `Amazon ECR (${where}) cannot be reached: ${because}`;
    return new EcrFailure(text, { passing: code !== undefined });
  }
  const throttled = status === 429 || /Thrott|TooManyRequests|RequestLimitExceeded/.test(name);
  const passing = throttled || status >= 500 || clockSkewCorrected === true;
  return new EcrFailure(`${name}: ${message}`, { passing });
}

const tooLate = (where: string): EcrFailure =>
  new EcrFailure(`Amazon ECR (${where}) did not answer within ${roundTripMs / 1_000} s`, {
    passing: true,
  });
