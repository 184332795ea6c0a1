import { createHash } from 'node:crypto';
import type { ContainerPlan, PortMapping } from '../../machines/container/model.ts';
import { taskIdOf } from '../../machines/names/arn.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { HostPort } from '../host/port.ts';
import {
  configStructure,
  decodeOverlay,
  hostConfigStructure,
  type JsonObject,
  lay,
} from './overlay.ts';
import { type ContainerRef, type CreateRequest, DockerError } from './port.ts';

/** Where this agent's containers belong. */
export interface Placement {
  cluster: string;
  region: string;
  host: HostPort;
  /** The cgroup of a task as Docker's `CgroupParent` names it; null where tasks have none. */
  taskCgroupParent: (taskId: string) => string | null;
}

/** The cgroup that holds a task's containers, in the words of the Engine's cgroup driver. */
export function cgroupParentOf(driver: string, taskId: string): string | null {
  if (driver === 'cgroupfs') return `/ecs/${taskId}`;
  return driver === 'systemd' ? `ecstasks-${taskId}.slice` : null;
}

/** The labels that say whose a container is: those of the Amazon ECS agent, and one of our own. */
export const labels = {
  cluster: 'com.amazonaws.ecs.cluster',
  containerName: 'com.amazonaws.ecs.container-name',
  taskArn: 'com.amazonaws.ecs.task-arn',
  family: 'com.amazonaws.ecs.task-definition-family',
  version: 'com.amazonaws.ecs.task-definition-version',
  instance: 'ecs-agent.container-instance',
} as const;

/**
 * The Docker name of a container, in the reference's format. Its digits follow from the task and
 * the container, so that a create that is tried again meets what the first try left.
 */
export function dockerNameOf({ task, container }: ContainerRef): string {
  const plainName = container.name.replaceAll(/[^A-Za-z0-9-]/g, '');
  const identity = createHash('sha256').update(`${task.arn}/${container.name}`).digest('hex');
  return `ecs-${task.family}-${task.version}-${plainName}-${identity.slice(0, 20)}`;
}

/** Whether a create must know the environment of the image: it may bring a region of its own. */
export const needsImageEnvironment = ({ container }: CreateRequest): boolean =>
  !namesRegion(Object.keys(container.environment));

/**
 * The body of Docker's create request. The overlays of the task definition win over all but the
 * labels, the task's cgroup, and CPU on Windows. `imageEnvironment` are the image's own `K=V`.
 * Rejects with {@link DockerError} if an overlay cannot be read or no host port is free.
 */
export async function createBody(
  request: CreateRequest,
  placement: Placement,
  imageEnvironment: string[],
): Promise<JsonObject> {
  const { task, container } = request;
  const config = decodeOverlay(container.dockerConfig, configStructure);
  const hostConfig = decodeOverlay(container.dockerHostConfig, hostConfigStructure);
  const networkMode = hostConfig.NetworkMode ?? task.networkMode;
  const mappings = publishes(networkMode) ? container.portMappings : [];
  const base = {
    Image: container.image,
    Env: environmentOf(request, placement.region, imageEnvironment),
    ExposedPorts: Object.fromEntries(mappings.flatMap(portsOf).map((port) => [port, {}])),
    ...(container.command && { Cmd: container.command }),
    ...(container.entryPoint && { Entrypoint: container.entryPoint }),
  };
  const laid = lay(config, base);
  return {
    ...laid,
    Labels: { ...(laid.Labels as JsonObject | undefined), ...labelsOf(request, placement.cluster) },
    HostConfig: finishHostConfig(
      lay(hostConfig, {
        ...baseHostConfig(request, placement.host),
        PortBindings: await portBindings(mappings, placement.host),
      }),
      request,
      placement,
    ),
  };
}

function labelsOf(
  { task, container, containerInstanceArn }: CreateRequest,
  cluster: string,
): Record<string, string> {
  return {
    [labels.cluster]: cluster,
    [labels.containerName]: container.name,
    [labels.taskArn]: task.arn,
    [labels.family]: task.family,
    [labels.version]: task.version,
    [labels.instance]: containerInstanceArn,
  };
}

const namesRegion = (names: string[]): boolean =>
  names.includes('AWS_REGION') || names.includes('AWS_DEFAULT_REGION');

