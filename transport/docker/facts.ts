import type { ContainerInfo, ContainerInspectInfo } from 'dockerode';
import type {
  ContainerFacts,
  ContainerPlan,
  NetworkBinding,
  PortMapping,
} from '../../machines/container/model.ts';
import { unreadable } from './calls.ts';
import type { ListedContainer } from './port.ts';
import { labels, portsOf } from './translate.ts';

/** What an inspect says of a container; a paused one counts as running. */
export function factsOf(info: ContainerInspectInfo, plan: ContainerPlan): ContainerFacts {
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
    bindings: bindingsOf(plan.portMappings, info.NetworkSettings?.Ports ?? {}),
    outOfMemory: state.OOMKilled === true,
    error: state.Error ?? '',
  };
}

/** A container that could not be started is `created` to Docker, and over to ECS. */
function lifeOf(
  state: ContainerInspectInfo['State'],
  startedAt: number | null,
): ContainerFacts['state'] {
  if (state.Running) return 'running';
  return startedAt === null && !state.Error && !state.Dead ? 'created' : 'exited';
}

/** Docker writes the year 1 for a time that has not come. */
function timeOf(text: string): number | null {
  const time = Date.parse(text);
  return time > 0 ? time : null;
}

/** `NetworkSettings.Ports` of an inspect; null for a port that is exposed but not published. */
type PublishedPorts = Record<string, { HostIp: string; HostPort: string }[] | null>;

/**
 * The published ports of a task definition's mappings, in its order; a range is told as one. The
 * same ports bound to `::` are not told again, and nothing is told of a container that has ended,
 * since Docker then forgets them.
 */
export function bindingsOf(mappings: PortMapping[], published: PublishedPorts): NetworkBinding[] {
  const seen = new Set<string>();
  return mappings.flatMap((mapping) => {
    const [first = ''] = portsOf(mapping);
    if (seen.has(first)) return [];
    seen.add(first);
    const bound = (published[first] ?? []).filter((binding) => binding.HostIp !== '::');
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

/** What a list shows of one of our containers. */
export function listedOf(info: ContainerInfo): ListedContainer {
  return {
    runtimeId: info.Id,
    taskArn: info.Labels[labels.taskArn] ?? '',
    name: info.Labels[labels.containerName] ?? '',
    running: ['running', 'paused', 'restarting'].includes(info.State),
  };
}
