import type { ContainerInfo, ContainerInspectInfo, VolumeInspectInfo } from 'dockerode';
import type {
  ContainerDetails,
  ContainerFacts,
  ContainerPlan,
  Health,
  NetworkBinding,
  PortMapping,
} from '../../machines/container/model.ts';
import { unreadable } from './calls.ts';
import type {
  EngineInfo,
  EngineVersion,
  ImageFacts,
  ListedContainer,
  VolumeFacts,
} from './port.ts';
import { labels, portsOf } from './translate.ts';

/** Which bindings ECS is told of. */
export interface ToldBindings {
  /** Also those to `::` (`ECS_EXCLUDE_IPV6_PORTBINDING=false`). */
  ipv6Bindings?: boolean;
  /** False where the instance has IPv6 only: those to `0.0.0.0` lead nowhere then. */
  ipv4Bindings?: boolean;
}

/** What an inspect says of a container; a paused one counts as running. */
export function factsOf(
  info: ContainerInspectInfo,
  plan: ContainerPlan,
  told: ToldBindings = {},
): ContainerFacts {
  const state = info.State;
  if (!state || !info.Id) throw unreadable('container');
  const startedAt = timeOf(state.StartedAt);
  const finishedAt = state.Running ? null : timeOf(state.FinishedAt);
  return {
    runtimeId: info.Id,
    state: lifeOf(state, startedAt),
    exitCode: finishedAt === null ? null : state.ExitCode,
    startedAt,
    finishedAt,
    bindings: bindingsOf(plan.portMappings, info.NetworkSettings?.Ports ?? {}, told),
    outOfMemory: state.OOMKilled === true,
    error: state.Running ? '' : (state.Error ?? ''),
    health: plan.healthChecked ? healthOf(state.Health?.Status) : 'UNKNOWN',
    imageId: info.Image ?? '',
    createdAt: timeOf(info.Created),
    networks: networksOf(info.NetworkSettings?.Networks),
    details: detailsOf(info),
  };
}

function detailsOf(info: ContainerInspectInfo): ContainerDetails {
  const { State: state, Config: config, Mounts: mounts } = info;
  const checked = state.Health?.Log?.at(-1);
  return {
    createdAt: timeTextOf(info.Created),
    startedAt: timeTextOf(state.StartedAt),
    finishedAt: state.Running ? null : timeTextOf(state.FinishedAt),
    labels: config?.Labels ?? {},
    mounts: (mounts ?? []).map(({ Name = '', Source: source, Destination: destination }) => ({
      name: Name,
      source,
      destination,
    })),
    healthCheck: checked
      ? { exitCode: checked.ExitCode, output: checked.Output.slice(0, mostOutput) }
      : null,
  };
}

/** As much of a health check's output as is shown. */
const mostOutput = 1_024;

const timeTextOf = (text: string | undefined): string | null =>
  text !== undefined && timeOf(text) !== null ? text : null;

/** A container that could not be started is `created` to Docker, and over to ECS. */
function lifeOf(
  state: ContainerInspectInfo['State'],
  startedAt: number | null,
): ContainerFacts['state'] {
  if (state.Running) return 'running';
  return startedAt === null && !state.Error && !state.Dead ? 'created' : 'exited';
}

/** Docker writes the year 1 for a time that has not come. */
function timeOf(text: string | undefined): number | null {
  const time = Date.parse(text ?? '');
  return time > 0 ? time : null;
}

function healthOf(status: string | undefined): Health {
  if (status === 'healthy') return 'HEALTHY';
  return status === 'unhealthy' ? 'UNHEALTHY' : 'UNKNOWN';
}

/** `NetworkSettings.Networks` of an inspect, by the name of the network. */
type Networks = Record<string, { IPAddress?: string; GlobalIPv6Address?: string } | null>;

const networksOf = (networks: Networks | undefined): ContainerFacts['networks'] =>
  Object.entries(networks ?? {}).map(([mode, network]) => ({
    mode,
    ipv4: network?.IPAddress ? [network.IPAddress] : [],
    ipv6: network?.GlobalIPv6Address ? [network.GlobalIPv6Address] : [],
  }));

/** `NetworkSettings.Ports` of an inspect; null for a port that is exposed but not published. */
type PublishedPorts = Record<string, { HostIp: string; HostPort: string }[] | null>;

/**
 * The published ports of a task definition's mappings, in its order; a range is told as one. The
 * same ports bound to `::` are not told again unless they are asked for, and nothing is told of a
 * container that has ended, since Docker then forgets them.
 */
export function bindingsOf(
  mappings: PortMapping[],
  published: PublishedPorts,
  { ipv6Bindings = false, ipv4Bindings = true }: ToldBindings = {},
): NetworkBinding[] {
  const leftOut = new Set([ipv6Bindings ? '' : '::', ipv4Bindings ? '' : '0.0.0.0']);
  const seen = new Set<string>();
  return mappings.flatMap((mapping) => {
    const [first = ''] = portsOf(mapping);
    if (seen.has(first)) return [];
    seen.add(first);
    const bound = (published[first] ?? []).filter(({ HostIp }) => !leftOut.has(HostIp));
    return bound.map(({ HostIp, HostPort }) => bindingOf(mapping, HostIp, Number(HostPort)));
  });
}

