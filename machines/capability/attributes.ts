import type { EngineApi, WindowsEdition } from '../agent/model.ts';
import { capabilityTable, type Row } from './capabilities.ts';

/** A capability or fact that a container instance registers with ECS. */
export interface Attribute {
  name: string;
  value?: string;
}

/** What the attributes of a container instance follow from. */
export interface Capabilities {
  platform: 'linux' | 'windows';
  cpuArchitecture: string;
  /** Which Windows it is; null on Linux, and where it cannot be told. */
  windows: WindowsEdition | null;
  /** What the operator calls the Linux distribution, e.g. `debian_12`; '' where nothing is said. */
  detailedOsFamily: string;
  engine: EngineApi;
  /** Of the Engine, `local` perhaps among them; names as the Engine has them. */
  volumePlugins: string[];
  loggingDrivers: string[];
  privilegedDisabled: boolean;
  /** Whether the operator says that containers may have labels of SELinux, profiles of AppArmor. */
  selinux: boolean;
  apparmor: boolean;
  /** Whether health checks of containers are left to Docker alone. */
  healthChecksDisabled: boolean;
  /** Whether tasks can be limited as a whole, each in a cgroup of its own. */
  taskLimits: boolean;
  /** Whether the Engine has the image of the container whose namespaces others share. */
  pauseImageLoaded: boolean;
  external: boolean;
  /** Whether tasks are given the credentials of their roles, and those in the host's network are. */
  taskRoles: boolean;
  taskRolesOnHost: boolean;
  /** Whether the driver `awslogs` may use a task's execution role. */
  logsByExecutionRole: boolean;
  /** Whether tasks may have faults injected into the network of this host. */
  faultInjection: boolean;
  /** The AWS Outpost that the instance is on; null elsewhere. */
  outpostArn: string | null;
  /** Of the configuration; sent with the first registration only. */
  custom: Record<string, string>;
}

/**
 * The attributes of RegisterContainerInstance (Amazon ECS API): those of the operator, then those of
 * the table in its order. None is named whose feature is missing: ECS would place tasks here that
 * cannot run.
 */
export function attributesOf(of: Capabilities): Attribute[] {
  const custom = Object.entries(of.custom).map(([name, value]) => ({ name, value }));
  return [...custom, ...capabilityTable.flatMap((row) => attributesIn(row, of))];
}

function attributesIn(row: Row, of: Capabilities): Attribute[] {
  if ('notBuilt' in row || (row.on && row.on !== of.platform)) return [];
  if ('when' in row) return row.when(of) ? [{ name: row.name }] : [];
  if ('each' in row)
    return [...new Set(row.each(of))].map((word) => ({ name: row.name.replace(/<.*>/, word) }));
  const value = row.value(of);
  return value === '' ? [] : [{ name: row.name, value }];
}
