import type { ContainerPlan } from '../../machines/container/model.ts';
import type { TaskArrival, TaskPlan, VolumePlan } from '../../machines/task/model.ts';
import type { Random } from '../host/port.ts';
import { MalformedError, Members, readObject } from '../wire/members.ts';
import { BadTask, impliedBy, readContainer, withNamespacePause } from './container.ts';

/** What an ARN may look like: it names actors and records, so it must be plain text of some length. */
const arnPattern = /^[\x21-\x7e]{1,2048}$/;

/** The task's ARN; null where it has none that can be used. */
export function arnOf(task: Members): string | null {
  const arn = task.text('arn') ?? '';
  return arnPattern.test(arn) ? arn : null;
}

/**
 * Translates one task of a payload; null for one that is not wanted running yet, of which there is
 * nothing to do. Throws {@link BadTask} where it cannot be understood.
 */
export function readTask(task: Members, random: Random): TaskArrival | null {
  const arn = arnOf(task);
  if (!arn) throw new BadTask('the task has no ARN');
  const desired = desiredOf(task.text('desiredStatus'));
  const { containers, fault } = readContainers(task, random);
  const volumes = task.objects('volumes').map((volume) => readVolume(volume, task));
  const pidMode = modeOf(task.text('pidMode'), ['host', 'task'] as const);
  const ipcMode = modeOf(task.text('ipcMode'), ['host', 'task', 'none'] as const);
  const shared = pidMode === 'task' || ipcMode === 'task';
  const plan = {
    arn,
    family: task.text('family') ?? '',
    version: task.text('version') ?? '',
    networkMode: task.text('networkMode') ?? '',
    cpu: limitOf(task.number('cpu'), 'cpu'),
    memoryMiB: limitOf(task.number('memory'), 'memory'),
    containers: shared ? withNamespacePause(containers, random) : containers,
    volumes,
    pidMode,
    ipcMode,
    roleCredentialsId: task.object('roleCredentials')?.text('credentialsId') ?? null,
    executionCredentialsId: task.object('executionRoleCredentials')?.text('credentialsId') ?? null,
    fault: fault ?? volumeFault(volumes),
    unsupported: unsupportedBy(task),
    ...shownOf(task),
  };
  return desired && { desired, roll: random.roll(), plan };
}

/** A limit below nothing, or beyond all numbers, would upset what the host has for other tasks. */
function limitOf(value: number | null, name: string): number | null {
  if (value !== null && !(Number.isFinite(value) && value >= 0))
    throw new BadTask(`${name} must be at least 0, not ${value}`);
  return value;
}

/** What of a task its metadata shows and nothing else heeds. */
function shownOf(task: Members): Pick<TaskPlan, 'launchType' | 'serviceName' | 'faultInjection'> {
  const launchType = task.text('launchType');
  const serviceName = task.text('serviceName');
  return {
    ...(launchType && { launchType }),
    ...(serviceName && { serviceName }),
    ...(task.flag('enableFaultInjection') && { faultInjection: true }),
  };
}

/** Statuses short of running, which the Amazon ECS agent knows as well. */
const notYet = ['NONE', 'UNKNOWN', 'MANIFEST_PULLED', 'CREATED'];

function desiredOf(status: string | null): TaskArrival['desired'] | null {
  if (status === 'RUNNING') return 'RUNNING';
  if (status === 'STOPPED' || status === 'DEAD') return 'STOPPED';
  if (status === null || notYet.includes(status)) return null;
  throw new BadTask(`unknown desired status ${JSON.stringify(status)}`);
}

/** Reads the containers in the order of the payload, with the order that they imply. */
function readContainers(
  task: Members,
  random: Random,
): { containers: ContainerPlan[]; fault: string | null } {
  const read = task.objects('containers').map((container) => {
    if (!container) throw new BadTask('a container is null');
    return readContainer(container, random);
  });
  const names = new Set(read.map(({ name }) => name));
  if (read.length === 0) throw new BadTask('the task has no containers');
  if (names.size < read.length) throw new BadTask('two containers have the same name');
  let fault: string | null = null;
  const containers = read.map((container) => {
    const implied = impliedBy(container, names);
    if (typeof implied !== 'string')
      return { ...container, dependsOn: [...container.dependsOn, ...implied] };
    fault ??= implied;
    return container;
  });
  return { containers, fault };
}

/** A mode that is not known counts as none, as in the Amazon ECS agent. */
const modeOf = <Mode extends string>(given: string | null, known: readonly Mode[]): Mode | '' =>
  known.find((mode) => mode === given) ?? '';

