import type { RefusedTask, TaskArrival } from '../task/model.ts';

/** Role credentials that came with a payload, as far as their receipt must be acknowledged. */
export interface CredentialReceipt {
  credentialsId: string;
  expiration: string;
}

/** A payload message of the agent communication service (ACS), translated from the wire. */
export interface Payload {
  messageId: string;
  clusterArn: string;
  containerInstanceArn: string;
  tasks: TaskArrival[];
  refused: RefusedTask[];
  credentials: CredentialReceipt[];
}

/** What the agent sends over ACS. */
export type Acknowledgement =
  /** `received` says that a message is here, and no more; so does a receipt of a payload. */
  | {
      kind: 'payload' | 'received';
      messageId: string;
      clusterArn: string;
      containerInstanceArn: string;
    }
  | {
      kind: 'nack';
      reason: string;
      messageId: string;
      clusterArn: string;
      containerInstanceArn: string;
    }
  | { kind: 'credentials'; messageId: string; credentialsId: string; expiration: string }
  | { kind: 'heartbeat'; messageId: string };

/** What arrives over ACS. `other` is a message that is known but asks nothing of this agent. */
export type InboundMessage =
  | { kind: 'payload'; payload: Payload }
  | { kind: 'heartbeat'; messageId: string }
  /** New keys for a role; what holds them has them already. */
  | { kind: 'credentials'; messageId: string; receipt: CredentialReceipt }
  | { kind: 'other'; type: string };
