import { AgentError } from '../../machines/names/errors.ts';
import { isObject, type JsonObject } from '../wire/members.ts';

/** A task as ACS carries it; only what the control plane itself looks at is named. */
export interface WireTask extends JsonObject {
  arn: string;
  family: string;
  version: string;
  desiredStatus: string;
  containers: (JsonObject & { name: string; essential: boolean })[];
}

const invalid = (what: string): AgentError =>
  new AgentError('TASK_DEFINITION_INVALID', `The task definition cannot be used: ${what}`);

/**
 * Makes of a task definition, as `aws ecs register-task-definition` takes it, the task that ECS
 * would send: what Docker knows and the payload has no member for goes into two JSON texts.
 * Throws `TASK_DEFINITION_INVALID`.
 */
export function wireTaskOf(definition: unknown, task: { arn: string; version: string }): WireTask {
  if (!isObject(definition)) throw invalid('it is not a JSON object');
  const { family, containerDefinitions } = definition;
  if (typeof family !== 'string' || family === '') throw invalid('"family" must be a name');
  if (!Array.isArray(containerDefinitions) || containerDefinitions.length === 0)
    throw invalid('"containerDefinitions" must be a list of at least one container');
  const cpu = numberOf(definition.cpu, 'cpu');
  const memory = numberOf(definition.memory, 'memory');
  return {
    ...pick(definition, ['networkMode', 'pidMode', 'ipcMode', 'proxyConfiguration']),
    ...task,
    family,
    desiredStatus: 'RUNNING',
    // Task definitions count CPU in units of 1/1024, payloads in whole CPUs.
    ...(cpu !== undefined && { cpu: cpu / 1024 }),
    ...(memory !== undefined && { memory }),
    volumes: list(definition.volumes, 'volumes'),
    containers: containerDefinitions.map((container, at) =>
      wireContainerOf(container, `containerDefinitions[${at}]`),
    ),
  };
}

/** Members that payload and task definition have in common. */
const shared = [
  'image',
  'command',
  'entryPoint',
  'links',
  'mountPoints',
  'volumesFrom',
  'portMappings',
  'environmentFiles',
  'secrets',
  'dependsOn',
  'startTimeout',
  'stopTimeout',
  'restartPolicy',
  'firelensConfiguration',
  'credentialSpecs',
];

function wireContainerOf(container: unknown, where: string): WireTask['containers'][number] {
  if (!isObject(container)) throw invalid(`${where} must be an object`);
  const { name, image, essential } = container;
  if (typeof name !== 'string' || name === '') throw invalid(`${where}.name must be a name`);
  if (typeof image !== 'string' || image === '') throw invalid(`${where}.image must be an image`);
  return {
    ...pick(container, shared),
    name,
    essential: essential !== false,
    cpu: numberOf(container.cpu, `${where}.cpu`) ?? 0,
    memory: numberOf(container.memory, `${where}.memory`) ?? 0,
    environment: pairs(container.environment, `${where}.environment`),
    overrides: '{}',
    ...(container.healthCheck !== undefined && { healthCheckType: 'docker' }),
    dockerConfig: {
      config: JSON.stringify(configOf(container)),
      hostConfig: JSON.stringify(hostConfigOf(container, where)),
      version: '1.24',
    },
  };
}

/** What becomes a field of Docker's container configuration. */
function configOf(container: JsonObject): JsonObject {
  return defined({
    User: container.user,
    WorkingDir: container.workingDirectory,
    Hostname: container.hostname,
    NetworkDisabled: container.disableNetworking,
    Labels: container.dockerLabels,
    OpenStdin: container.interactive,
    Tty: container.pseudoTerminal,
    HealthCheck: isObject(container.healthCheck) ? healthCheckOf(container.healthCheck) : undefined,
  });
}

