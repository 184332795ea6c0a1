import { expect } from 'chai';
import {
  type InstanceMetadataPort,
  MetadataError,
  type MetadataErrorCode,
} from '../../transport/instance/port.ts';
import type { SimInstanceFacts } from '../../transport/sim/host.ts';

/** An instance whose facts the contract may change, and its metadata service. */
export interface MetadataUnderContract {
  port: InstanceMetadataPort;
  set(facts: Partial<SimInstanceFacts>): void;
  /** How the service fails from now on; null for not at all. */
  setTrouble(trouble: Exclude<MetadataErrorCode, 'METADATA_UNREADABLE'> | null): Promise<void>;
}

/** Every fact, and one of its values. */
export const everyFact: SimInstanceFacts = {
  instanceId: 'i-0123456789abcdef0',
  region: 'eu-north-1',
  identity: { document: '{"region":"eu-north-1"}', signature: 'c2lnbmF0dXJl' },
  vpcId: 'vpc-0a1b2c3d',
  subnetId: 'subnet-0a1b2c3d',
  availabilityZoneId: 'eun1-az2',
  outpostArn: 'arn:aws:outposts:eu-north-1:123456789012:outpost/op-1',
  userData: '#!/bin/sh\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n',
  spotAction: { action: 'terminate', time: '2026-11-01T10:00:00Z' },
  lifecycleState: 'Warmed:Stopped',
};

export const names = Object.keys(everyFact) as (keyof SimInstanceFacts)[];
const passing = ['spotAction', 'lifecycleState'] as const;
const lasting = names.filter((name) => !passing.some((one) => one === name));

/** What a call is refused with; fails if it is not refused with a {@link MetadataError}. */
export async function refusal(call: Promise<unknown>): Promise<MetadataError> {
  const outcome = await call.catch((error: unknown) => error);
  if (!(outcome instanceof MetadataError))
    throw new Error(`not refused with a MetadataError: ${String(outcome)}`);
  return outcome;
}

/** What every {@link InstanceMetadataPort} promises that has an instance behind it. */
export function describeMetadata(
  name: string,
  make: () => Promise<MetadataUnderContract & { close(): Promise<void> }>,
): void {
  describe(`${name} keeps the contract of an instance’s metadata`, () => {
    let instance: Awaited<ReturnType<typeof make>>;
    beforeEach(async () => {
      instance = await make();
    });
    afterEach(() => instance.close());

    for (const fact of names) {
      it(`tells the ${fact}`, async () => {
        instance.set(everyFact);
        expect(await instance.port[fact]()).to.deep.equal(everyFact[fact]);
      });

      it(`tells null for the ${fact} where there is none`, async () => {
        instance.set({ ...everyFact, [fact]: null, ...(fact === 'region' && { identity: null }) });
        expect(await instance.port[fact]()).to.equal(null);
      });

      for (const trouble of ['METADATA_UNREACHABLE', 'METADATA_REFUSED'] as const)
        it(`rejects with ${trouble} where the ${fact} cannot be told`, async () => {
          instance.set(everyFact);
          await instance.setTrouble(trouble);
          const { code, retry } = await refusal(instance.port[fact]());
          expect(code).to.equal(trouble);
          expect(retry).to.equal(trouble === 'METADATA_UNREACHABLE');
        });
    }

    for (const fact of passing)
      it(`asks for the ${fact} each time, and rejects at once while the service is ill`, async () => {
        instance.set({ [fact]: null });
        expect(await instance.port[fact]()).to.equal(null);
        instance.set(everyFact);
        expect(await instance.port[fact]()).to.deep.equal(everyFact[fact]);
        await instance.setTrouble('METADATA_UNAVAILABLE');
        const { code, retry } = await refusal(instance.port[fact]());
        expect({ code, retry }).to.deep.equal({ code: 'METADATA_UNAVAILABLE', retry: true });
      });

    it('remembers what cannot change', async () => {
      instance.set(everyFact);
      for (const fact of lasting) await instance.port[fact]();
      await instance.setTrouble('METADATA_REFUSED');
      for (const fact of lasting)
        expect(await instance.port[fact](), fact).to.deep.equal(everyFact[fact]);
    });

    it('does not remember a failure', async () => {
      instance.set(everyFact);
      await instance.setTrouble('METADATA_REFUSED');
      await refusal(instance.port.instanceId());
      await instance.setTrouble(null);
      expect(await instance.port.instanceId()).to.equal(everyFact.instanceId);
    });

    it('rejects as unreachable when the call is given up', async () => {
      const ending = new AbortController();
      const asked = instance.port.lifecycleState(ending.signal);
      ending.abort();
      expect((await refusal(asked)).code).to.equal('METADATA_UNREACHABLE');
      expect((await refusal(instance.port.vpcId(ending.signal))).code).to.equal(
        'METADATA_UNREACHABLE',
      );
    });
  });
}
