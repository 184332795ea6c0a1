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

interface SdkError {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** Classifies what the AWS SDK rejected with; `where` names the endpoint for people. */
export function ecsErrorOf(error: unknown, where: string): EcsError {
  if (error instanceof EcsError) return error;
  const { name = 'Error', message = String(error), code, $metadata } = error as SdkError;
  const status = $metadata?.httpStatusCode;
  const said = `${name}: ${message}`;
  if (passing.has(name) || (status !== undefined && status >= 500))
    return new EcsError('ECS_THROTTLED', name, said, error);
  if (name === 'InvalidParameterException' || name === 'ClientException')
    return new EcsError('ECS_INVALID', name, said, error);
  if (denied.has(name))
    return new EcsError('ECS_DENIED', name, `ECS refuses these credentials: ${said}`, error);
  if (status === undefined)
    return new EcsError(
      'ECS_UNREACHABLE',
      code ?? name,
      `The ECS API (${where}) cannot be reached: ${code ?? message}`,
      error,
    );
  return new EcsError('ECS_FAILED', name, said, error);
}
