import type { AuditEvent } from '../audit/port.ts';
import type { Answer } from '../http/server.ts';
import { json } from './json.ts';
import type { TaskServerSource, VendedCredentials } from './port.ts';

/** What became of a request for credentials, for the asker and for the audit log. */
export interface Vended {
  answer: Answer;
  /** Null where it is not known whose they are. */
  taskArn: string | null;
  event: AuditEvent;
}

/** How long the credentials of tasks that run usually take to arrive after a restart. */
const retryAfterS = '1';

/**
 * Answers a request for credentials ("Task IAM role" in the ECS developer guide). An id that is known
 * and has no keys yet gets a 503, on which AWS SDKs try again; an unknown one a 400, on which they do
 * not.
 */
export function vend(
  found: ReturnType<TaskServerSource['credentials']>,
  { version, id }: { version: 1 | 2; id: string },
): Vended {
  const refusal = (status: number, code: string, message: string): Vended => ({
    answer: json(status, {
      code,
      message: `CredentialsV${version}Request: ${message}`,
      HTTPErrorCode: status,
    }),
    taskArn: null,
    event: 'GetCredentials',
  });
  if (id === '') return refusal(400, 'NoIdInRequest', 'No Credential ID in the request');
  if (found === null) return refusal(400, 'InvalidIdInRequest', 'Credentials not found');
  if (found !== 'pending') return served(found);
  const pending = refusal(503, 'CredentialsUninitialized', 'Credentials uninitialized for ID');
  return { ...pending, answer: { ...pending.answer, headers: { 'retry-after': retryAfterS } } };
}

const served = (found: VendedCredentials): Vended => ({
  answer: json(200, {
    RoleArn: found.roleArn,
    AccessKeyId: found.accessKeyId,
    SecretAccessKey: found.secretAccessKey,
    Token: found.sessionToken,
    Expiration: found.expiration,
  }),
  taskArn: found.taskArn,
  event: found.role === 'task' ? 'GetCredentials' : 'GetCredentialsExecutionRole',
});
