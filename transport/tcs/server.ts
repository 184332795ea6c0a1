import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Published } from '../../machines/plane/model.ts';
import { MalformedError } from '../wire/members.ts';
import { frameOf, splitFrame } from './codec.ts';
import { decodeRequest } from './published.ts';

/**
 * The control plane's end of TCS: acknowledges what it is told, and says what it does not take. Give
 * it the `upgrade` events of an HTTP server.
 */
export class TcsServer {
  readonly #heard: (published: Published) => void;
  readonly #sockets = new WebSocketServer({ noServer: true });

  constructor(heard: (published: Published) => void) {
    this.#heard = heard;
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, (socket) => this.#serve(socket));
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #serve(socket: WebSocket): void {
    socket.on('message', (data) => socket.send(this.#answerTo(String(data))));
    socket.on('error', () => socket.terminate());
  }

  #answerTo(frame: string): string {
    try {
      const { acknowledgement, published } = decodeRequest(splitFrame(frame).request);
      this.#heard(published);
      return frameOf(acknowledgement, {});
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      return frameOf('BadRequestException', { message: error.message });
    }
  }
}
