import type { NetworkBinding } from '../../machines/container/model.ts';
import type { ServedContainer, ServedHealth, ServedTask } from './port.ts';

/** The versions of the task metadata endpoint that describe tasks. */
export type Version = 2 | 3 | 4;

/** Docker takes no fewer CPU shares. */
const leastShares = 2;

/**
 * A container in the JSON of the task metadata endpoint ("Amazon ECS task metadata endpoint" in the
 * ECS developer guide). Version 4 has a few members more, and networks last.
 */
export function describeContainer(container: ServedContainer, version: Version): object {
  const networks = networksOf(container, version);
  return {
    DockerId: container.dockerId,
    Name: container.name,
    DockerName: container.dockerName,
    Image: container.image,
    ImageID: container.imageId,
    ...some('Ports', portsOf(container.bindings, version)),
    ...someOf('Labels', container.labels),
    DesiredStatus: container.desired,
    KnownStatus: container.known,
    ...(container.exitCode !== null && { ExitCode: container.exitCode }),
    Limits: { CPU: Math.max(leastShares, container.cpu), Memory: container.memoryMiB },
    ...(container.createdAt !== null && { CreatedAt: container.createdAt }),
    ...(container.startedAt !== null && { StartedAt: container.startedAt }),
    ...(container.finishedAt !== null && { FinishedAt: container.finishedAt }),
    Type: container.kind,
    ...(version !== 4 && networks),
    ...(container.health && { Health: healthOf(container.health) }),
    ...some('Volumes', volumesOf(container)),
    ...(version === 4 && { ...extrasOf(container), ...networks, ...restartsOf(container) }),
  };
}

const extrasOf = (container: ServedContainer) => ({
  ...(container.logDriver !== '' && { LogDriver: container.logDriver }),
  ...someOf('LogOptions', container.logOptions),
  ...(container.arn !== '' && { ContainerARN: container.arn }),
});

const restartsOf = ({ restarts }: ServedContainer) =>
  restarts === null ? {} : { RestartCount: restarts };

const some = (name: string, list: unknown[]) => (list.length > 0 ? { [name]: list } : {});

/** Names in order, as in all maps of these endpoints. */
function someOf(name: string, map: Record<string, string>): object {
  const entries = Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length > 0 ? { [name]: Object.fromEntries(entries) } : {};
}

/** A range is told port by port. Version 4 alone tells the address. */
function portsOf(bindings: NetworkBinding[], version: Version): object[] {
  return bindings.flatMap((binding) => {
    const { protocol, bindIP } = binding;
    const port = (containerPort: number, hostPort: number) => ({
      ContainerPort: containerPort,
      Protocol: protocol,
      HostPort: hostPort,
      ...(version === 4 && bindIP !== '' && { HostIp: bindIP }),
    });
    if ('hostPort' in binding) return [port(binding.containerPort, binding.hostPort)];
    const [first = 0, last = first] = binding.containerPortRange.split('-').map(Number);
    const [onHost = 0] = binding.hostPortRange.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, nth) => port(first + nth, onHost + nth));
  });
}

/** Version 2 serves no task that has networks of Docker's. A network without an address has ''. */
function networksOf({ networks }: ServedContainer, version: Version): object {
  if (version === 2 || networks === null || networks.length === 0) return {};
  const told = networks.map(({ mode, ipv4, ipv6 }) => ({
    NetworkMode: mode,
    IPv4Addresses: ipv4.length > 0 ? ipv4 : [''],
    ...(version === 4 && ipv6.length > 0 && { IPv6Addresses: ipv6 }),
  }));
  return { Networks: told };
}

const healthOf = ({ status, since, exitCode, output }: ServedHealth) => ({
  ...(status !== null && { status }),
  ...(since !== null && { statusSince: since }),
  ...(exitCode !== 0 && { exitCode }),
  ...(output !== '' && { output }),
});

const volumesOf = ({ mounts }: ServedContainer): object[] =>
  mounts.map(({ name, source, destination }) => ({
    ...(name !== '' && { DockerName: name }),
    ...(source !== '' && { Source: source }),
    ...(destination !== '' && { Destination: destination }),
  }));

/** Tags of a task and of its container instance, as far as ECS told them, and what it did not. */
export interface ServedTags {
  task: Record<string, string>;
  instance: Record<string, string>;
  errors: { ErrorField: string; ErrorMessage: string; ResourceARN: string }[];
}

/** A task in the JSON of the task metadata endpoint; version 4 has its containers after the rest. */
export function describeTask(
  task: ServedTask,
  version: Version,
  tags: ServedTags | null = null,
): object {
  const containers = containersOf(task, version);
  const zone = task.availabilityZone;
  return {
    Cluster: task.cluster,
    TaskARN: task.arn,
    Family: task.family,
    Revision: task.version,
    DesiredStatus: task.desired,
    KnownStatus: task.known,
    ...(version !== 4 && containers),
    ...limitsOf(task),
    ...timeOf('PullStartedAt', task.pullStartedAt),
    ...timeOf('PullStoppedAt', task.pullStoppedAt),
    ...timeOf('ExecutionStoppedAt', task.executionStoppedAt),
    ...(zone !== '' && { AvailabilityZone: zone }),
    ...someOf('TaskTags', tags?.task ?? {}),
    ...someOf('ContainerInstanceTags', tags?.instance ?? {}),
    ...(version === 4 && {
      ...(task.launchType !== '' && { LaunchType: task.launchType }),
      ...some('Errors', tags?.errors ?? []),
      ...containers,
      ...(task.vpcId !== '' && { VPCID: task.vpcId }),
      ...(task.serviceName !== '' && { ServiceName: task.serviceName }),
      FaultInjectionEnabled: task.faultInjection,
      ...(task.availabilityZoneId !== '' && { AvailabilityZoneID: task.availabilityZoneId }),
    }),
  };
}

/** Only version 4 tells of containers that the Engine has not made: last, and without networks. */
function containersOf({ containers }: ServedTask, version: Version): object {
  const made = containers.filter(({ dockerId }) => dockerId !== '');
  const pulled = containers.filter(({ dockerId, known }) => dockerId === '' && known !== 'NONE');
  const shown = [...made, ...(version === 4 ? pulled : [])];
  return some(
    'Containers',
    shown.map((container) => describeContainer(container, version)),
  );
}

function limitsOf({ cpu, memoryMiB }: ServedTask): object {
  const limits = { ...(cpu && { CPU: cpu }), ...(memoryMiB && { Memory: memoryMiB }) };
  return Object.keys(limits).length > 0 ? { Limits: limits } : {};
}

const timeOf = (name: string, at: number | null): object =>
  at === null ? {} : { [name]: rfc3339(at) };

/** As the Go language writes a time: without zeros at the end of the fraction. */
const rfc3339 = (at: number): string => new Date(at).toISOString().replace(/\.?0+Z$/, 'Z');
