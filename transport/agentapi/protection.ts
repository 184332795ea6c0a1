import type { Clock } from '../host/port.ts';
import type { Answer, Question } from '../http/server.ts';
import { json } from '../tmds/json.ts';
import type { JsonObject } from '../wire/members.ts';
import { within } from '../wire/within.ts';
import { firstObject } from './body.ts';
import {
  type AskingTask,
  type ProtectionAnswer,
  type ProtectionCall,
  ProtectionError,
  type ProtectionPort,
} from './port.ts';

/** Of whom ECS is asked, and how. */
export interface ProtectionOptions {
  cluster: () => string;
  taskOf: (endpointId: string) => AskingTask | null;
  protection: ProtectionPort;
  clock: Clock;
}

/** How long ECS may take: the asker is to be answered before it gives up. */
const patienceMs = 4_000;

/**
 * Answers requests about the protection of the asking task from scale-in ("Amazon ECS task scale-in
 * protection endpoint" in the ECS developer guide), by a call to ECS in the task's own role.
 */
export async function answerProtection(
  options: ProtectionOptions,
  question: Question,
  endpointId: string,
): Promise<Answer> {
  const { method } = question;
  if (method !== 'GET' && method !== 'PUT') return { status: 405, contentType: null, body: '' };
  const wanted = method === 'PUT' ? readWish(question.body) : null;
  if (method === 'PUT' && wanted === null)
    return failed(400, {
      Code: 'InvalidParameterException',
      Message: 'UpdateTaskProtection: failed to decode request',
    });
  const task = options.taskOf(endpointId);
  if (!task)
    return failed(404, {
      Code: 'ResourceNotFoundException',
      Message: 'Failed to find a task for the request',
    });
  const refusal = (status: number, Code: string, Message: string) =>
    failed(status, { Arn: task.arn, Code, Message });
  if (wanted?.enabled === null)
    return refusal(
      400,
      'InvalidParameterException',
      "Invalid request: does not contain 'ProtectionEnabled' field",
    );
  if (!task.keys)
    return refusal(
      403,
      'AccessDeniedException',
      'Invalid Request: no task IAM role credentials available for task',
    );
  const call = { cluster: options.cluster(), taskArn: task.arn, keys: task.keys };
  return ask(options, call, wanted && { ...wanted, enabled: wanted.enabled ?? false });
}

interface Wish {
  enabled: boolean;
  expiresInMinutes: number | null;
}

/** Null for a body that cannot be read. Names are taken in any letter case, unknown ones are not. */
function readWish(
  body: string,
): { enabled: boolean | null; expiresInMinutes: number | null } | null {
  let object: JsonObject | null;
  try {
    object = firstObject(body);
  } catch {
    return null;
  }
  if (object === null) return null;
  let enabled: boolean | null = null;
  let expiresInMinutes: number | null = null;
  for (const [name, value] of Object.entries(object)) {
    const known = name.toLowerCase();
    if (known === 'protectionenabled' && isOrNull(value, 'boolean')) enabled = value as boolean;
    else if (known === 'expiresinminutes' && (value === null || Number.isSafeInteger(value)))
      // ECS takes 32 bits, and says itself what it does not take.
      expiresInMinutes = value === null ? null : (value as number) | 0;
    else return null;
  }
  return { enabled, expiresInMinutes };
}

const isOrNull = (value: unknown, type: string): boolean => value === null || typeof value === type;

async function ask(
  { protection, clock }: ProtectionOptions,
  call: ProtectionCall,
  wish: Wish | null,
): Promise<Answer> {
  const { taskArn: Arn } = call;
  try {
    const answer = await within({ clock, ms: patienceMs, late: () => late }, (ending) =>
      wish ? protection.update({ ...call, ...wish }, ending) : protection.get(call, ending),
    );
    return told(answer, Arn);
  } catch (error) {
    return error === late ? timedOut(Arn) : failedBy(error, Arn);
  }
}

const late = new Error('ECS has not answered in time');

const timedOut = (Arn: string): Answer =>
  failed(504, {
    Arn,
    Code: 'RequestCanceled',
    Message: 'Timed out calling ECS Task Protection API',
  });

const unexpected = (Arn: string): Answer =>
  failed(500, { Arn, Code: 'ServerException', Message: 'Unexpected error occurred' });

function failedBy(error: unknown, Arn: string): Answer {
  const { message } = error as Error;
  if (!(error instanceof ProtectionError) || error.type === null)
    return failed(500, { Arn, Code: 'ServerException', Message: message });
  const { status, type: Code, requestId } = error;
  const said = { Arn, Code, Message: message };
  return status === null ? failed(500, said) : failed(status, said, { requestID: requestId });
}

/** An answer about no task and without a failure is as unexpected as one about two. */
function told({ tasks, failures }: ProtectionAnswer, arn: string): Answer {
  const [failure] = failures;
  if (failures.length > 1 || tasks.length > 1) return unexpected(arn);
  if (failure) {
    const { arn: Arn, detail: Detail, reason: Reason } = failure;
    return json(200, { failure: { Arn, Detail, Reason } });
  }
  const [task] = tasks;
  if (!task) return unexpected(arn);
  const { expires, enabled: ProtectionEnabled, taskArn: TaskArn } = task;
  const ExpirationDate = expires === null ? null : expires.toISOString().replace(/\.?0+Z$/, 'Z');
  return json(200, { protection: { ExpirationDate, ProtectionEnabled, TaskArn } });
}

const failed = (
  status: number,
  error: { Arn?: string; Code: string; Message: string },
  before: object = {},
): Answer => json(status, { ...before, error });
