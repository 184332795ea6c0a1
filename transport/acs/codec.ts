import type { InboundMessage } from '../../machines/session/model.ts';
import type { Random } from '../host/port.ts';
import { type JsonObject, MalformedError, Members, readObject } from '../wire/members.ts';
import { InvalidMessage } from './messages/addressed.ts';
import {
  readAttachment,
  readInstanceInterfaces,
  readTaskInterfaces,
} from './messages/attachment.ts';
import { readCredentials } from './messages/credentials.ts';
import { readManifest, readStopVerified } from './messages/manifest.ts';
import { readUpdate } from './messages/update.ts';
import { readPayload } from './payload.ts';
import { AcsError, type AcsListener, type TaskRole } from './port.ts';

export {
  decodeAcknowledgement,
  encodeAcknowledgement,
  frameOf,
} from './messages/acknowledgement.ts';

/** A message, and the keys of roles that came with it. */
export interface DecodedFrame {
  message: InboundMessage;
  roles: TaskRole[];
}

type Reader = (body: Members, random: Random) => DecodedFrame;

const keyless =
  (read: (body: Members) => InboundMessage): Reader =>
  (body) => ({ message: read(body), roles: [] });

const otherwise = (type: string, is: 'error' | 'invalid', remark: string): DecodedFrame => ({
  message: { kind: 'other', type, is, remark },
  roles: [],
});

/** An agent sends these itself. */
const fromAgents = [
  'HeartbeatAckRequest',
  'AckRequest',
  'NackRequest',
  'IAMRoleCredentialsAckRequest',
  'TaskStopVerificationMessage',
].map((type): [string, Reader] => [
  type,
  () => otherwise(type, 'invalid', 'it is one that agents send'),
]);

/** As much of an error's text, and of an unknown type, as is shown. */
const shownOfError = 512;
const shownOfType = 64;

/** ACS tells of these and says no more than a text. */
const errors = [
  'CloseMessage',
  'ErrorMessage',
  'ServerException',
  'BadRequestException',
  'InvalidClusterException',
  'InvalidInstanceException',
  'AccessDeniedException',
  'InactiveInstanceException',
].map((type): [string, Reader] => [
  type,
  (body) => otherwise(type, 'error', (body.text('message') ?? '').slice(0, shownOfError)),
]);

/** How each message of the model (ACS, protocol version 2) is read, by its type. */
const readers = new Map<string, Reader>([
  [
    'PayloadMessage',
    (body, random) => {
      const { payload, roles } = readPayload(body, random);
      return { message: { kind: 'payload', payload }, roles };
    },
  ],
  [
    'HeartbeatMessage',
    keyless((body) => ({ kind: 'heartbeat', messageId: body.text('messageId') ?? '' })),
  ],
  ['IAMRoleCredentialsMessage', readCredentials],
  ['TaskManifestMessage', keyless(readManifest)],
  ['TaskStopVerificationAck', keyless(readStopVerified)],
  ['AttachTaskNetworkInterfacesMessage', keyless(readTaskInterfaces)],
  ['AttachInstanceNetworkInterfacesMessage', keyless(readInstanceInterfaces)],
  ['ConfirmAttachmentMessage', keyless(readAttachment)],
  ['StageUpdateMessage', keyless((body) => ({ kind: 'stageUpdate', request: readUpdate(body) }))],
  [
    'PerformUpdateMessage',
    keyless((body) => ({ kind: 'performUpdate', request: readUpdate(body) })),
  ],
  ...fromAgents,
  ...errors,
]);

/**
 * Reads one frame: `{"type": ..., "message": {...}}`, or an error as `{"<type>": "<text>"}`. A message
 * that is not valid is read as one from which nothing follows. Throws nothing but {@link AcsError}:
 * `ACS_MALFORMED_FRAME`, or `ACS_UNKNOWN_MESSAGE` for a type of no model.
 */
export function decodeFrame(text: string, random: Random): DecodedFrame {
  try {
    return readMessage(readObject(text, 'frame'), random);
  } catch (error) {
    if (error instanceof AcsError) throw error;
    // Whatever else a frame brings about, it must not end the agent. An error that is not of our
    // making is told by its name only: its text may quote the frame.
    const why =
      error instanceof MalformedError ? error.message : `reading it failed (${nameOf(error)})`;
    throw new AcsError('ACS_MALFORMED_FRAME', `A message of ACS was dropped: ${why}`);
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** Reads a frame and tells it to a listener, whatever it is. */
export function hearFrame(text: string, random: Random, listener: AcsListener): void {
  let frame: DecodedFrame;
  try {
    frame = decodeFrame(text, random);
  } catch (error) {
    listener.malformed(error as AcsError);
    return;
  }
  listener.message(frame.message, frame.roles);
}

function readMessage(frame: JsonObject, random: Random): DecodedFrame {
  const head = new Members(frame, 'frame');
  const type = head.text('type');
  if (!type) return readShort(frame, random);
  return readBody(type, head.object('message') ?? new Members({}, 'frame.message'), random);
}

/** The short form of an error: an object whose only member is the error's type. */
function readShort(frame: JsonObject, random: Random): DecodedFrame {
  const [[type, message] = ['', ''], ...rest] = Object.entries(frame);
  const isShort = rest.length === 0 && typeof message === 'string';
  return readBody(isShort ? type : '', new Members({ message }, 'frame'), random);
}

function readBody(type: string, body: Members, random: Random): DecodedFrame {
  const read = readers.get(type);
  if (!read) {
    const what = type ? `its type "${type.slice(0, shownOfType)}" is not known` : 'it has no type';
    throw new AcsError('ACS_UNKNOWN_MESSAGE', `A message of ACS was dropped: ${what}`);
  }
  try {
    return read(body, random);
  } catch (error) {
    if (!(error instanceof InvalidMessage)) throw error;
    return otherwise(type, 'invalid', error.message);
  }
}

/** Whether a text that came with the end of a connection says that the instance is not active. */
export const saysInactive = (text: string): boolean => text.includes('InactiveInstanceException');