function readVolume(volume: Members | null, task: Members): VolumePlan {
  const name = volume?.text('name');
  if (!volume || !name) throw new BadTask('invalid Volume; must include a name');
  const type = volume.text('type') || typeOfBare(volume, task);
  if (type === 'docker') return readDockerVolume(name, volume.object('dockerVolumeConfiguration'));
  if (type === 'host') return readHostVolume(name, volume.object('host'));
  // Of a kind that this agent does not have: the task is refused, and nothing is mounted.
  if (Object.hasOwn(volumeFeatures, type)) return { kind: 'bind', name, sourcePath: '' };
  throw new BadTask(`unrecognized volume type: ${JSON.stringify(type)}`);
}

/** A volume that an attachment of its task brings has nothing but its name. */
const typeOfBare = (volume: Members, task: Members): string =>
  volume.object('host') === null && task.count('attachments') > 0 ? 'attachment' : 'host';

const emptyVolume = () => new BadTask('invalid volume: empty volume configuration');

function readDockerVolume(name: string, docker: Members | null): VolumePlan {
  if (!docker) throw emptyVolume();
  return {
    kind: 'docker',
    name,
    driver: docker.text('driver') ?? '',
    driverOpts: docker.textMap('driverOpts') ?? {},
    labels: docker.textMap('labels') ?? {},
    scope: docker.text('scope') === 'task' ? 'task' : 'shared',
    autoprovision: docker.flag('autoprovision') ?? false,
  };
}

/** A host volume without a path is a volume of the task's own. */
function readHostVolume(name: string, host: Members | null): VolumePlan {
  if (!host) throw emptyVolume();
  const sourcePath = host.text('sourcePath');
  if (sourcePath) return { kind: 'bind', name, sourcePath };
  const local = { driver: 'local', driverOpts: {}, labels: {} };
  return { kind: 'docker', name, ...local, scope: 'task', autoprovision: false };
}

function volumeFault(volumes: VolumePlan[]): string | null {
  const isFaulty = (volume: VolumePlan) =>
    volume.kind === 'docker' && volume.scope === 'task' && volume.autoprovision;
  const faulty = volumes.find(isFaulty);
  return faulty
    ? `volume [${faulty.name}] : task scoped volume could not be autoprovisioned`
    : null;
}

/** Members of a task that ask for a feature this agent does not have, with the feature in words. */
const taskFeatures: Record<string, string> = {
  associations: 'GPUs or other associations',
  elasticNetworkInterfaces: 'elastic network interfaces',
  attachments: 'attachments',
};

/** The same for the members of a container. */
const containerFeatures: Record<string, string> = {
  secrets: 'secrets',
  environmentFiles: 'environment files',
  credentialSpecs: 'credential specs',
  managedAgents: 'managed agents (ECS Exec)',
};

/** The same for types of volumes. */
const volumeFeatures: Record<string, string> = {
  efs: 'EFS volumes',
  fsxWindowsFileServer: 'FSx for Windows File Server volumes',
  amazonebs: 'EBS volumes',
  s3files: 'S3 Files volumes',
  attachment: 'attachments',
};

/**
 * What a task needs and this agent does not have, each feature once. Empty lists ask for nothing.
 * Such a task is refused: running it without the feature could do harm.
 */
function unsupportedBy(task: Members): string[] {
  const found = new Set<string>();
  const collect = (members: Members, features: Record<string, string>) => {
    for (const [name, feature] of Object.entries(features))
      if (members.count(name) > 0) found.add(feature);
  };
  collect(task, taskFeatures);
  if (task.object('proxyConfiguration')) found.add('an App Mesh proxy');
  if (task.text('networkMode') === 'awsvpc') found.add('network mode awsvpc');
  for (const volume of task.entries('volumes')) {
    const type = volume.text('type') ?? '';
    if (Object.hasOwn(volumeFeatures, type)) found.add(volumeFeatures[type] ?? '');
  }
  for (const container of task.entries('containers')) {
    collect(container, containerFeatures);
    if (container.object('firelensConfiguration') || logsByFireLens(container))
      found.add('FireLens');
    if (container.object('registryAuthentication')?.text('type') === 'asm')
      found.add('registry credentials in AWS Secrets Manager');
  }
  return [...found];
}

/** Which log driver a container has, only the text for the Engine tells. */
function logsByFireLens(container: Members): boolean {
  try {
    const text = container.object('dockerConfig')?.text('hostConfig') || '{}';
    const hostConfig = new Members(readObject(text, 'hostConfig'), 'hostConfig');
    return hostConfig.object('LogConfig')?.text('Type') === 'awsfirelens';
  } catch (error) {
    // A text that cannot be read is a failure of the container, when it is created.
    if (error instanceof MalformedError) return false;
    throw error;
  }
}
