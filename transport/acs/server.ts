import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { MalformedError } from '../wire/members.ts';
import { decodeAcknowledgement, frameOf } from './codec.ts';
import type { WireTask } from './task-definition.ts';

/** What the local control plane hears of its container instance. */
export interface AcsServerListener {
  connected(containerInstanceArn: string): void;
  acknowledged(acknowledgement: { type: string; messageId: string }): void;
  disconnected(): void;
}

/** One payload message as it is sent. */
export interface PayloadFrame {
  messageId: string;
  seqNum: number;
  clusterArn: string;
  containerInstanceArn: string;
  /** Epoch milliseconds. */
  generatedAt: number;
  tasks: WireTask[];
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
    this.#current?.send(frameOf('PayloadMessage', frame));
  }

  heartbeat(messageId: string): void {
    this.#current?.send(frameOf('HeartbeatMessage', { messageId, healthy: true }));
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
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
