import type { ContainerPlan, PortMapping } from '../../machines/container/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { HostPort } from '../host/port.ts';
import {
  configStructure,
  decodeOverlay,
  finishLogs,
  finishResources,
  hostConfigStructure,
  isObject,
  type JsonObject,
  lay,
} from './overlay.ts';
import {
  type ContainerRef,
  type CreateRequest,
  DockerError,
  dockerNameOf,
  volumeNameOf,
} from './port.ts';

/** Where this agent's containers belong, and what its configuration says of all of them. */
export interface Placement {
  cluster: string;
  region: string;
  host: HostPort;
  /** The cgroup of a task as Docker's `CgroupParent` names it; null where tasks have none. */
  taskCgroupParent: (taskId: string) => string | null;
  /** Whether containers without a memory limit get their task's (Linux only). */
  taskMemoryForContainers?: boolean;
  /** On Windows: whether a container without CPU shares, or without memory, has no bound at all. */
  cpuUnbounded?: boolean;
  memoryUnbounded?: boolean;
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

/** Whether a create must know the environment of the image: it may bring a region of its own. */
export const needsImageEnvironment = ({ container }: CreateRequest): boolean =>
  !container.internal && !namesRegion(Object.keys(container.environment));

/**
 * The body of Docker's create request. The overlays of the task definition win over all but the
 * labels, the task's cgroup and modes, and CPU on Windows. `imageEnvironment` are the image's own
 * `K=V`. Rejects with {@link DockerError} where the request cannot be made.
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
  requireHealthCheck(container, laid);
  return {
    ...laid,
    Env: [...listIn(laid, 'Env'), ...pairsOf(request.extraEnvironment)],
    Labels: { ...(laid.Labels as JsonObject | undefined), ...labelsOf(request, placement.cluster) },
    HostConfig: finishHostConfig(
      lay(hostConfig, {
        ...baseHostConfig(request, placement),
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

function requireHealthCheck({ healthChecked }: ContainerPlan, { Healthcheck }: JsonObject): void {
  if (healthChecked && !isObject(Healthcheck))
    throw new DockerError(
      'DOCKER_BAD_CONFIG',
      'docker health check is nil while container health check type is DOCKER',
    );
}

const namesRegion = (names: string[]): boolean =>
  names.includes('AWS_REGION') || names.includes('AWS_DEFAULT_REGION');

/**
 * The task's environment; the metadata and credential variables cannot be overridden by it. The
 * agent's own containers ask nothing of it.
 */
export function environmentOf(
  { task, container }: ContainerRef,
  region: string,
  imageEnvironment: string[],
): string[] {
  if (container.internal) return pairsOf(container.environment);
  const endpoint = 'http://169.254.170.2';
  const known = [
    ...Object.keys(container.environment),
    ...imageEnvironment.map((pair) => pair.split('=', 1)[0] ?? ''),
  ];
  return pairsOf({
    ...(!namesRegion(known) && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...container.environment,
    ECS_CONTAINER_METADATA_URI: `${endpoint}/v3/${container.metadataId}`,
    ECS_CONTAINER_METADATA_URI_V4: `${endpoint}/v4/${container.metadataId}`,
    ECS_AGENT_URI: `${endpoint}/api/${container.metadataId}`,
    ...(task.roleCredentialsId !== null && {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: `/v2/credentials/${task.roleCredentialsId}`,
    }),
  });
}

const pairsOf = (environment: Record<string, string>): string[] =>
  Object.entries(environment).map(([name, value]) => `${name}=${value}`);

const listIn = (structure: JsonObject, field: string): unknown[] => {
  const list = structure[field];
  return Array.isArray(list) ? list : [];
};

function baseHostConfig(request: CreateRequest, placement: Placement): JsonObject {
  const { task, container } = request;
  const links = container.links.map(({ container: name, alias }) => {
    return `${siblingOf(request, name, `Link target not available: ${name}`)}:${alias}`;
  });
  const volumesFrom = container.volumesFrom.map(({ container: name, readOnly }) => {
    const source = siblingOf(request, name, `Volume target not available: ${name}`);
    return readOnly ? `${source}:ro` : source;
  });
  const binds = bindsOf(request);
  return {
    ...resourcesOf(request, placement),
    ...(['host', 'none'].includes(task.networkMode) && { NetworkMode: task.networkMode }),
    // Docker's own default before API 1.40, and so what the containers of a task expect.
    ...(placement.host.facts().platform === 'linux' && { IpcMode: 'shareable' }),
    ...(links.length > 0 && { Links: links }),
    ...(volumesFrom.length > 0 && { VolumesFrom: volumesFrom }),
    ...(binds.length > 0 && { Binds: binds }),
  };
}

const badHostConfig = (message: string, cause?: unknown): DockerError =>
  new DockerError('DOCKER_BAD_HOST_CONFIG', message, { cause });

/** The Docker name of another container of the task. */
function siblingOf({ task }: CreateRequest, name: string, otherwise: string): string {
  const container = task.containers.find((candidate) => candidate.name === name);
  if (!container) throw badHostConfig(otherwise);
  return dockerNameOf({ task, container });
}

/** Docker's `Binds`; it makes a folder of the host that is not there. */
function bindsOf({ task, container }: CreateRequest): string[] {
  return container.mountPoints.map(({ volume: name, containerPath, readOnly }) => {
    const volume = task.volumes.find((candidate) => candidate.name === name);
    if (!volume) throw badHostConfig(`Invalid volume referenced: ${name}`);
    const source = volume.kind === 'bind' ? volume.sourcePath : volumeNameOf(task, volume);
    if (!source || !containerPath)
      throw badHostConfig(
        'Unable to resolve volume mounts; invalid path: ' +
          `${container.name} ${name}; ${source} -> ${containerPath}`,
      );
    return `${source}:${containerPath}${readOnly ? ':ro' : ''}`;
  });
}

const bytesPerMiB = 1_048_576;

function resourcesOf({ task, container }: CreateRequest, placement: Placement): JsonObject {
  const isWindows = placement.host.facts().platform === 'windows';
  const inherited = placement.taskMemoryForContainers && !isWindows ? (task.memoryMiB ?? 0) : 0;
  const wantedMiB = container.memoryMiB || inherited;
  const memoryMiB = wantedMiB === 0 ? 0 : Math.max(wantedMiB, isWindows ? 256 : 4);
  // Docker treats 0 as 1024 and the kernel takes no fewer than 2 and no more than 262,144.
  const leastShares = isWindows && placement.cpuUnbounded ? 0 : 2;
  const shares = Math.min(Math.max(container.cpu, leastShares), 262_144);
  return { CpuShares: shares, Memory: memoryMiB * bytesPerMiB };
}

/** What no overlay can change. */
function finishHostConfig(
  hostConfig: JsonObject,
  request: CreateRequest,
  placement: Placement,
): JsonObject {
  const { task, extraBinds } = request;
  return {
    ...hostConfig,
    ...finishLogs(hostConfig, request, placement.region),
    ...(extraBinds.length > 0 && { Binds: [...listIn(hostConfig, 'Binds'), ...extraBinds] }),
    ...modesOf(request),
    ...finishResources(hostConfig, task.arn, placement),
  };
}

/** The container whose process and memory namespaces the others of its task join. */
const namespacePause = '~internal~ecs~pause~namespace';

/** The agent's own containers share nothing with the host. */
function modesOf(request: CreateRequest): JsonObject {
  const { task, container } = request;
  const { pidMode, ipcMode } = task;
  if (container.name === namespacePause) return ipcMode === 'task' ? { IpcMode: 'shareable' } : {};
  if (container.internal) return {};
  const join = () =>
    `container:${siblingOf(request, namespacePause, 'Namespace pause container not available')}`;
  return {
    ...(pidMode !== '' && { PidMode: pidMode === 'task' ? join() : pidMode }),
    ...(ipcMode !== '' && { IpcMode: ipcMode === 'task' ? join() : ipcMode }),
  };
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
    throw badHostConfig(`error retrieving docker port map: ${what}`, cause);
  }
}
