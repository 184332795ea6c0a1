import type { RefusedTask, TaskArrival } from '../task/model.ts';

/** Role credentials that came with a payload, as far as their receipt must be acknowledged. */
export interface CredentialReceipt {
  credentialsId: string;
  expiration: string;
}

/** Whom a message of ACS is from and for; a receipt names all three again. */
export interface Addressed {
  messageId: string;
  clusterArn: string;
  containerInstanceArn: string;
}

/** A payload message of the agent communication service (ACS), translated from the wire. */
export interface Payload extends Addressed {
  /** Its place in the one order of payloads and manifests; null where it names none. */
  seqNum: number | null;
  tasks: TaskArrival[];
  refused: RefusedTask[];
  credentials: CredentialReceipt[];
}

/** All that ECS wants of this container instance at one time. */
export interface Manifest extends Addressed {
  /** Its place in the one order of payloads and manifests. */
  timeline: number;
  /** ARNs of the tasks that are wanted running. */
  running: string[];
}

/** A task that may have to stop, as the agent asks ECS about it. */
export interface StopCandidate {
  taskArn: string;
  taskClusterArn: string;
  desiredStatus: 'STOPPED';
}

/** Something that ECS attaches to the instance or to a task, and then wants to hear of. */
export interface Attachment extends Addressed {
  /** What is attached; `ignored` is of a kind of which the agent has to do nothing. */
  of: 'taskInterface' | 'instanceInterface' | 'volume' | 'ignored';
  /** The task it is for; null for one of the instance. */
  taskArn: string | null;
  /** By what it is known: MAC addresses of interfaces, the id of a volume. */
  ids: string[];
  /** How long ECS waits to hear that it is attached. */
  waitTimeoutMs: number;
}

/** An order to fetch a new version of the agent, or to start the one that was fetched. */
export interface UpdateRequest extends Addressed {
  /** Where it is and its SHA-256 in hex, either '' where it is missing; null where both are. */
  update: { location: string; signature: string } | null;
}

/** What the agent sends over ACS. `received` says that a message is here, and no more. */
export type Acknowledgement =
  | ({ kind: 'payload' | 'received' } & Addressed)
  | ({ kind: 'nack'; reason: string } & Addressed)
  | { kind: 'credentials'; messageId: string; credentialsId: string; expiration: string }
  | { kind: 'heartbeat'; messageId: string }
  /** Asks ECS whether these tasks are to stop, which a manifest does not list. */
  | { kind: 'stopVerification'; messageId: string; stopCandidates: StopCandidate[] };

/** What arrives over ACS. */
export type InboundMessage =
  | { kind: 'payload'; payload: Payload }
  | { kind: 'heartbeat'; messageId: string }
  /** New keys for a role of a task; what holds them has them already. */
  | { kind: 'credentials'; messageId: string; taskArn: string; receipt: CredentialReceipt }
  | { kind: 'manifest'; manifest: Manifest }
  /** The answer to a `stopVerification`: ECS says which tasks are to stop. */
  | { kind: 'stopVerified'; messageId: string; taskArns: string[] }
  | { kind: 'attachment'; attachment: Attachment }
  | { kind: 'stageUpdate' | 'performUpdate'; request: UpdateRequest }
  /** A message that nothing follows from: ACS tells of an error, or why it is not valid, in words. */
  | { kind: 'other'; type: string; is: 'error' | 'invalid'; remark: string };
