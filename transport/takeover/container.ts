import type { ContainerStatus, NetworkBinding } from '../../machines/container/model.ts';
import { isObject, type Members } from '../wire/members.ts';
import type { FoundContainer } from './port.ts';

/** A container as its own row has it: newer than the copy within its task. */
export interface ContainerRow {
  taskId: string;
  dockerId: string;
  dockerName: string;
  container: Members;
}

/** What kind of container it is: one of the task definition, or one that the agent had added. */
export type ContainerKind = 'normal' | 'emptyVolume' | 'pause' | 'namespacePause' | 'other';

const kinds: Record<string, ContainerKind> = {
  NORMAL: 'normal',
  EMPTY_HOST_VOLUME: 'emptyVolume',
  CNI_PAUSE: 'pause',
  NAMESPACE_PAUSE: 'namespacePause',
};

/** Old files say only whether it was added: then it is there for the volumes of others. */
export function kindOf({ json }: Members): ContainerKind {
  const { IsInternal: told } = json;
  if (told === true) return 'emptyVolume';
  return typeof told === 'string' ? (kinds[told] ?? 'other') : 'normal';
}

/** Raised for a status that no version of that agent had: its task is not understood. */
export class UnknownStatus extends Error {}

/** The words of all versions; the numbers are from before `MANIFEST_PULLED` existed. */
const statuses: Record<string, ContainerStatus> = {
  NONE: 'NONE',
  UNKNOWN: 'NONE',
  MANIFEST_PULLED: 'MANIFEST_PULLED',
  PULLED: 'PULLED',
  CREATED: 'CREATED',
  RUNNING: 'RUNNING',
  RESOURCES_PROVISIONED: 'RUNNING',
  STOPPED: 'STOPPED',
  DEAD: 'STOPPED',
  0: 'NONE',
  1: 'PULLED',
  2: 'CREATED',
  3: 'RUNNING',
  4: 'RUNNING',
  5: 'STOPPED',
  6: 'NONE',
};

/** A status of a task or a container. Throws {@link UnknownStatus}. */
export function statusOf(members: Members, name: string): ContainerStatus {
  const word = members.text(name) ?? 'NONE';
  const status = statuses[word];
  if (status === undefined) throw new UnknownStatus(`${name} is ${JSON.stringify(word)}`);
  return status;
}

/** As far as ECS is told of it at all. */
export function sentOf(members: Members): FoundContainer['sent'] {
  const status = statusOf(members, 'SentStatus');
  return status === 'NONE' || status === 'PULLED' || status === 'CREATED' ? null : status;
}

/** Go writes the year 1 for a time that has not come. */
export function timeIn(members: Members, name: string): number | null {
  const time = Date.parse(members.text(name) ?? '');
  return time > 0 ? time : null;
}

/** What was known of a container; `dockerId` is null where there is no row of it. */
export function foundContainer(container: Members, dockerId: string | null): FoundContainer {
  const runtimeId = dockerId ?? (container.text('RuntimeID') || null);
  const tracker = container.object('restartTracker');
  return {
    name: container.text('Name') ?? '',
    runtimeId,
    status: reached(container, runtimeId),
    sent: sentOf(container),
    exitCode: container.number('KnownExitCode'),
    digest: container.text('ImageDigest') || null,
    imageId: container.text('ImageID') || null,
    bindings: container.objects('KnownPortBindings').flatMap((binding) => bindingIn(binding)),
    startedAt: timeIn(container, 'startedAt'),
    restarts: tracker?.number('restartCount') ?? 0,
    lastRestartAt: tracker ? timeIn(tracker, 'lastRestartAt') : null,
    failure: failureIn(container),
  };
}

/** The id of a container is saved before the status says that it was created. */
function reached(container: Members, runtimeId: string | null): ContainerStatus {
  // What exists only for its volumes never ran, and never ends.
  if (kindOf(container) === 'emptyVolume') return 'STOPPED';
  const status = statusOf(container, 'KnownStatus');
  const isBefore = status === 'NONE' || status === 'MANIFEST_PULLED' || status === 'PULLED';
  return isBefore && runtimeId !== null ? 'CREATED' : status;
}

/** Those to `::` are not told to ECS, and those of a range are not told one by one. */
function bindingIn(binding: Members | null): NetworkBinding[] {
  const containerPort = binding?.number('ContainerPort');
  const hostPort = binding?.number('HostPort');
  const bindIP = binding?.text('BindIp') ?? '';
  if (!containerPort || !hostPort || bindIP === '::') return [];
  const protocol = binding?.text('Protocol') === 'udp' ? 'udp' : 'tcp';
  return [{ bindIP, protocol, containerPort, hostPort }];
}

function failureIn({ json }: Members): FoundContainer['failure'] {
  const { ApplyingError: told } = json;
  if (!isObject(told) || typeof told.error !== 'string') return null;
  return { name: typeof told.name === 'string' ? told.name : 'UnknownError', message: told.error };
}
