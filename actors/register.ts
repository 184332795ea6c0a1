import { tagsOf } from '../machines/agent/decide.ts';
import { attributesOf, type Capabilities } from '../machines/capability/attributes.ts';
import type { Signal } from '../machines/names/ending.ts';
import { AgentError } from '../machines/names/errors.ts';
import type { Ec2Port } from '../transport/ec2/port.ts';
import type { EcsPort, Registration } from '../transport/ecs/port.ts';
import type { HostPort } from '../transport/host/port.ts';
import type { Booting } from './boot.ts';
import { effect, type Pulse } from './effect.ts';
import type { Log } from './recorder.ts';

/** What a container instance says of itself, from its configuration. */
export interface RegisterSettings {
  cluster: string;
  reservedMemoryMiB: number;
  reservedTcpPorts: number[];
  reservedUdpPorts: number[];
  /** The EC2 instance that this is; null off EC2, and where nobody tells. */
  ec2InstanceId: string | null;
  /** Tags of the container instance, and whether those of the EC2 instance are its own too. */
  tags: Record<string, string>;
  tagsFromEc2: boolean;
  capabilities: Omit<Capabilities, keyof HostCapabilities | keyof EngineCapabilities>;
}

type HostCapabilities = Pick<
  Capabilities,
  'platform' | 'cpuArchitecture' | 'windows' | 'outpostArn'
>;
type EngineCapabilities = Pick<
  Capabilities,
  'engine' | 'taskLimits' | 'pauseImageLoaded' | 'volumePlugins' | 'faultInjection'
>;

/** Of an Engine that has not been asked. */
const unasked: EngineCapabilities = {
  engine: { apiVersion: '', minApiVersion: '' },
  taskLimits: false,
  pauseImageLoaded: false,
  volumePlugins: [],
  faultInjection: false,
};

/** What registering needs. */
export interface RegisterPorts extends Pulse {
  ecs: EcsPort;
  ec2: Ec2Port;
  host: HostPort;
  log: Log;
  settings: RegisterSettings;
  /** What the Engine showed at boot; null before. */
  booting(): Booting | null;
}

/**
 * The effects that make this a container instance, and where ECS says that it is. All tries of one
 * start have one token.
 */
export function bindRegister(ports: RegisterPorts) {
  const { ecs, log, settings } = ports;
  const clientToken = ports.random.uuid();
  let tags: Record<string, string> | null = null;
  let availabilityZone = '';
  return {
    availabilityZone: () => availabilityZone,
    register: effect(ports, async (known: { containerInstanceArn: string | null }, { signal }) => {
      const registration = registrationOf(ports, known.containerInstanceArn);
      tags ??= await instanceTags(ports, signal);
      const registered = await ecs.register({ ...registration, tags, clientToken }, signal);
      availabilityZone = registered.availabilityZone;
      const containerInstanceArn = known.containerInstanceArn ?? registered.containerInstanceArn;
      log.info('Registered', { containerInstanceArn, cluster: settings.cluster });
      return { containerInstanceArn };
    }),
    createCluster: effect(ports, async ({ cluster }: { cluster: string }, { signal }) => {
      log.info('The cluster is missing, and is made', { cluster });
      await ecs.createCluster(cluster, signal);
      return {};
    }),
  };
}

/** Rejects where the EC2 instance's are wanted and cannot be had: they may say who pays. */
async function instanceTags(
  { ec2, settings }: RegisterPorts,
  signal: Signal,
): Promise<Record<string, string>> {
  const { tags, tagsFromEc2, ec2InstanceId } = settings;
  if (!tagsFromEc2) return tags;
  if (ec2InstanceId === null)
    throw new AgentError(
      'EC2_INSTANCE_UNKNOWN',
      'ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM wants the tags of the EC2 instance, but its ' +
        'metadata service does not tell which one this is',
    );
  return tagsOf(tags, await ec2.instanceTags(ec2InstanceId, signal));
}

/** What ECS is told at registration. Throws `HOST_MEMORY_RESERVED` where nothing would be left. */
export function registrationOf(
  { host, settings, booting }: Pick<RegisterPorts, 'host' | 'settings' | 'booting'>,
  containerInstanceArn: string | null,
): Omit<Registration, 'clientToken' | 'tags'> {
  const { platform, cpuArchitecture, windows, cpuUnits, memoryMiB } = host.facts();
  const { capabilities, reservedMemoryMiB } = settings;
  if (reservedMemoryMiB > memoryMiB)
    throw new AgentError(
      'HOST_MEMORY_RESERVED',
      `ECS_RESERVED_MEMORY reserves ${reservedMemoryMiB} MiB, but the host has ${memoryMiB} MiB: reserve less`,
    );
  const booted = booting();
  const { engine, taskLimits, pauseImageLoaded, volumePlugins, faultInjection } = booted ?? unasked;
  const { identity = null, outpostArn = null } = booted?.instance ?? {};
  return {
    cluster: settings.cluster,
    containerInstanceArn,
    identity,
    resources: {
      cpuUnits,
      memoryMiB: memoryMiB - reservedMemoryMiB,
      tcpPorts: settings.reservedTcpPorts,
      udpPorts: settings.reservedUdpPorts,
    },
    attributes: attributesOf({
      ...capabilities,
      // ECS keeps those of the first registration, and changes to them are not taken.
      custom: containerInstanceArn === null ? capabilities.custom : {},
      ...{ platform, cpuArchitecture, windows, outpostArn },
      ...{ engine, taskLimits, pauseImageLoaded, volumePlugins, faultInjection },
    }),
  };
}
