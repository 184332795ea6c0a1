import { AgentError } from '../machines/names/errors.ts';
import { spotMachine } from '../machines/spot/machine.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import type { InstanceMetadataPort } from '../transport/instance/port.ts';
import { effect, identityOf, type Pulse, timer } from './effect.ts';
import type { Log } from './recorder.ts';

/** What the watch over a Spot Instance needs. */
export interface SpotPorts extends Pulse {
  ecs: EcsPort;
  metadata: InstanceMetadataPort;
  log: Log;
  settings: { cluster: string };
}

/** The watch over a Spot Instance, bound to its metadata and to ECS. */
export function bindSpot(ports: SpotPorts) {
  const { ecs, metadata, log, settings } = ports;
  const warn = onChange((message) => log.warn(message));
  return spotMachine.provide({
    actors: {
      askSpot: effect(ports, async (_: undefined, { signal }) => {
        try {
          const announced = await metadata.spotAction(signal);
          if (announced) warn(`EC2 is about to ${announced.action} this Spot Instance`);
          return { action: announced?.action ?? null };
        } catch (error) {
          warn(`Whether EC2 is about to interrupt this instance is not known: ${wordsOf(error)}`);
          throw error;
        }
      }),
      drain: effect(ports, async ({ action }: { action: string }, { signal, system }) => {
        const { containerInstanceArn: arn } = identityOf(system);
        if (arn === null) throw new AgentError('NOT_REGISTERED', 'There is nothing to drain');
        try {
          await ecs.updateInstanceState(
            { arn, cluster: settings.cluster, status: 'DRAINING' },
            signal,
          );
        } catch (error) {
          warn(`ECS has not drained this instance, and is told again: ${wordsOf(error)}`);
          throw error;
        }
        log.info('ECS drains this instance', { action });
        return {};
      }),
      timer: timer(ports),
    },
  });
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** Says each thing once, until there is another to say: what is asked each second may fail each. */
function onChange(say: (message: string) => void): (message: string) => void {
  let said = '';
  return (message) => {
    if (message !== said) say(message);
    said = message;
  };
}
