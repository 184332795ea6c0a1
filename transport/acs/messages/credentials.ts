import type { CredentialReceipt, InboundMessage } from '../../../machines/session/model.ts';
import type { Members } from '../../wire/members.ts';
import type { TaskRole } from '../port.ts';
import { InvalidMessage, required } from './addressed.ts';

const roleTypes = ['TaskApplication', 'TaskExecution'];

/** Reads an `IAMRoleCredentialsMessage`: new keys for a role of a task. */
export function readCredentials(body: Members): {
  message: InboundMessage;
  roles: TaskRole[];
} {
  const messageId = required(body, 'messageId');
  const taskArn = required(body, 'taskArn');
  if (!roleTypes.includes(required(body, 'roleType')))
    throw new InvalidMessage('its roleType is not known');
  const credentials = body.object('roleCredentials');
  const role = credentials && readRole(credentials, taskArn);
  if (!role) throw new InvalidMessage('it has no credentialsId');
  return {
    message: { kind: 'credentials', messageId, taskArn, receipt: receiptOf(role) },
    roles: [role],
  };
}

/** Reads the credentials of a role of a task; null where they have no id. */
export function readRole(role: Members, taskArn: string): TaskRole | null {
  const credentialsId = role.text('credentialsId');
  if (!credentialsId) return null;
  return {
    taskArn,
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
export const receiptOf = ({ credentialsId, expiration }: CredentialReceipt): CredentialReceipt => ({
  credentialsId,
  expiration,
});
