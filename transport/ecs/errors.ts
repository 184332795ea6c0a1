import { AgentError } from '../../machines/names/errors.ts';
import { EcsError } from './port.ts';

/** Exception names of AWS services that mean: the same request may succeed later. */
const passing = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'SlowDown',
  'PriorRequestNotComplete',
  'ServerException',
  'RequestTimeout',
  'RequestTimeoutException',
  'RequestTimeTooSkewed',
  'RequestExpired',
  'RequestInTheFuture',
]);

/** Exception names that mean: not with these credentials. */
const denied = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'ExpiredTokenException',
  'IncompleteSignature',
  'MissingAuthenticationTokenException',
]);

/** What OpenSSL says of a certificate whose authority nobody has told it to trust. */
const strangers = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: SdkMetadata;
}
interface SdkMetadata {
  httpStatusCode?: number;
  clockSkewCorrected?: boolean;
}

/** What the classification depends on besides the error. */
export interface CallFacts {
  /** The endpoint, for people. */
  where: string;
  /** Exception names by which this operation says that it will never take the request. */
  invalid: string[];
}

/** Classifies what the AWS SDK rejected with. */
export function ecsErrorOf(error: unknown, { where, invalid }: CallFacts): EcsError {
  if (error instanceof EcsError) return error;
  const { name = 'Error', message = String(error), code, $metadata = {} } = error as SdkError;
  const status = $metadata.httpStatusCode;
  if (status === undefined) {
    const because = error instanceof AgentError ? message : untrusted(code) || (code ?? message);
    const said = `The ECS API (${where}) cannot be reached: ${because}`;
    return new EcsError('ECS_UNREACHABLE', code ?? name, said, error);
  }
  const said = `${name}: ${message}`;
  if (isPassing(name, status, $metadata)) return new EcsError('ECS_THROTTLED', name, said, error);
  if (invalid.includes(name)) return new EcsError('ECS_INVALID', name, said, error);
  if (denied.has(name))
    return new EcsError('ECS_DENIED', name, `ECS refuses these credentials: ${said}`, error);
  if (name === 'SyntaxError')
    return new EcsError('ECS_FAILED', name, `What answers at ${where} is not the ECS API`, error);
  return new EcsError('ECS_FAILED', name, said, error);
}

/** What a refused registration means; the words are the only sign that ECS gives of some of them. */
export function refusedRegistration(error: EcsError): EcsError {
  const { code, type, message } = error;
  if (type === 'ClusterNotFoundException' || message.includes('Cluster not found.'))
    return new EcsError('ECS_CLUSTER_MISSING', type, message, error);
  // It was registered with another: it must be deregistered first, or the data directory emptied.
  if (
    code === 'ECS_FAILED' &&
    message.includes('Container instance type changes are not supported.')
  )
    return new EcsError('ECS_INVALID', type, message, error);
  return error;
}

const untrusted = (code = ''): string =>
  strangers.has(code)
    ? `its certificate is not trusted (${code}): name a file with that of its authority in SSL_CERT_FILE`
    : '';

function isPassing(name: string, status: number, { clockSkewCorrected }: SdkMetadata): boolean {
  if (passing.has(name) || status >= 500) return true;
  // This host's clock is wrong; the SDK has learnt the service's time and signs with it from now on.
  return name === 'InvalidSignatureException' && clockSkewCorrected === true;
}
