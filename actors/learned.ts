import type { SampledHost } from '../machines/stats/sample.ts';
import type { HostPort } from '../transport/host/port.ts';
import type { Booting } from './boot.ts';
import { unidentified } from './instance.ts';
import type { Place } from './served.ts';

/** What is known of the Engine and the instance once the agent has booted and registered. */
export interface Learned {
  booting(): Booting | null;
  availabilityZone(): string;
}

/** Where the agent runs, as far as that is known. */
export function placeOf({ booting, availabilityZone }: Learned): Place {
  const { availabilityZoneId, vpcId } = booting()?.instance ?? unidentified;
  return {
    availabilityZone: availabilityZone(),
    availabilityZoneId: availabilityZoneId ?? '',
    vpcId: vpcId ?? '',
  };
}

const unitsPerCpu = 1_024;

/** The machine that samples are taken on. */
export function sampledHost(host: HostPort, { booting }: Learned): SampledHost {
  const { platform, cpuUnits } = host.facts();
  return { platform, cpus: cpuUnits / unitsPerCpu, cgroupVersion: booting()?.cgroupVersion ?? 1 };
}
