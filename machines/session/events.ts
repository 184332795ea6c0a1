import type { Stamp } from '../names/effects.ts';
import type { Acknowledgement, InboundMessage, Manifest, Payload } from './model.ts';

export type SessionEvent =
  | ({ type: 'connection.opened' } & Stamp)
  | ({ type: 'connection.closed'; clean: boolean; inactiveInstance: boolean } & Stamp)
  /**
   * `known` holds ARNs of tasks that the agent has: of those the message names, or for a manifest of
   * all that it wants running.
   */
  | ({ type: 'message.received'; message: InboundMessage; known: string[] } & Stamp)
  /** From the agent: what it promised is on disk; or from its updater. ACS may know. */
  | { type: 'acknowledge'; acknowledgements: Acknowledgement[] };

/** What the session hands on to the agent; `known` as it came with the message. */
export type ForAgent =
  | { type: 'payload.received'; payload: Payload; known: string[]; at: number }
  | { type: 'manifest.received'; manifest: Manifest; known: string[] }
  | { type: 'stop.verified'; messageId: string; known: string[]; at: number };

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