/** The host ports of a range are contiguous, as the agent chose them, so its first says all. */
function bindingOf(mapping: PortMapping, bindIP: string, hostPort: number): NetworkBinding {
  const { protocol } = mapping;
  if (mapping.kind === 'single') {
    return { bindIP, protocol, containerPort: mapping.containerPort, hostPort };
  }
  const { from, to } = mapping;
  return {
    bindIP,
    protocol,
    containerPortRange: `${from}-${to}`,
    hostPortRange: `${hostPort}-${hostPort + to - from}`,
  };
}

/** What a list shows of a container. */
export function listedOf(info: ContainerInfo): ListedContainer {
  const named = info.Labels ?? {};
  return {
    runtimeId: info.Id,
    dockerName: dockerNameIn(info.Names ?? []),
    taskArn: named[labels.taskArn] ?? '',
    name: named[labels.containerName] ?? '',
    containerInstanceArn: named[labels.instance] ?? '',
    family: named[labels.family] ?? '',
    version: named[labels.version] ?? '',
    image: info.Image ?? '',
    imageId: info.ImageID ?? '',
    state: listedState(info.State),
    createdAt: (info.Created ?? 0) * 1_000,
  };
}

/** A container that others link to is listed under the aliases of theirs too: `/web/db`. */
const dockerNameIn = (names: string[]): string =>
  names.find((name) => name.lastIndexOf('/') === 0)?.slice(1) ?? '';

function listedState(state: string): ListedContainer['state'] {
  if (state === 'created') return 'created';
  return ['running', 'paused', 'restarting'].includes(state) ? 'running' : 'exited';
}

/** What `GET /version` says, as far as it is read. */
interface VersionAnswer {
  Version?: string;
  ApiVersion?: string;
  MinAPIVersion?: string;
}

export function engineVersionOf(answer: VersionAnswer): EngineVersion {
  const { Version: version = '', ApiVersion: apiVersion } = answer;
  if (!apiVersion) throw unreadable('version');
  return { version, apiVersion, minApiVersion: answer.MinAPIVersion ?? apiVersion };
}

/** The newest version of the Engine's API that this agent was written for. */
const newestApi = '1.44';

/** The API version for an Engine: the newest that both sides know, or the Engine's oldest. */
export function apiVersionFor({ apiVersion, minApiVersion }: EngineVersion): string {
  const older = (a: string, b: string) => (minorOf(a) < minorOf(b) ? a : b);
  const wanted = older(apiVersion, newestApi);
  return older(wanted, minApiVersion) === wanted ? minApiVersion : wanted;
}

/** API versions have all been `1.<minor>`. */
export const minorOf = (version: string): number => Number(version.split('.')[1]);

/** What `GET /info` says, as far as it is read; an Engine on Windows has no cgroups. */
interface InfoAnswer {
  DockerRootDir?: string;
  CgroupDriver?: string;
  CgroupVersion?: string;
  SecurityOptions?: string[] | null;
}

export function engineInfoOf(info: InfoAnswer): EngineInfo {
  const { DockerRootDir: rootDirectory = '', CgroupDriver: driver } = info;
  if (rootDirectory === '' && driver === undefined) throw unreadable('info');
  return {
    rootDirectory,
    cgroupDriver: driver === 'cgroupfs' || driver === 'systemd' ? driver : 'none',
    cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
    securityOptions: info.SecurityOptions ?? [],
  };
}

/** What `GET /info` and `GET /plugins` say of plugins, as far as it is read. */
export interface PluginAnswers {
  info: { Plugins?: { Volume?: string[] | null } | null };
  plugins: { Name?: string }[] | null;
}

/** The Engine tells of plugins that it manages in one list, of those beside it in the other. */
export function volumePluginsOf({ info, plugins }: PluginAnswers): string[] {
  if (plugins !== null && !Array.isArray(plugins)) throw unreadable('list of plugins');
  const managed = (plugins ?? []).map(({ Name = '' }) => Name).filter((name) => name !== '');
  return [...new Set([...(info.Plugins?.Volume ?? []), ...managed])];
}

/** An image in a list, whose `Created` is in seconds, or as an inspect tells of it. */
export interface ImageAnswer {
  Id: string;
  RepoTags?: string[] | null | undefined;
  RepoDigests?: string[] | null | undefined;
  Created: number | string;
  Size?: number;
}

export function imageFactsOf(image: ImageAnswer): ImageFacts {
  if (!image.Id) throw unreadable('image');
  const { Created: created } = image;
  return {
    id: image.Id,
    tags: (image.RepoTags ?? []).filter(isNamed),
    digests: (image.RepoDigests ?? []).filter(isNamed),
    createdAt: typeof created === 'number' ? created * 1_000 : (timeOf(created) ?? 0),
    sizeBytes: image.Size ?? 0,
  };
}

/** An image without a name of a kind is listed under `<none>:<none>` or `<none>@<none>`. */
const isNamed = (reference: string): boolean => !reference.includes('<none>');

export function volumeFactsOf(volume: VolumeInspectInfo): VolumeFacts {
  if (!volume.Name) throw unreadable('volume');
  return {
    name: volume.Name,
    driver: volume.Driver ?? '',
    labels: volume.Labels ?? {},
    options: volume.Options ?? {},
  };
}
