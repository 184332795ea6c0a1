import { createActor } from 'xstate';
import { instanceMachine } from '../machines/instance/machine.ts';
import type { Signal } from '../machines/names/ending.ts';
import type { Failure } from '../machines/names/errors.ts';
import type { InstanceMetadataPort } from '../transport/instance/port.ts';
import { effect, type Pulse, timer } from './effect.ts';
import type { Log } from './recorder.ts';

/** What is told of the instance at registration; null for what it does not have. */
export interface InstanceFacts {
  identity: { document: string; signature: string } | null;
  outpostArn: string | null;
  availabilityZoneId: string | null;
  vpcId: string | null;
  subnetId: string | null;
}

/** Of an instance that nothing was told of. */
export const unidentified: InstanceFacts = {
  identity: null,
  outpostArn: null,
  availabilityZoneId: null,
  vpcId: null,
  subnetId: null,
};

interface InstancePorts extends Pulse {
  metadata: InstanceMetadataPort;
  log: Log;
}

/** Asks for all of it at once. What cannot be had is done without, and told in the log. */
export async function instanceFacts(
  { metadata, log }: Pick<InstancePorts, 'metadata' | 'log'>,
  signal: Signal,
): Promise<InstanceFacts> {
  const told = async <Fact>(asked: Promise<Fact>, what: string): Promise<Fact | null> => {
    try {
      return await asked;
    } catch (error) {
      if (!signal.aborted)
        log.warn(`It is gone on without the ${what}: ${(error as Error).message}`);
      return null;
    }
  };
  const [identity, outpostArn, availabilityZoneId, vpcId, subnetId] = await Promise.all([
    told(metadata.identity(signal), 'identity document of the instance'),
    told(metadata.outpostArn(signal), 'ARN of its Outpost'),
    told(metadata.availabilityZoneId(signal), 'id of its Availability Zone'),
    told(metadata.vpcId(signal), 'id of its VPC'),
    told(metadata.subnetId(signal), 'id of its subnet'),
  ]);
  return { identity, outpostArn, availabilityZoneId, vpcId, subnetId };
}

/**
 * Makes the first contact with the instance metadata service. Answers what was met where it did not
 * answer, null where it did. One that is `expected` is waited for a while, which is told once.
 */
export function contactInstance(
  ports: InstancePorts,
  { expected }: { expected: boolean },
): Promise<Failure | null> {
  const machine = instanceMachine.provide({
    actors: {
      contact: effect(ports, async (_: undefined, { signal }) => {
        await ports.metadata.instanceId(signal);
        return {};
      }),
      timer: timer(ports),
    },
  });
  const contact = createActor(machine, { input: { expected, at: ports.clock.now() } });
  contact.on('start.delayed', (delay) => tellDelay(ports.log, delay));
  return new Promise((resolve, reject) => {
    contact.subscribe({
      complete: () => resolve(contact.getSnapshot().output ?? null),
      error: reject,
    });
    contact.start();
  });
}

/** Says that a step of the start is tried again, and for how long. */
export const tellDelay = (
  log: Log,
  { because, withinMs }: { because: string; withinMs: number },
): void => log.warn(`${because}; it is tried again for ${withinMs / 1_000} s`);
