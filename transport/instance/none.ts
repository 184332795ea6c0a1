import type { InstanceMetadataPort } from './port.ts';

const nothing = (): Promise<null> => Promise.resolve(null);

/** Tells nothing, at once: off EC2, and where the metadata service is not to be asked. */
export const noMetadata: InstanceMetadataPort = {
  instanceId: nothing,
  region: nothing,
  identity: nothing,
  vpcId: nothing,
  subnetId: nothing,
  availabilityZoneId: nothing,
  outpostArn: nothing,
  userData: nothing,
  spotAction: nothing,
  lifecycleState: nothing,
};
