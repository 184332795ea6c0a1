import type { Acknowledgement, InboundMessage } from '../../machines/session/model.ts';
import type { Random } from '../host/port.ts';
import { type JsonObject, MalformedError, Members, readObject } from '../wire/members.ts';
import { readPayload } from './payload.ts';
import { AcsError } from './port.ts';

/** Messages of ACS that are known and ask nothing of this agent; they still show that ACS is there. */
const others = new Set([
  'HeartbeatAckRequest',
  'AckRequest',
  'NackRequest',
  'IAMRoleCredentialsMessage',
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

/**
 * Reads one frame: `{"type": ..., "message": {...}}`, or an error as `{"<type>": "<text>"}`.
 * Throws {@link AcsError}: `ACS_MALFORMED_FRAME`, or `ACS_UNKNOWN_MESSAGE` for a type of no model.
 */
export function decodeFrame(text: string, random: Random): InboundMessage {
  try {
    return readMessage(readObject(text, 'frame'), random);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new AcsError('ACS_MALFORMED_FRAME', `A message of ACS was dropped: ${error.message}`);
  }
}

function readMessage(frame: JsonObject, random: Random): InboundMessage {
  const head = new Members(frame, 'frame');
  const type = head.text('type') || errorTypeOf(frame);
  if (type === 'PayloadMessage') {
    const body = head.object('message');
    const payload = body && readPayload(body, random);
    return payload ? { kind: 'payload', payload } : { kind: 'other', type };
  }
  if (type === 'HeartbeatMessage') {
    const messageId = head.object('message')?.text('messageId') ?? '';
    return { kind: 'heartbeat', messageId };
  }
  if (others.has(type)) return { kind: 'other', type };
  const shown = type.slice(0, shownOfType);
  throw new AcsError(
    'ACS_UNKNOWN_MESSAGE',
    `A message of ACS was dropped: its type "${shown}" is not known`,
  );
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
      return frameOf('AckRequest', {
        cluster: acknowledgement.clusterArn,
        containerInstance: acknowledgement.containerInstanceArn,
        messageId,
      });
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
