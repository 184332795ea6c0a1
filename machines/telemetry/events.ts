import type { Stamp } from '../names/effects.ts';

export type TelemetryEvent =
  /** What the latest figures are told by waits to be sent. */
  | { type: 'figures.taken' }
  | ({ type: 'connection.opened' } & Stamp)
  | ({ type: 'connection.closed'; clean: boolean; because: string } & Stamp)
  /** An acknowledgement or a heartbeat has come. */
  | ({ type: 'service.heard' } & Stamp)
  /** From the session: ACS says that the container instance is not active. */
  | ({ type: 'instance.inactive' } & Stamp);

/** What telemetry tells its connection. */
export type ConnectionCommand =
  /** Send what waits. */
  | { type: 'backlog.send' }
  /** Tell the instance's status, if the latest is not told yet. */
  | { type: 'status.tell' }
  | { type: 'connection.close'; reason: string };

export interface TelemetryInput {
  containerInstanceArn: string;
}

export interface TelemetryContext {
  containerInstanceArn: string;
  endpoint: string;
  /** When the latest connection opened; null before the first. */
  connectedAt: number | null;
  /** Connections in a row that did not end in good order. */
  attempts: number;
  /** Connections in a row that ended in good order as soon as they were open. */
  useless: number;
  /** Why the service is not connected, and since when; null while it is. */
  trouble: { because: string; since: number } | null;
}

export interface ConnectionInput {
  endpoint: string;
  containerInstanceArn: string;
}

export type Discovered = Stamp & { endpoint: string };
