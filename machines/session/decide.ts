import type { ForAgent } from './events.ts';
import type { Acknowledgement, InboundMessage } from './model.ts';

/** A message with what is known of the tasks that it is about. */
export interface Received {
  message: InboundMessage;
  known: string[];
  at: number;
}

/** What a message is answered with as soon as it is here. */
export function answerTo({ message, known }: Received): Acknowledgement[] {
  switch (message.kind) {
    case 'heartbeat':
      return [{ kind: 'heartbeat', messageId: message.messageId }];
    case 'credentials': {
      const { kind, messageId, receipt } = message;
      // Keys of a task that is not known were not kept: ACS is to send them again.
      return known.length === 0 ? [] : [{ kind, messageId, ...receipt }];
    }
    case 'attachment': {
      const { messageId, clusterArn, containerInstanceArn } = message.attachment;
      // It says that the message is here, not that anything is attached.
      return [{ kind: 'received', messageId, clusterArn, containerInstanceArn }];
    }
    default:
      return [];
  }
}

/** What the agent is told of a message; null for one that is not for the agent as a whole. */
export function forwarded({ message, known, at }: Received): ForAgent | null {
  switch (message.kind) {
    case 'payload':
      return { type: 'payload.received', payload: message.payload, known, at };
    case 'manifest':
      return { type: 'manifest.received', manifest: message.manifest, known };
    case 'stopVerified':
      return { type: 'stop.verified', messageId: message.messageId, known, at };
    default:
      return null;
  }
}
