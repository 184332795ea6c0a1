import { AgentError } from '../../machines/names/errors.ts';
import type { InboundTelemetry, Publication } from '../../machines/telemetry/model.ts';

/** What the agent says of itself when it opens a connection to TCS. */
export interface TcsAddress {
  endpoint: string;
  cluster: string;
  containerInstanceArn: string;
  /** The Engine's version, e.g. `20.10.24`; null where it is not known. */
  dockerVersion: string | null;
}

/** What happens on a connection, in order: `opened` once, then messages, then one `closed`. */
export interface TcsListener {
  opened(): void;
  message(message: InboundTelemetry): void;
  /** A frame that is not a message of TCS; the connection stays. */
  malformed(error: TcsError): void;
  /** `clean`: ended by the peer in good order, so that reconnecting at once is right. */
  closed(end: { clean: boolean; reason: string }): void;
}

/** One open or opening connection. */
export interface TcsConnection {
  /**
   * Tells the service, in as many requests as it takes, each stamped with the time it is made at.
   * Answers whether all have left; after one that has not, the rest is not sent. Rejects where the
   * requests cannot be signed.
   */
  publish(publication: Publication): Promise<boolean>;
  /** Sends a close frame and waits for the peer to end the connection. */
  close(code: number, reason: string): void;
  /** Ends the connection now; `closed` tells it as not clean. */
  terminate(): void;
}

/** The telemetry service (TCS) of Amazon ECS. */
export interface TcsPort {
  connect(address: TcsAddress, listener: TcsListener): TcsConnection;
}

/** Codes: `TCS_MALFORMED_FRAME`, `TCS_UNKNOWN_MESSAGE`, `TCS_NO_ENDPOINT`. */
export class TcsError extends AgentError {}
