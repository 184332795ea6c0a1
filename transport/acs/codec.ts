import type { Acknowledgement, InboundMessage } from '../../machines/session/model.ts';
import type { Random } from '../host/port.ts';
import { type JsonObject, MalformedError, Members, readObject } from '../wire/members.ts';
import { readPayload, readRole, receiptOf } from './payload.ts';
import { AcsError, type RoleCredentials } from './port.ts';

/** Messages of ACS that are known and ask nothing of this agent; they still show that ACS is there. */
const others = new Set([
  'HeartbeatAckRequest',
  'AckRequest',
  'NackRequest',
  'IAMRoleCredentialsAckRequest',
  'AttachTaskNetworkInterfacesMessage',
  'AttachInstanceNetworkInterfacesMessage',
  'ConfirmAttachmentMessage',
  'TaskManifestMessage',
  'TaskStopVerificationMessage',
  'TaskStopVerificationAck',
  'StageUpdateMessage',
  'PerformUpdateMessage',
  'CloseMessage',
  'ErrorMessage',
  'ServerException',
  'BadRequestException',
  'InvalidClusterException',
  'InvalidInstanceException',
  'AccessDeniedException',
  'InactiveInstanceException',
]);

/** As much of an unknown type as is shown; the longest known one has 38 characters. */
const shownOfType = 64;

/** A message, and the keys of roles that came with it. */
export interface DecodedFrame {
  message: InboundMessage;
  roles: RoleCredentials[];
}

/**
 * Reads one frame: `{"type": ..., "message": {...}}`, or an error as `{"<type>": "<text>"}`.
 * Throws {@link AcsError}: `ACS_MALFORMED_FRAME`, or `ACS_UNKNOWN_MESSAGE` for a type of no model.
 */
export function decodeFrame(text: string, random: Random): DecodedFrame {
  try {
    return readMessage(readObject(text, 'frame'), random);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new AcsError('ACS_MALFORMED_FRAME', `A message of ACS was dropped: ${error.message}`);
  }
}

function readMessage(frame: JsonObject, random: Random): DecodedFrame {
  const head = new Members(frame, 'frame');
  const type = head.text('type') || errorTypeOf(frame);
  if (type === 'PayloadMessage') {
    const body = head.object('message');
    const read = body && readPayload(body, random);
    if (!read) return other(type);
    return { message: { kind: 'payload', payload: read.payload }, roles: read.roles };
  }
  if (type === 'HeartbeatMessage') {
    const messageId = head.object('message')?.text('messageId') ?? '';
    return { message: { kind: 'heartbeat', messageId }, roles: [] };
  }
  if (type === 'IAMRoleCredentialsMessage') return readCredentials(type, head.object('message'));
  if (others.has(type)) return other(type);
  const shown = type.slice(0, shownOfType);
  throw new AcsError(
    'ACS_UNKNOWN_MESSAGE',
    `A message of ACS was dropped: its type "${shown}" is not known`,
  );
}

const other = (type: string): DecodedFrame => ({ message: { kind: 'other', type }, roles: [] });

const roleTypes = ['TaskApplication', 'TaskExecution'];

/** New keys for a role of a task; a message that does not say whose they are is not answered. */
function readCredentials(type: string, body: Members | null): DecodedFrame {
  const role = body?.object('roleCredentials');
  const read = role && readRole(role);
  const messageId = body?.text('messageId');
  const isWhose = body?.text('taskArn') && roleTypes.includes(body.text('roleType') ?? '');
  if (!read || !messageId || !isWhose) return other(type);
  const message = { kind: 'credentials' as const, messageId, receipt: receiptOf(read) };
  return { message, roles: [read] };
}

/** The short form of an error: an object whose only member is the error's type. */
function errorTypeOf(frame: JsonObject): string {
  const [[type, text] = ['', ''], ...rest] = Object.entries(frame);
  return rest.length === 0 && typeof text === 'string' ? type : '';
}

/** Whether a refusal's body says that the container instance is not active. */
export function saysInactive(body: string): boolean {
  return body.includes('InactiveInstanceException');
}

/** What the agent sends, as a frame. */
export function encodeAcknowledgement(acknowledgement: Acknowledgement): string {
  const { kind, messageId } = acknowledgement;
  switch (kind) {
    case 'heartbeat':
      return frameOf('HeartbeatAckRequest', { messageId });
    case 'credentials': {
      const { credentialsId, expiration } = acknowledgement;
      return frameOf('IAMRoleCredentialsAckRequest', { messageId, expiration, credentialsId });
    }
    case 'payload':
    case 'received':
    case 'nack': {
      const { clusterArn: cluster, containerInstanceArn: containerInstance } = acknowledgement;
      const order = { cluster, containerInstance, messageId };
      return kind === 'nack'
        ? frameOf('NackRequest', { ...order, reason: acknowledgement.reason })
        : frameOf('AckRequest', order);
    }
  }
}

/** One frame of ACS, in either direction. */
export const frameOf = (type: string, message: object): string => JSON.stringify({ type, message });

/**
 * What the control plane hears of the agent: which message it acknowledges, by which type. Throws
 * {@link MalformedError}.
 */
export function decodeAcknowledgement(text: string): { type: string; messageId: string } {
  const head = new Members(readObject(text, 'frame'), 'frame');
  return {
    type: head.text('type') ?? '',
    messageId: head.object('message')?.text('messageId') ?? '',
  };
}
