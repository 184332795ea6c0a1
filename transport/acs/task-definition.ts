import { AgentError } from '../../machines/names/errors.ts';
import { isObject, type JsonObject, MalformedError, Members } from '../wire/members.ts';

/** A task as ACS carries it; only what the control plane itself looks at is named. */
export interface WireTask extends JsonObject {
  arn: string;
  family: string;
  version: string;
  desiredStatus: string;
  containers: (JsonObject & { name: string; essential: boolean })[];
}

/**
 * Makes of a task definition, as `aws ecs register-task-definition --cli-input-json` takes it, the
 * task that ECS would send. Throws {@link AgentError} with code `TASK_DEFINITION_INVALID` that names
 * the member, for what is missing or of another type.
 */
export function wireTaskOf(definition: unknown, task: { arn: string; version: string }): WireTask {
  try {
    if (!isObject(definition)) throw new MalformedError('it is not a JSON object');
    return taskOf(new Members(definition, ''), task);
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const message = `The task definition cannot be used: ${error.message}`;
    throw new AgentError('TASK_DEFINITION_INVALID', message);
  }
}

function taskOf(definition: Members, task: { arn: string; version: string }): WireTask {
  const family = named(definition.text('family'), 'family');
  const containers = definition.entries('containerDefinitions');
  if (containers.length === 0)
    throw new MalformedError('containerDefinitions must name at least one container');
  const networkMode = definition.text('networkMode');
  return {
    ...task,
    family,
    desiredStatus: 'RUNNING',
    ...defined({
      networkMode,
      pidMode: definition.text('pidMode'),
      ipcMode: definition.text('ipcMode'),
      proxyConfiguration: definition.object('proxyConfiguration')?.json,
      cpu: sizeOf(definition, 'cpu', { vcpu: 1, '': 1 / 1024 }),
      memory: sizeOf(definition, 'memory', { gb: 1024, '': 1 }),
    }),
    volumes: definition.entries('volumes').map(volumeOf),
    associations: containers.flatMap(associationsOf),
    containers: containers.map((container, at) =>
      containerOf(container, { where: `containerDefinitions[${at}]`, networkMode }),
    ),
  };
}

/** What a volume of a task definition is made of says of which type it is for the agent. */
function volumeOf(volume: Members): JsonObject {
  const docker = volume.object('dockerVolumeConfiguration');
  const dockerVolumeConfiguration = docker && { scope: 'task', driver: 'local', ...docker.json };
  if (dockerVolumeConfiguration)
    return { ...volume.json, type: 'docker', dockerVolumeConfiguration };
  if (volume.flag('configuredAtLaunch')) return { ...volume.json, type: 'amazonebs' };
  const kind = volumeKinds.find((known) => volume.object(`${known}VolumeConfiguration`));
  if (kind) return { ...volume.json, type: kind };
  return { ...volume.json, type: 'host', host: volume.object('host')?.json ?? {} };
}

const volumeKinds = ['efs', 'fsxWindowsFileServer'];

/** Members that both have in common, and that are lists of objects or of words, or objects. */
const sameLists = ['mountPoints', 'volumesFrom', 'environmentFiles', 'dependsOn'];
const sameWords = ['command', 'entryPoint', 'links', 'credentialSpecs'];
const sameObjects = ['firelensConfiguration'];

function containerOf(
  container: Members,
  { where, networkMode }: { where: string; networkMode: string | null },
): WireTask['containers'][number] {
  const each = (names: string[], read: (name: string) => unknown) =>
    defined(Object.fromEntries(names.map((name) => [name, read(name)])));
  return {
    ...each(sameLists, (name) => container.entries(name).map(({ json }) => json)),
    ...each(sameWords, (name) => container.texts(name)),
    ...each(sameObjects, (name) => container.object(name)?.json),
    ...each(['startTimeout', 'stopTimeout'], (name) => container.number(name)),
    name: named(container.text('name'), `${where}.name`),
    image: named(container.text('image'), `${where}.image`),
    essential: container.flag('essential') ?? true,
    cpu: container.number('cpu') ?? 0,
    memory: container.number('memory') ?? 0,
    environment: { ...environmentOf(container), AWS_EXECUTION_ENV: 'AWS_ECS_EC2' },
    overrides: '{}',
    portMappings: container.entries('portMappings').map(portMappingOf),
    secrets: secretsOf(container),
    ...registryAuthenticationOf(container),
    ...restartPolicyOf(container),
    ...(container.object('healthCheck') && { healthCheckType: 'docker' }),
    dockerConfig: {
      config: JSON.stringify(configOf(container)),
      hostConfig: JSON.stringify(hostConfigOf(container, networkMode)),
      version: '1.24',
    },
  };
}

function named(text: string | null, where: string): string {
  if (!text) throw new MalformedError(`${where} must be given`);
  return text;
}