/** Docker counts in nanoseconds. */
function healthCheckOf({ command, interval, timeout, retries, startPeriod }: JsonObject) {
  const nanoseconds = (seconds: unknown) =>
    typeof seconds === 'number' ? seconds * 1e9 : undefined;
  return defined({
    Test: command,
    Interval: nanoseconds(interval ?? 30),
    Timeout: nanoseconds(timeout ?? 5),
    Retries: retries ?? 3,
    StartPeriod: nanoseconds(startPeriod),
  });
}

/** What becomes a field of Docker's host configuration. */
function hostConfigOf(container: JsonObject, where: string): JsonObject {
  const linux = isObject(container.linuxParameters) ? container.linuxParameters : {};
  const capabilities = isObject(linux.capabilities) ? linux.capabilities : {};
  const log = isObject(container.logConfiguration) ? container.logConfiguration : undefined;
  const reservation = numberOf(container.memoryReservation, `${where}.memoryReservation`);
  return defined({
    CapAdd: capabilities.add ?? [],
    CapDrop: capabilities.drop ?? [],
    MemoryReservation: reservation && reservation * 1_048_576,
    LogConfig: log && { Type: log.logDriver, Config: log.options ?? {} },
    Privileged: container.privileged,
    ReadonlyRootfs: container.readonlyRootFilesystem,
    SecurityOpt: container.dockerSecurityOptions,
    Dns: container.dnsServers,
    DnsSearch: container.dnsSearchDomains,
    ExtraHosts: objects(container.extraHosts, `${where}.extraHosts`)?.map(
      ({ hostname, ipAddress }) => `${hostname}:${ipAddress}`,
    ),
    Ulimits: objects(container.ulimits, `${where}.ulimits`)?.map(
      ({ name, softLimit, hardLimit }) => ({ Name: name, Soft: softLimit, Hard: hardLimit }),
    ),
    Sysctls: mapOf(container.systemControls, `${where}.systemControls`, 'namespace'),
    Devices: objects(linux.devices, `${where}.linuxParameters.devices`)?.map(deviceOf),
    Tmpfs: tmpfsOf(linux.tmpfs, `${where}.linuxParameters.tmpfs`),
    ShmSize:
      typeof linux.sharedMemorySize === 'number' ? linux.sharedMemorySize * 1_048_576 : undefined,
    Init: linux.initProcessEnabled,
  });
}

function deviceOf({ hostPath, containerPath, permissions }: JsonObject) {
  const letters = Array.isArray(permissions) ? permissions : ['read', 'write', 'mknod'];
  return {
    PathOnHost: hostPath,
    PathInContainer: containerPath ?? hostPath,
    CgroupPermissions: letters.map((permission) => String(permission).charAt(0)).join(''),
  };
}

function tmpfsOf(value: unknown, where: string): JsonObject | undefined {
  const mounts = objects(value, where);
  return (
    mounts &&
    Object.fromEntries(
      mounts.map(({ containerPath, size, mountOptions }) => [
        containerPath,
        [`size=${size}m`, ...(Array.isArray(mountOptions) ? mountOptions : [])].join(','),
      ]),
    )
  );
}

/** A number, or the text of one, as task definitions have both. */
function numberOf(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw invalid(`"${where}" must be a number, not ${JSON.stringify(value)}`);
}

function list(value: unknown, where: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw invalid(`"${where}" must be a list`);
}

function objects(value: unknown, where: string): JsonObject[] | undefined {
  if (value === undefined || value === null) return undefined;
  const entries = list(value, where);
  if (entries.every(isObject)) return entries;
  throw invalid(`"${where}" must be a list of objects`);
}

const pairs = (value: unknown, where: string): JsonObject => mapOf(value, where, 'name') ?? {};

/** A list of names and values as a map. */
function mapOf(value: unknown, where: string, key: string): JsonObject | undefined {
  const entries = objects(value, where);
  return (
    entries && Object.fromEntries(entries.map((entry) => [entry[key], String(entry.value ?? '')]))
  );
}

const pick = (from: JsonObject, names: string[]): JsonObject =>
  defined(Object.fromEntries(names.map((name) => [name, from[name]])));

const defined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
