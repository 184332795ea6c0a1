import type { Clock, Random } from '../host/port.ts';
import type { Signer } from '../wire/sigv4.ts';
import { SignedSocket, socketUrl } from '../wire/websocket.ts';
import { decodeFrame, encodeAcknowledgement, saysInactive } from './codec.ts';
import {
  type AcsAddress,
  type AcsConnection,
  AcsError,
  type AcsListener,
  type AcsPort,
} from './port.ts';

/** How the agent presents itself to ACS. */
export interface AcsOptions extends Omit<Signer, 'service'> {
  agentVersion: string;
  agentHash: string;
  clock: Clock;
  random: Random;
}

/** ACS over websockets, each connection opened with a signed request. */
export const acsClient = (options: AcsOptions): AcsPort => ({
  connect: (address, listener) => connect(options, address, listener),
});

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

function connect(options: AcsOptions, address: AcsAddress, listener: AcsListener): AcsConnection {
  const hear = (text: string): void => {
    try {
      const { message, roles } = decodeFrame(text, options.random);
      listener.message(message, roles);
    } catch (error) {
      if (!(error instanceof AcsError)) throw error;
      listener.malformed(error);
    }
  };
  const { clock } = options;
  const socket = new SignedSocket(
    { service: 'ACS', url: () => acsUrl(address, options), signer: options, clock },
    {
      opened: () => listener.opened(),
      heard: hear,
      closed: ({ clean, said, reason }) =>
        listener.closed({ clean, inactiveInstance: saysInactive(said), reason }),
    },
  );
  return {
    send: (acknowledgement) => void socket.send(encodeAcknowledgement(acknowledgement)),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