/** The task's environment; the metadata and credential variables cannot be overridden by it. */
function environmentOf(
  { task, container }: CreateRequest,
  region: string,
  imageEnvironment: string[],
): string[] {
  const endpoint = 'http://169.254.170.2';
  const known = [
    ...Object.keys(container.environment),
    ...imageEnvironment.map((pair) => pair.split('=', 1)[0] ?? ''),
  ];
  const environment: Record<string, string> = {
    ...(!namesRegion(known) && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...container.environment,
    ECS_CONTAINER_METADATA_URI: `${endpoint}/v3/${container.metadataId}`,
    ECS_CONTAINER_METADATA_URI_V4: `${endpoint}/v4/${container.metadataId}`,
    ECS_AGENT_URI: `${endpoint}/api/${container.metadataId}`,
    ...(task.roleCredentialsId !== null && {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${task.roleCredentialsId}`,
    }),
  };
  return Object.entries(environment).map(([name, value]) => `${name}=${value}`);
}

const bytesPerMiB = 1_048_576;

function baseHostConfig({ task, container }: CreateRequest, host: HostPort): JsonObject {
  const { platform } = host.facts();
  const leastMiB = platform === 'windows' ? 256 : 4;
  const memoryMiB = container.memoryMiB === 0 ? 0 : Math.max(container.memoryMiB, leastMiB);
  // Docker treats 0 as 1024 and the kernel takes no fewer than 2 and no more than 262,144.
  const shares = Math.min(Math.max(container.cpu, 2), 262_144);
  return {
    CpuShares: shares,
    Memory: memoryMiB * bytesPerMiB,
    ...(['host', 'none'].includes(task.networkMode) && { NetworkMode: task.networkMode }),
    // Docker's own default before API 1.40, and so what the containers of a task expect.
    ...(platform === 'linux' && { IpcMode: 'shareable' }),
  };
}

/** What no overlay can change. Windows counts CPU in percent of the whole machine. */
function finishHostConfig(
  hostConfig: JsonObject,
  { task }: CreateRequest,
  { host, taskCgroupParent }: Placement,
): JsonObject {
  const { platform, cpuUnits } = host.facts();
  if (platform === 'windows') {
    const shares = Number(hostConfig.CpuShares);
    const percent = Math.floor((shares * 100) / cpuUnits);
    return { ...hostConfig, CpuShares: 0, CpuPercent: shares && Math.max(percent, 1) };
  }
  const parent = taskCgroupParent(taskIdOf(task.arn));
  return parent === null ? hostConfig : { ...hostConfig, CgroupParent: parent };
}

/** Docker refuses published ports, or ignores them, where a container has no network of its own. */
function publishes(networkMode: unknown): boolean {
  const mode = String(networkMode);
  return !['host', 'none', 'awsvpc'].includes(mode) && !mode.startsWith('container:');
}

/** The container ports of a mapping in Docker's words: `80/tcp`. */
export function portsOf(mapping: PortMapping): string[] {
  if (mapping.kind === 'single') return [`${mapping.containerPort}/${mapping.protocol}`];
  const count = mapping.to - mapping.from + 1;
  return Array.from({ length: count }, (_, at) => `${mapping.from + at}/${mapping.protocol}`);
}

/**
 * Docker's `PortBindings`. The agent itself picks the ports that the task leaves open, since the
 * host ports of a range must be contiguous.
 */
async function portBindings(mappings: ContainerPlan['portMappings'], host: HostPort) {
  const bindings: Record<string, { HostPort: string }[]> = {};
  for (const mapping of mappings) {
    const ports = portsOf(mapping);
    const first = await firstHostPort(mapping, ports.length, host);
    for (const [at, port] of ports.entries()) {
      bindings[port] = [...(bindings[port] ?? []), { HostPort: String(first + at) }];
    }
  }
  return bindings;
}

async function firstHostPort(mapping: PortMapping, count: number, host: HostPort) {
  if (mapping.kind === 'single' && mapping.hostPort) return mapping.hostPort;
  try {
    return await host.freePorts({ count, protocol: mapping.protocol });
  } catch (cause) {
    if (!(cause instanceof AgentError)) throw cause;
    const what =
      count === 1 ? 'a host port is unavailable' : `${count} contiguous host ports are unavailable`;
    const message = `error retrieving docker port map: ${what}`;
    throw new DockerError('DOCKER_BAD_HOST_CONFIG', message, { cause });
  }
}
