import type { Stamp } from '../names/effects.ts';
import type { Acknowledgement, InboundMessage } from './model.ts';

export type SessionEvent =
  | ({ type: 'connection.opened' } & Stamp)
  | ({ type: 'connection.closed'; clean: boolean; inactiveInstance: boolean } & Stamp)
  /** `known` holds the ARNs of a payload's tasks that the agent has already. */
  | ({ type: 'message.received'; message: InboundMessage; known: string[] } & Stamp)
  /** From the agent: what it promised is on disk, ACS may know. */
  | { type: 'acknowledge'; acknowledgements: Acknowledgement[] };

/** What the session tells its connection. */
export type ConnectionCommand =
  | { type: 'frame.send'; acknowledgements: Acknowledgement[] }
  | { type: 'connection.close'; reason: string };

export interface SessionInput {
  containerInstanceArn: string;
}

export interface SessionContext {
  containerInstanceArn: string;
  endpoint: string;
  /** ECS sends the credentials of running tasks on the first connection of a process only. */
  hasConnected: boolean;
  connectedAt: number;
  /** Failed connections in a row. */
  attempts: number;
}

export interface ConnectionInput {
  endpoint: string;
  containerInstanceArn: string;
  sendCredentials: boolean;
}

export type Discovered = Stamp & { endpoint: string };
