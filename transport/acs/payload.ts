import type { CredentialReceipt, Payload } from '../../machines/session/model.ts';
import type { Random } from '../host/port.ts';
import type { Members } from '../wire/members.ts';
import { BadTask } from './container.ts';
import type { RoleCredentials } from './port.ts';
import { readTask } from './task.ts';

/** A payload message, and the keys of the roles in it, which go no further than memory. */
export interface ReadPayload {
  payload: Payload;
  roles: RoleCredentials[];
}

/**
 * Translates a `PayloadMessage` of ACS. Answers null for one without its own and its addressee's
 * names, which is dropped without a word. Throws what {@link Members} throws.
 * The payload itself holds no keys of roles: only what their receipts must name.
 */
export function readPayload(message: Members, random: Random): ReadPayload | null {
  const messageId = message.text('messageId');
  const clusterArn = message.text('clusterArn');
  const containerInstanceArn = message.text('containerInstanceArn');
  if (!messageId || !clusterArn || !containerInstanceArn) return null;
  const payload: Payload = {
    messageId,
    clusterArn,
    containerInstanceArn,
    tasks: [],
    refused: [],
    credentials: [],
  };
  const roles: RoleCredentials[] = [];
  for (const task of message.objects('tasks')) {
    try {
      if (!task) throw new BadTask('the task is null');
      const found = rolesOf(task);
      payload.tasks.push(readTask(task, random));
      payload.credentials.push(...found.map(receiptOf));
      roles.push(...found);
    } catch (error) {
      if (!(error instanceof BadTask)) throw error;
      // The wire's own spelling: ECS and its users know it so.
      const reason = `UnrecogniedTaskError: Error loading task - ${error.message}`;
      payload.refused.push({ arn: task?.text('arn') || null, reason });
    }
  }
  return { payload, roles };
}

function rolesOf(task: Members): RoleCredentials[] {
  return ['roleCredentials', 'executionRoleCredentials'].flatMap((name) => {
    const role = task.object(name);
    if (!role) return [];
    const read = readRole(role);
    if (!read) throw new BadTask('CredentialsId is empty');
    return [read];
  });
}

/** Reads the credentials of a role; null where they have no id. */
export function readRole(role: Members): RoleCredentials | null {
  const credentialsId = role.text('credentialsId');
  if (!credentialsId) return null;
  return {
    credentialsId,
    roleArn: role.text('roleArn') ?? '',
    expiration: role.text('expiration') ?? '',
    keys: {
      accessKeyId: role.text('accessKeyId') ?? '',
      secretAccessKey: role.text('secretAccessKey') ?? '',
      sessionToken: role.text('sessionToken') ?? '',
    },
  };
}

/** What a receipt for a role's credentials names. */
export const receiptOf = ({ credentialsId, expiration }: RoleCredentials): CredentialReceipt => ({
  credentialsId,
  expiration,
});
