import { AgentError } from '../../machines/names/errors.ts';
import type { Acknowledgement, InboundMessage } from '../../machines/session/model.ts';
import type { AwsKeys } from '../wire/credentials.ts';

/** The keys of a role that a task acts in, or that the agent acts in for it. */
export interface RoleCredentials {
  credentialsId: string;
  roleArn: string;
  /** As ECS writes it, e.g. `2030-01-01T00:00:00Z`. */
  expiration: string;
  keys: AwsKeys;
}

/** The same of a task that is named. */
export interface TaskRole extends RoleCredentials {
  taskArn: string;
}

/** What the agent says of itself when it opens a connection to ACS. */
export interface AcsAddress {
  endpoint: string;
  cluster: string;
  containerInstanceArn: string;
  /** True until the process has connected once: ECS then sends the credentials of running tasks. */
  sendCredentials: boolean;
  /** The Engine's version, e.g. `20.10.24`; null where it is not known. */
  dockerVersion: string | null;
}

/** What happens on a connection, in order: `opened` once, then messages, then one `closed`. */
export interface AcsListener {
  opened(): void;
  /** A message, and the keys of the roles that came with it: those are for memory only. */
  message(message: InboundMessage, roles: TaskRole[]): void;
  /** A frame that is not a message of ACS; the connection stays. */
  malformed(error: AcsError): void;
  /** `clean`: ended by the peer in good order, so that reconnecting at once is right. */
  closed(end: { clean: boolean; inactiveInstance: boolean; reason: string }): void;
}

/** One open or opening connection. */
export interface AcsConnection {
  send(acknowledgement: Acknowledgement): void;
  /** Sends a close frame and waits for the peer to end the connection. */
  close(code: number, reason: string): void;
  /** Ends the connection now; `closed` tells it as not clean. */
  terminate(): void;
}

/** The agent communication service (ACS) of Amazon ECS. */
export interface AcsPort {
  connect(address: AcsAddress, listener: AcsListener): AcsConnection;
  /** Resolves once all that was sent on any connection has left this process, or cannot any more. */
  flushed(): Promise<void>;
}

/** Codes: `ACS_MALFORMED_FRAME`, `ACS_UNKNOWN_MESSAGE`. */
export class AcsError extends AgentError {}
