import { attributesOf, type Capabilities } from '../machines/agent/attributes.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { Registration } from '../transport/ecs/port.ts';
import type { HostPort } from '../transport/host/port.ts';
import type { Booting } from './boot.ts';

/** What a container instance says of itself, from its configuration. */
export interface RegisterSettings {
  cluster: string;
  reservedMemoryMiB: number;
  reservedTcpPorts: number[];
  reservedUdpPorts: number[];
  capabilities: Omit<
    Capabilities,
    'engine' | 'platform' | 'cpuArchitecture' | 'taskLimits' | 'pauseImageLoaded'
  >;
}

/** What ECS is told at registration. Throws `HOST_MEMORY_RESERVED` where nothing would be left. */
export function registrationOf(
  { host, settings }: { host: HostPort; settings: RegisterSettings },
  booting: Booting | null,
  containerInstanceArn: string | null,
): Omit<Registration, 'clientToken'> {
  const { platform, cpuArchitecture, cpuUnits, memoryMiB } = host.facts();
  const { capabilities, reservedMemoryMiB } = settings;
  if (reservedMemoryMiB > memoryMiB)
    throw new AgentError(
      'HOST_MEMORY_RESERVED',
      `ECS_RESERVED_MEMORY reserves ${reservedMemoryMiB} MiB, but the host has ${memoryMiB} MiB: reserve less`,
    );
  const custom = containerInstanceArn === null ? capabilities.custom : {};
  const engine = booting?.engine ?? { apiVersion: '', minApiVersion: '' };
  const { taskLimits = false, pauseImageLoaded = false } = booting ?? {};
  return {
    cluster: settings.cluster,
    containerInstanceArn,
    identity: booting?.instance.identity ?? null,
    resources: {
      cpuUnits,
      memoryMiB: memoryMiB - reservedMemoryMiB,
      tcpPorts: settings.reservedTcpPorts,
      udpPorts: settings.reservedUdpPorts,
    },
    attributes: attributesOf({
      ...capabilities,
      custom,
      platform,
      cpuArchitecture,
      engine,
      taskLimits,
      pauseImageLoaded,
    }),
  };
}
