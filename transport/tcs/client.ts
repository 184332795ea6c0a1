import type { Publication } from '../../machines/telemetry/model.ts';
import type { Clock } from '../host/port.ts';
import { type Signer, signedMessage } from '../signing/sigv4.ts';
import { SignedSocket, socketUrl } from '../signing/websocket.ts';
import type { Wire } from '../wire/http.ts';
import { decodeFrame, signedFrame } from './codec.ts';
import {
  type TcsAddress,
  type TcsConnection,
  TcsError,
  type TcsListener,
  type TcsPort,
} from './port.ts';
import { requestsOf } from './requests.ts';

/** How the agent presents itself to TCS. */
export interface TcsOptions extends Omit<Signer, 'service'> {
  agentVersion: string;
  agentHash: string;
  clock: Clock;
  wire: Wire;
}

/** How long the service may take to end a connection that is too old or silent. */
const closingMs = 180_000;

/** TCS over websockets, each connection opened with a signed request, and each frame signed. */
export const tcsClient = (options: TcsOptions): TcsPort => ({
  connect: (address, listener) => new Connection(options, address, listener),
});

/** The address of the websocket, with what TCS wants to know of the agent in its query. */
export function tcsUrl(address: TcsAddress, { agentHash, agentVersion }: TcsOptions): URL {
  const { endpoint, cluster, containerInstanceArn, dockerVersion } = address;
  return socketUrl(endpoint, {
    agentHash,
    agentVersion,
    cluster,
    containerInstance: containerInstanceArn,
    ...(dockerVersion !== null && { dockerVersion }),
  });
}

class Connection implements TcsConnection {
  readonly #options: TcsOptions;
  readonly #address: TcsAddress;
  readonly #socket: SignedSocket;
  /** The last frame that was given out; one leaves after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: TcsOptions, address: TcsAddress, listener: TcsListener) {
    this.#options = options;
    this.#address = address;
    const url = () => tcsUrl(address, options);
    const { clock, wire } = options;
    this.#socket = new SignedSocket(
      { service: 'TCS', url, signer: options, clock, wire, closingMs },
      {
        opened: () => listener.opened(),
        heard: (text) => hear(text, listener),
        closed: ({ clean, reason }) => listener.closed({ clean, reason }),
      },
    );
  }

  publish(publication: Publication): Promise<boolean> {
    const sent = this.#last.then(() => this.#publish(publication));
    this.#last = sent.catch(() => {});
    return sent;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(): void {
    this.#socket.terminate();
  }

  async #publish(publication: Publication): Promise<boolean> {
    const { cluster, containerInstanceArn } = this.#address;
    const at = this.#options.clock.now();
    for (const request of requestsOf(publication, { cluster, containerInstanceArn, at }))
      if (!(await this.#send(request))) return false;
    return true;
  }

  /** Keys are asked for anew for each frame, as they may have changed since the connection began. */
  async #send(request: string): Promise<boolean> {
    const signer = { ...this.#options, service: 'ecs' };
    const message = { url: tcsUrl(this.#address, this.#options), body: request };
    const headers = await signedMessage(message, signer, this.#options.clock.now());
    return await this.#socket.send(signedFrame(request, headers));
  }
}

function hear(text: string, listener: TcsListener): void {
  try {
    listener.message(decodeFrame(text));
  } catch (error) {
    if (!(error instanceof TcsError)) throw error;
    listener.malformed(error);
  }
}
