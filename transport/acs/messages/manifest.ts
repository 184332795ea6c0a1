import type { InboundMessage } from '../../../machines/session/model.ts';
import type { Members } from '../../wire/members.ts';
import { InvalidMessage, readAddressed, required } from './addressed.ts';

/** Reads a `TaskManifestMessage`. Throws `InvalidMessage` for one without a place in the order. */
export function readManifest(body: Members): InboundMessage {
  const addressed = readAddressed(body);
  const timeline = body.whole('timeline');
  if (timeline === null) throw new InvalidMessage('it has no timeline');
  const running = body
    .entries('tasks')
    .filter((task) => task.text('desiredStatus') === 'RUNNING')
    .flatMap((task) => task.text('taskArn') || []);
  return { kind: 'manifest', manifest: { ...addressed, timeline, running } };
}

/** Reads a `TaskStopVerificationAck`: it needs no more than the id of the manifest it is about. */
export const readStopVerified = (body: Members): InboundMessage => ({
  kind: 'stopVerified',
  messageId: required(body, 'messageId'),
  taskArns: body.entries('stopTasks').flatMap((task) => task.text('taskArn') || []),
});
