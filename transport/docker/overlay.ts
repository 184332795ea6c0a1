import { taskIdOf } from '../../machines/names/arn.ts';
import { type CreateRequest, DockerError } from './port.ts';
import type { Placement } from './translate.ts';

/** A JSON object of which nothing more is known. */
export type JsonObject = Record<string, unknown>;

/** The kinds of field that the Engine's structures have; `words` is a list or one text. */
type FieldKind = 'text' | 'number' | 'flag' | 'list' | 'words' | 'object';

/** The fields of one of the Engine's structures, by kind, and how to say that a text is not one. */
interface Structure {
  code: 'DOCKER_BAD_CONFIG' | 'DOCKER_BAD_HOST_CONFIG';
  prefix: string;
  /** By their names in lower case. */
  fields: Map<string, { name: string; kind: FieldKind }>;
}

/** Reads lists of names, by kind. */
function fieldsOf(names: Record<FieldKind, string>): Structure['fields'] {
  const all = Object.entries(names) as [FieldKind, string][];
  return new Map(
    all.flatMap(([kind, list]) =>
      list.split(/\s+/).map((name) => [name.toLowerCase(), { name, kind }] as const),
    ),
  );
}

/** `Config` of the Docker Engine API, v1.44, and what `dockerConfig.config` may hold. */
export const configStructure: Structure = {
  code: 'DOCKER_BAD_CONFIG',
  prefix: 'Unable decode given docker config',
  fields: fieldsOf({
    text: 'Hostname Domainname User Image WorkingDir MacAddress StopSignal',
    number: 'StopTimeout',
    flag: `AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce ArgsEscaped
      NetworkDisabled`,
    list: 'Env OnBuild',
    words: 'Cmd Entrypoint Shell',
    object: 'ExposedPorts Healthcheck Volumes Labels',
  }),
};

/** `HostConfig` of the Docker Engine API, v1.44, and what `dockerConfig.hostConfig` may hold. */
export const hostConfigStructure: Structure = {
  code: 'DOCKER_BAD_HOST_CONFIG',
  prefix: 'Unable to decode given host config',
  fields: fieldsOf({
    text: `ContainerIDFile NetworkMode VolumeDriver CgroupnsMode IpcMode Cgroup PidMode UTSMode
      UsernsMode Runtime Isolation CgroupParent CpusetCpus CpusetMems`,
    number: `OomScoreAdj ShmSize CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota
      CpuRealtimePeriod CpuRealtimeRuntime KernelMemory KernelMemoryTCP MemoryReservation MemorySwap
      MemorySwappiness PidsLimit CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth`,
    flag: 'AutoRemove Privileged PublishAllPorts ReadonlyRootfs OomKillDisable Init',
    list: `Binds VolumesFrom ConsoleSize Dns DnsOptions DnsSearch ExtraHosts GroupAdd Links
      SecurityOpt BlkioWeightDevice BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps
      BlkioDeviceWriteIOps Devices DeviceCgroupRules DeviceRequests Ulimits Mounts MaskedPaths
      ReadonlyPaths`,
    words: 'CapAdd CapDrop',
    object: 'LogConfig PortBindings RestartPolicy Annotations StorageOpt Tmpfs Sysctls',
  }),
};

/** Whether it is a JSON object, neither null nor a list. */
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const accepts: Record<FieldKind, (value: unknown) => boolean> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  list: (value) => Array.isArray(value),
  words: (value) => typeof value === 'string' || Array.isArray(value),
  object: isObject,
};

/**
 * Reads the JSON text of a task definition's overlay into the Engine's own field names, which match
 * whatever their case; fields that the Engine does not know are dropped. '' is an empty overlay.
 * Throws with the structure's code if the text cannot be decoded; the message quotes none of it,
 * since an overlay may carry secrets.
 */
