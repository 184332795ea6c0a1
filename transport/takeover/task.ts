import type { ContainerPlan } from '../../machines/container/model.ts';
import { taskIdOf } from '../../machines/names/arn.ts';
import { plainContainer, plainTask } from '../../machines/names/plain.ts';
import type { TaskPlan, VolumePlan } from '../../machines/task/model.ts';
import { BadTask } from '../acs/container.ts';
import { readTask } from '../acs/task.ts';
import type { Random } from '../host/port.ts';
import { isObject, type JsonObject, MalformedError, Members } from '../wire/members.ts';
import {
  type ContainerKind,
  type ContainerRow,
  foundContainer,
  kindOf,
  sentOf,
  statusOf,
  timeIn,
} from './container.ts';
import type { FoundTask } from './port.ts';

/** One container of a task: its latest members, and what the Engine knows it by. */
interface Part {
  name: string;
  kind: ContainerKind;
  members: Members;
  row: ContainerRow | undefined;
}

/**
 * Translates a task as the Amazon ECS agent saves it. `rows` are those of its containers. Throws what
 * the readers of its members throw, and for a status that is not known.
 */
export function foundTask(task: Members, rows: ContainerRow[], random: Random): FoundTask {
  if (!task.text('Arn')) throw new MalformedError('it has no Arn');
  const parts = task.entries('Containers').map((own): Part => {
    const name = own.text('Name') ?? '';
    const row = rows.find(({ container }) => container.text('Name') === name);
    const members = row ? newest(own, row.container) : own;
    return { name, kind: kindOf(members), members, row };
  });
  const { plan, lacks, warnings } = planOf(task, parts, random);
  return {
    plan,
    lacks,
    desired: statusOf(task, 'DesiredStatus') === 'STOPPED' ? 'STOPPED' : 'RUNNING',
    sent: sentOf(task),
    knownAt: timeIn(task, 'KnownTime'),
    pullStartedAt: timeIn(task, 'PullStartedAt'),
    pullStoppedAt: timeIn(task, 'PullStoppedAt'),
    executionStoppedAt: timeIn(task, 'ExecutionStoppedAt'),
    hasCgroup: (task.object('resources')?.count('cgroup') ?? 0) > 0,
    containers: parts.map(({ members, row }) => foundContainer(members, row?.dockerId || null)),
    warnings,
  };
}

/** The row is newer than the copy in its task, but where it says nothing. */
function newest(own: Members, row: Members): Members {
  const said = Object.entries(row.json).filter(([, value]) => value !== null);
  return new Members({ ...own.json, ...Object.fromEntries(said) }, '');
}

/** What this agent makes of a task, and what it cannot do for it. */
interface Reading {
  plan: TaskPlan;
  lacks: string[];
  warnings: string[];
}

function planOf(task: Members, parts: Part[], random: Random): Reading {
  const { plan, warnings } = definitionOf(task, parts, random);
  const { unsupported, ...able } = plan;
  const mesh = task.object('ServiceConnectConfig')?.text('containerName');
  const isInMesh = parts.some(({ name, kind }) => kind === 'normal' && name === mesh);
  const lacks = [...unsupported, ...(isInMesh ? ['Service Connect'] : [])];
  return {
    plan: {
      ...able,
      unsupported: [],
      containers: containersOf(plan, parts, random),
      volumes: plan.volumes.map((volume) => volumeIn(task, volume)),
    },
    lacks,
    warnings: [...warnings, ...cautions(lacks, parts)],
  };
}

function cautions(lacks: string[], parts: Part[]): string[] {
  return [
    ...(lacks.length > 0
      ? [`It needs ${lacks.join(', ')}, which this agent does not have: what runs is watched`]
      : []),
    ...(parts.some(({ kind }) => kind === 'pause')
      ? ['Its network interface goes with its pause container: no CNI plugin is run at its end']
      : []),
    ...parts
      .filter(({ kind }) => kind === 'other')
      .map(({ name }) => `Container ${name} was added by the other agent: it is only stopped`),
  ];
}

/**
 * The task as its payload named it: the other agent saves under the payload's own names, in another
 * letter case. Where that cannot be read, what it takes to watch and stop it.
 */
