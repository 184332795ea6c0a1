import type { Clock, Random } from '../host/port.ts';
import type { Signer } from '../signing/sigv4.ts';
import { SignedSocket, socketUrl } from '../signing/websocket.ts';
import type { Wire } from '../wire/http.ts';
import { encodeAcknowledgement, hearFrame, saysInactive } from './codec.ts';
import type { AcsAddress, AcsConnection, AcsListener, AcsPort } from './port.ts';

/** How the agent presents itself to ACS. */
export interface AcsOptions extends Omit<Signer, 'service'> {
  agentVersion: string;
  agentHash: string;
  clock: Clock;
  random: Random;
  wire: Wire;
}

/** ACS over websockets, each connection opened with a signed request. */
export function acsClient(options: AcsOptions): AcsPort {
  const leaving = new Set<Promise<unknown>>();
  const sent = (frame: Promise<unknown>) => {
    leaving.add(frame);
    void frame.then(() => leaving.delete(frame));
  };
  return {
    connect: (address, listener) => connect({ ...options, sent }, address, listener),
    flushed: async () => void (await Promise.all(leaving)),
  };
}

/** With whoever wants to know when a frame has left. */
type ConnectionOptions = AcsOptions & { sent(frame: Promise<unknown>): void };

/** The address of the websocket, with what ACS wants to know of the agent in its query. */
export function acsUrl(address: AcsAddress, { agentHash, agentVersion }: AcsOptions): URL {
  const { endpoint, cluster, containerInstanceArn, dockerVersion, sendCredentials } = address;
  return socketUrl(endpoint, {
    agentHash,
    agentVersion,
    clusterArn: cluster,
    containerInstanceArn,
    ...(dockerVersion !== null && { dockerVersion: `DockerVersion: ${dockerVersion}` }),
    protocolVersion: '2',
    sendCredentials: String(sendCredentials),
    seqNum: '1',
  });
}

function connect(
  options: ConnectionOptions,
  address: AcsAddress,
  listener: AcsListener,
): AcsConnection {
  const { clock, wire, random, sent } = options;
  const socket = new SignedSocket(
    { service: 'ACS', url: () => acsUrl(address, options), signer: options, clock, wire },
    {
      opened: () => listener.opened(),
      heard: (text) => hearFrame(text, random, listener),
      closed: ({ clean, said, reason }) =>
        listener.closed({ clean, inactiveInstance: saysInactive(said), reason }),
    },
  );
  return {
    send: (acknowledgement) => sent(socket.send(encodeAcknowledgement(acknowledgement))),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