/** A text such as `256`, `1 vCPU` or `2 GB`, by the factors of its units in lower case. */
function sizeOf(
  definition: Members,
  name: string,
  factors: Record<string, number>,
): number | undefined {
  const text = definition.text(name);
  if (text === null) return undefined;
  const [, amount, unit = ''] = /^\s*(\d*\.?\d+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = factors[unit.toLowerCase()];
  if (amount === undefined || factor === undefined)
    throw new MalformedError(`${name} must be a size, not ${JSON.stringify(text)}`);
  return Number(amount) * factor;
}

const environmentOf = (container: Members): JsonObject =>
  Object.fromEntries(
    container.entries('environment').map((pair) => [pair.text('name'), pair.text('value') ?? '']),
  );

const portMappingOf = (mapping: Members): JsonObject =>
  defined({
    containerPort: mapping.number('containerPort'),
    hostPort: mapping.number('hostPort'),
    containerPortRange: mapping.text('containerPortRange'),
    protocol: mapping.text('protocol'),
  });

/** Secrets of a log driver's options travel with those of the container. */
const secretsOf = (container: Members): JsonObject[] =>
  [
    ...container.entries('secrets'),
    ...(container.object('logConfiguration')?.entries('secretOptions') ?? []),
  ].map(({ json }) => json);

/** A payload tells of GPUs for the task as a whole, and of the containers that get them. */
const associationsOf = (container: Members): JsonObject[] =>
  container
    .entries('resourceRequirements')
    .map((need) => ({ type: need.text('type'), containers: [container.text('name')] }));

function registryAuthenticationOf(container: Members): JsonObject {
  const credentials = container.object('repositoryCredentials');
  if (!credentials) return {};
  const asmAuthData = { credentialsParameter: credentials.text('credentialsParameter') };
  return { registryAuthentication: { type: 'asm', asmAuthData } };
}

/** Seconds that a container must have run, where its restart policy does not say. */
const restartAttemptPeriod = 60;

function restartPolicyOf(container: Members): JsonObject {
  const policy = container.object('restartPolicy');
  return policy ? { restartPolicy: { restartAttemptPeriod, ...policy.json } } : {};
}

const mebibyte = 1_048_576;
const nanosecondsOfASecond = 1e9;

/** What of a container definition becomes a field of Docker's container configuration. */
const configOf = (container: Members): JsonObject =>
  defined({
    User: container.text('user'),
    WorkingDir: container.text('workingDirectory'),
    Hostname: container.text('hostname'),
    NetworkDisabled: container.flag('disableNetworking'),
    Labels: container.textMap('dockerLabels'),
    OpenStdin: container.flag('interactive'),
    Tty: container.flag('pseudoTerminal'),
    HealthCheck: healthCheckOf(container),
  });

function healthCheckOf(container: Members): JsonObject | undefined {
  const check = container.object('healthCheck');
  if (!check) return undefined;
  const startPeriod = check.number('startPeriod');
  return defined({
    Test: check.texts('command'),
    Interval: (check.number('interval') ?? 30) * nanosecondsOfASecond,
    Timeout: (check.number('timeout') ?? 5) * nanosecondsOfASecond,
    Retries: check.number('retries') ?? 3,
    StartPeriod: startPeriod && startPeriod * nanosecondsOfASecond,
  });
}

/** What of a container definition becomes a field of Docker's host configuration. */
const hostConfigOf = (container: Members, networkMode: string | null): JsonObject =>
  defined({
    NetworkMode: networkMode,
    MemoryReservation: bytesOf(container.number('memoryReservation')),
    LogConfig: logConfigOf(container),
    Privileged: container.flag('privileged'),
    ReadonlyRootfs: container.flag('readonlyRootFilesystem'),
    SecurityOpt: container.texts('dockerSecurityOptions'),
    Dns: container.texts('dnsServers'),
    DnsSearch: container.texts('dnsSearchDomains'),
    ExtraHosts: given(
      container.entries('extraHosts'),
      (host) => `${host.text('hostname')}:${host.text('ipAddress')}`,
    ),
    Ulimits: given(container.entries('ulimits'), (limit) => ({
      Name: limit.text('name'),
      Soft: limit.number('softLimit'),
      Hard: limit.number('hardLimit'),
    })),
    Sysctls: mapped(container.entries('systemControls'), (control) => [
      control.text('namespace') ?? '',
      control.text('value') ?? '',
    ]),
    ...linuxParametersOf(container),
  });

function logConfigOf(container: Members): JsonObject | undefined {
  const log = container.object('logConfiguration');
  return log ? { Type: log.text('logDriver'), Config: log.textMap('options') ?? {} } : undefined;
}

/** ECS sends both lists of capabilities even where none is asked for. */
function linuxParametersOf(container: Members): JsonObject {
  const linux = container.object('linuxParameters');
  const capabilities = linux?.object('capabilities');
  const maxSwap = linux?.number('maxSwap') ?? null;
  return {
    CapAdd: capabilities?.texts('add') ?? [],
    CapDrop: capabilities?.texts('drop') ?? [],
    Devices: linux && given(linux.entries('devices'), deviceOf),
    Tmpfs: linux && mapped(linux.entries('tmpfs'), tmpfsOf),
    ShmSize: bytesOf(linux?.number('sharedMemorySize')),
    Init: linux?.flag('initProcessEnabled'),
    // Docker's limit is for memory and swap together.
    MemorySwap: maxSwap === null ? null : bytesOf(maxSwap + (container.number('memory') ?? 0)),
    MemorySwappiness: linux?.number('swappiness'),
  };
}

function deviceOf(device: Members): JsonObject {
  const permissions = device.texts('permissions') ?? ['read', 'write', 'mknod'];
  return {
    PathOnHost: device.text('hostPath'),
    PathInContainer: device.text('containerPath') ?? device.text('hostPath'),
    CgroupPermissions: permissions.map((permission) => permission.charAt(0)).join(''),
  };
}

const tmpfsOf = (mount: Members): [string, string] => [
  mount.text('containerPath') ?? '',
  [`size=${mount.number('size') ?? 0}m`, ...(mount.texts('mountOptions') ?? [])].join(','),
];

const bytesOf = (mebibytes: number | null | undefined): number | null =>
  typeof mebibytes === 'number' ? mebibytes * mebibyte : null;

const given = <Entry>(entries: Members[], translate: (entry: Members) => Entry): Entry[] | null =>
  entries.length > 0 ? entries.map(translate) : null;

const mapped = (entries: Members[], translate: (entry: Members) => [string, string]) =>
  entries.length > 0 ? Object.fromEntries(entries.map(translate)) : null;

/** An object without the members that are not given. */
const defined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value != null));
