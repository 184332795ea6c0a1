import type { Acknowledgement, Addressed } from '../../../machines/session/model.ts';
import { MalformedError, Members, readObject } from '../../wire/members.ts';

/** One frame of ACS, in either direction. */
export const frameOf = (type: string, message: object): string => JSON.stringify({ type, message });

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
      return frameOf('AckRequest', receiptOf(acknowledgement));
    case 'nack':
      return frameOf('NackRequest', {
        ...receiptOf(acknowledgement),
        reason: acknowledgement.reason,
      });
    case 'stopVerification':
      return frameOf('TaskStopVerificationMessage', {
        messageId,
        stopCandidates: acknowledgement.stopCandidates,
      });
  }
}

const receiptOf = ({ messageId, clusterArn, containerInstanceArn }: Addressed) => ({
  cluster: clusterArn,
  containerInstance: containerInstanceArn,
  messageId,
});

/**
 * What the control plane hears of the agent. Throws {@link MalformedError}, also for a type that an
 * agent does not send. An `AckRequest` does not say of what: it is `received`.
 */
export function decodeAcknowledgement(text: string): Acknowledgement {
  const head = new Members(readObject(text, 'frame'), 'frame');
  const body = head.object('message') ?? new Members({}, 'frame.message');
  const textOf = (name: string) => body.text(name) ?? '';
  const messageId = textOf('messageId');
  const addressed = {
    messageId,
    clusterArn: textOf('cluster'),
    containerInstanceArn: textOf('containerInstance'),
  };
  switch (head.text('type')) {
    case 'HeartbeatAckRequest':
      return { kind: 'heartbeat', messageId };
    case 'IAMRoleCredentialsAckRequest': {
      const [credentialsId, expiration] = [textOf('credentialsId'), textOf('expiration')];
      return { kind: 'credentials', messageId, credentialsId, expiration };
    }
    case 'AckRequest':
      return { kind: 'received', ...addressed };
    case 'NackRequest':
      return { kind: 'nack', ...addressed, reason: textOf('reason') };
    case 'TaskStopVerificationMessage':
      return { kind: 'stopVerification', messageId, stopCandidates: candidatesOf(body) };
    default:
      throw new MalformedError('frame.type must be one that an agent sends');
  }
}

const candidatesOf = (body: Members) =>
  body.entries('stopCandidates').map((candidate) => ({
    taskArn: candidate.text('taskArn') ?? '',
    taskClusterArn: candidate.text('taskClusterArn') ?? '',
    desiredStatus: 'STOPPED' as const,
  }));