export function decodeOverlay(text: string, structure: Structure): JsonObject {
  const refuse = (why: string) => new DockerError(structure.code, `${structure.prefix}: ${why}`);
  const given = text === '' ? {} : parse(text, refuse);
  const overlay: JsonObject = {};
  for (const [key, value] of Object.entries(given)) {
    const field = structure.fields.get(key.toLowerCase());
    if (!field) continue;
    if (value !== null && !accepts[field.kind](value)) {
      throw refuse(`${field.name} is no ${field.kind}`);
    }
    overlay[field.name] = value;
  }
  return overlay;
}

function parse(text: string, refuse: (why: string) => DockerError): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('it is not JSON');
  }
  if (value === null) return {};
  if (!isObject(value)) throw refuse('it is no JSON object');
  return value;
}

/**
 * Lays an overlay over what the agent computed: scalars and lists replace, objects merge key by
 * key; null clears lists and objects and leaves anything else as it is.
 */
export function lay(overlay: JsonObject, base: JsonObject): JsonObject {
  const laid = { ...base };
  for (const [name, value] of Object.entries(overlay)) {
    const under = laid[name];
    if (value === null) {
      if (typeof under === 'object') delete laid[name];
    } else {
      laid[name] = isObject(value) && isObject(under) ? { ...under, ...value } : value;
    }
  }
  return laid;
}

/** Where CloudWatch Logs is in the regions that Docker's driver does not know of itself. */
const logsDomains: Record<string, string> = {
  'us-iso-east-1': 'c2s.ic.gov',
  'us-iso-west-1': 'c2s.ic.gov',
  'us-isob-east-1': 'sc2s.sgov.gov',
  'us-isob-west-1': 'sc2s.sgov.gov',
  'eu-isoe-west-1': 'cloud.adc-e.uk',
  'us-isof-east-1': 'csp.hci.ic.gov',
  'us-isof-south-1': 'csp.hci.ic.gov',
  'eusc-de-east-1': 'amazonaws.eu',
};

/**
 * Completes the options of the log driver that an overlay names: whose credentials `awslogs` uses,
 * where it logs to, and how much a driver may hold back that does not block its container.
 */
export function finishLogs(
  { LogConfig: given }: JsonObject,
  { task, container }: CreateRequest,
  region: string,
): JsonObject {
  if (!isObject(given)) return {};
  const options: JsonObject = isObject(given.Config) ? { ...given.Config } : {};
  if (given.Type === 'awslogs') {
    const domain = logsDomains[region];
    if (domain) options['awslogs-endpoint'] ??= `https://logs.${region}.${domain}`;
    if (container.logsByExecutionRole)
      options['awslogs-credentials-endpoint'] = credentialsPath(task.executionCredentialsId);
  }
  if (options.mode === 'non-blocking') options['max-buffer-size'] ??= '10m';
  return { LogConfig: { ...given, Config: options } };
}

function credentialsPath(id: string | null): string {
  if (id !== null) return `/v2/credentials/${id}`;
  throw new DockerError('DOCKER_BAD_HOST_CONFIG', 'No execution credentials set for the task');
}

/**
 * The limits that are the agent's in spite of an overlay: the cgroup of the task. Windows has none,
 * and counts CPU in percent of the whole machine.
 */
export function finishResources(
  { CpuShares, Memory }: JsonObject,
  taskArn: string,
  { host, taskCgroupParent, memoryUnbounded }: Placement,
): JsonObject {
  const { platform, cpuUnits } = host.facts();
  if (platform === 'windows') {
    const shares = Number(CpuShares);
    const percent = Math.floor((shares * 100) / cpuUnits);
    return {
      CpuShares: 0,
      CpuPercent: shares && Math.max(percent, 1),
      ...(memoryUnbounded && !(Number(Memory) > 0) && { MemoryReservation: 0 }),
    };
  }
  const parent = taskCgroupParent(taskIdOf(taskArn));
  return parent === null ? {} : { CgroupParent: parent };
}
