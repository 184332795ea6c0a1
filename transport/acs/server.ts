import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Acknowledgement, Addressed, StopCandidate } from '../../machines/session/model.ts';
import type { AwsKeys } from '../wire/credentials.ts';
import { MalformedError } from '../wire/members.ts';
import { decodeAcknowledgement, frameOf } from './codec.ts';
import type { RoleCredentials } from './port.ts';
import type { WireTask } from './task-definition.ts';

/** What the local control plane hears of its container instance. */
export interface AcsServerListener {
  connected(containerInstanceArn: string): void;
  acknowledged(acknowledgement: Acknowledgement): void;
  disconnected(): void;
}

/** What each frame of the control plane begins with. */
interface Frame extends Addressed {
  /** Epoch milliseconds. */
  generatedAt: number;
}

/** One payload message as it is sent. */
export interface PayloadFrame extends Frame {
  seqNum: number;
  tasks: WireTask[];
}

/** One manifest as it is sent. */
export interface ManifestFrame extends Frame {
  timeline: number;
  tasks: { taskArn: string; taskClusterArn: string; desiredStatus: string }[];
}

/** New keys for a role of a task as they are sent. */
export interface CredentialsFrame {
  messageId: string;
  taskArn: string;
  roleType: 'TaskApplication' | 'TaskExecution';
  roleCredentials: Omit<RoleCredentials, 'keys'> & Omit<AwsKeys, 'expiration'>;
}

/**
 * The control plane's end of ACS, for one container instance: the latest connection is the one that
 * counts. Give it the `upgrade` events of an HTTP server.
 */
export class AcsServer {
  readonly #listener: AcsServerListener;
  readonly #sockets = new WebSocketServer({ noServer: true });
  #current: WebSocket | null = null;

  constructor(listener: AcsServerListener) {
    this.#listener = listener;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      const query = new URLSearchParams(request.url?.split('?')[1]);
      this.#serve(socket, query.get('containerInstanceArn') ?? '');
    });
  }

  payload(frame: PayloadFrame): void {
    this.#send('PayloadMessage', frame);
  }

  manifest(frame: ManifestFrame): void {
    this.#send('TaskManifestMessage', frame);
  }

  /** Says which of the tasks that the agent asked about are to stop. */
  verified(frame: { messageId: string; generatedAt: number; stopTasks: StopCandidate[] }): void {
    this.#send('TaskStopVerificationAck', frame);
  }

  credentials(frame: CredentialsFrame): void {
    this.#send('IAMRoleCredentialsMessage', frame);
  }

  heartbeat(messageId: string): void {
    this.#send('HeartbeatMessage', { messageId, healthy: true });
  }

  /** Breaks the connection off, as a network does. */
  drop(): void {
    this.#current?.terminate();
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #send(type: string, message: object): void {
    this.#current?.send(frameOf(type, message));
  }

  #serve(socket: WebSocket, containerInstanceArn: string): void {
    this.#current?.close(1000);
    this.#current = socket;
    socket.on('message', (data) => {
      try {
        this.#listener.acknowledged(decodeAcknowledgement(String(data)));
      } catch (error) {
        // What is not understood is dropped, and the connection stays, as at the agent's end.
        if (!(error instanceof MalformedError)) throw error;
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#current !== socket) return;
      this.#current = null;
      this.#listener.disconnected();
    });
    this.#listener.connected(containerInstanceArn);
  }
}