function definitionOf(
  task: Members,
  parts: Part[],
  random: Random,
): { plan: TaskPlan; warnings: string[] } {
  const normal = parts.filter(({ kind }) => kind === 'normal');
  try {
    const wire = new Members(wireOf(task, normal), '');
    const read = readTask(wire, random);
    if (!read) throw new BadTask('it is not wanted running yet');
    return { plan: read.plan, warnings: [] };
  } catch (error) {
    if (!(error instanceof BadTask || error instanceof MalformedError)) throw error;
    const containers = normal.map((part) => bareContainer(part, random));
    const named = { arn: task.text('Arn') ?? '', family: task.text('Family') ?? '' };
    const plan = { ...plainTask({ ...named, version: task.text('Version') ?? '' }), containers };
    const why = `Its definition cannot be read (${error.message})`;
    return { plan, warnings: [`${why}: it is watched and stopped as it is`] };
  }
}

const bareContainer = ({ name, members }: Part, random: Random): ContainerPlan => ({
  ...plainContainer({ name, image: members.text('Image') ?? '', metadataId: random.uuid() }),
  essential: members.flag('Essential') ?? true,
});

/** The members that are saved in another shape than a payload has them in. */
function wireOf(task: Members, parts: Part[]): JsonObject {
  const { ENI: interfaces = null, AppMesh: mesh = null } = task.json;
  const role = (name: string) => {
    const credentialsId = task.text(name);
    return credentialsId ? { credentialsId } : null;
  };
  return {
    ...task.json,
    desiredStatus: 'RUNNING',
    containers: parts.map(({ members }) => wireContainer(members)),
    // Old files hold one, not a list.
    elasticNetworkInterfaces: isObject(interfaces) ? [interfaces] : interfaces,
    proxyConfiguration: mesh,
    roleCredentials: role('credentialsID'),
    executionRoleCredentials: role('executionCredentialsID'),
  };
}

/** Overrides are a text in a payload. */
function wireContainer(container: Members): JsonObject {
  const command = container.object('overrides')?.texts('command');
  return { ...container.json, overrides: command ? JSON.stringify({ command }) : null };
}

/**
 * The containers of a plan under the names that they have, with those that the other agent had added.
 * Its pause container lends the others its network, so it starts before them and stops after them.
 */
function containersOf(plan: TaskPlan, parts: Part[], random: Random): ContainerPlan[] {
  const isPlanned = (name: string) => plan.containers.some((planned) => planned.name === name);
  const added = parts.filter(({ name }) => !isPlanned(name));
  const lenders = added.filter(({ kind }) => kind === 'pause' || kind === 'namespacePause');
  const joined = lenders.map(({ name }) => ({ container: name, condition: 'START' as const }));
  return [
    ...plan.containers.map((planned) => ({
      ...planned,
      dependsOn: planned.internal ? planned.dependsOn : [...planned.dependsOn, ...joined],
    })),
    ...added.map((part) => ({ ...bareContainer(part, random), internal: true })),
  ].map((planned) => {
    const part = parts.find(({ name }) => name === planned.name);
    return part ? { ...planned, ...known(part) } : planned;
  });
}

/** By what the Engine and the metadata endpoints know a container. */
function known({ members, row }: Part): Partial<ContainerPlan> {
  const dockerName = row?.dockerName || row?.dockerId || members.text('RuntimeID');
  const metadataId = members.text('V3EndpointID');
  return { ...(dockerName && { dockerName }), ...(metadataId && { metadataId }) };
}

/** A volume that the other agent made has a name of its choice, which is kept in several places. */
function volumeIn(task: Members, volume: VolumePlan): VolumePlan {
  if (volume.kind !== 'docker' || volume.scope !== 'task') return volume;
  const inTask = task.entries('volumes').find((one) => one.text('name') === volume.name);
  const resources = task.object('resources')?.entries('dockerVolume') ?? [];
  const made = resources.find((one) => one.text('name') === volume.name);
  const places = [made, inTask].map((place) => place?.object('dockerVolumeConfiguration'));
  const dockerName =
    places.map((place) => place?.text('dockerVolumeName')).find(Boolean) ??
    inTask?.object('host')?.text('hostPath');
  return dockerName ? { ...volume, dockerName } : volume;
}

/** Rows of containers name their task by its id. */
export const belongsTo = (task: Members, { taskId }: ContainerRow): boolean =>
  taskIdOf(task.text('Arn') ?? '') === taskId;
