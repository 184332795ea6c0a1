import type { Addressed } from '../../../machines/session/model.ts';
import type { Members } from '../../wire/members.ts';

/** Why a message of the model is not valid: it is not acknowledged, and asks for nothing. */
export class InvalidMessage extends Error {}

/** The text that a message must have. Throws {@link InvalidMessage}. */
export function required(body: Members, name: string): string {
  const text = body.text(name);
  if (!text) throw new InvalidMessage(`it has no ${name}`);
  return text;
}

/** Whom a message is from and for. Throws {@link InvalidMessage} where a part is missing. */
export const readAddressed = (body: Members): Addressed => ({
  messageId: required(body, 'messageId'),
  clusterArn: required(body, 'clusterArn'),
  containerInstanceArn: required(body, 'containerInstanceArn'),
});
