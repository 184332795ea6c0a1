import { updateMachine } from '../machines/update/machine.ts';
import type { Download } from '../machines/update/model.ts';
import type { AcsPort } from '../transport/acs/port.ts';
import type { UpdatePort } from '../transport/update/port.ts';
import { effect, type Pulse, timer } from './effect.ts';
import type { Log } from './recorder.ts';

/** What the updater's effects need. */
export interface UpdaterPorts extends Pulse {
  acs: AcsPort;
  updates: UpdatePort;
  log: Log;
}

/** The update machine with its effects bound to the download and to the connection with ACS. */
export function bindUpdate(ports: UpdaterPorts) {
  const { acs, clock, log, updates } = ports;
  return updateMachine.provide({
    actors: {
      download: effect(ports, async ({ location, signature }: Download, { signal }) => {
        log.info('A new version of the agent is downloaded');
        try {
          const { path } = await updates.download({ location, signature }, signal);
          log.info('A new version of the agent is here', { path });
          return {};
        } catch (error) {
          log.warn(`The new version could not be downloaded: ${(error as Error).message}`);
          throw error;
        }
      }),
      flush: effect(ports, async () => {
        log.info('The agent ends, so that the new version can be started');
        // The session has heard of the answer by then, and has sent it.
        await new Promise<void>((resolve) => clock.afterTurn(resolve));
        await acs.flushed();
        return {};
      }),
      timer: timer(ports),
    },
  });
}
