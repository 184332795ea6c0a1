import type { InboundTelemetry } from '../../machines/telemetry/model.ts';
import { type JsonObject, MalformedError, Members, readObject } from '../wire/members.ts';
import { TcsError } from './port.ts';

/** Messages that show that the service is there; what they say besides is not read. */
const alive = new Set([
  'AckPublishMetric',
  'AckPublishHealth',
  'AckPublishInstanceStatus',
  'HeartbeatMessage',
]);
const errors = new Set([
  'ServerException',
  'BadRequestException',
  'ResourceValidationException',
  'InvalidParameterException',
]);
const others = new Set([
  'StopTelemetrySessionMessage',
  'StartTelemetrySessionRequest',
  'PublishMetricsRequest',
  'PublishHealthRequest',
  'PublishInstanceStatusRequest',
]);

/** As much of a type that is not known, and of an error's text, as is shown. */
const shownOfType = 64;
const shownOfText = 1_024;

/** One frame that the service sends. */
export const frameOf = (type: string, message: object): string => JSON.stringify({ type, message });

/**
 * Reads one frame of the service: `{"type": ..., "message": {...}}`, or an error as
 * `{"<type>": "<text>"}`. Throws {@link TcsError}: `TCS_MALFORMED_FRAME`, or `TCS_UNKNOWN_MESSAGE`
 * for a type of no model.
 */
export function decodeFrame(text: string): InboundTelemetry {
  try {
    return readMessage(readObject(text, 'frame'));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    throw new TcsError('TCS_MALFORMED_FRAME', `A message of TCS was dropped: ${error.message}`);
  }
}

function readMessage(frame: JsonObject): InboundTelemetry {
  const head = new Members(frame, 'frame');
  const type = head.text('type') || '';
  if (type === '') return readShortError(frame);
  if (alive.has(type)) return { kind: 'alive', type };
  if (errors.has(type)) {
    const remark = head.object('message')?.text('message') ?? '';
    return { kind: 'error', type, remark: remark.slice(0, shownOfText) };
  }
  if (others.has(type)) return { kind: 'other', type };
  throw unknown(type);
}

/** The short form of an error: an object whose only member is the error's type. */
function readShortError(frame: JsonObject): InboundTelemetry {
  const [[type, text] = ['', ''], ...rest] = Object.entries(frame);
  if (rest.length > 0 || typeof text !== 'string' || !errors.has(type)) throw unknown(type);
  return { kind: 'error', type, remark: text.slice(0, shownOfText) };
}

const unknown = (type: string): TcsError =>
  new TcsError(
    'TCS_UNKNOWN_MESSAGE',
    `A message of TCS was dropped: its type "${type.slice(0, shownOfType)}" is not known`,
  );

/** What every frame of the agent begins with, in this order: the request's signature. */
const signedNames = ['Authorization', 'Host', 'X-Amz-Date', 'X-Amz-Security-Token'];

/** A request as it is on the wire: signed headers, an empty line, and what they sign. */
export function signedFrame(request: string, headers: Record<string, string>): string {
  const lines = signedNames.flatMap((name) => {
    const value = headers[name.toLowerCase()];
    return value === undefined ? [] : [`${name}: ${value}\r\n`];
  });
  return `${lines.join('')}\r\n${request}`;
}

/** The two parts of an agent's frame; names of headers are in lower case. */
export interface SignedFrame {
  headers: Record<string, string>;
  request: string;
}

/** Takes an agent's frame apart. Throws {@link MalformedError} where it has no signed headers. */
export function splitFrame(frame: string): SignedFrame {
  const end = frame.indexOf('\r\n\r\n');
  if (end < 0 || !frame.startsWith(`${signedNames[0]}: `))
    throw new MalformedError('frame is not signed');
  const lines = frame.slice(0, end).split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(': ');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
  });
  return { headers: Object.fromEntries(headers), request: frame.slice(end + 4) };
}
