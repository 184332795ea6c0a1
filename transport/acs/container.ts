import type {
  Condition,
  ContainerPlan,
  Dependency,
  EcrLogin,
  PortMapping,
  Protocol,
  RestartPolicy,
} from '../../machines/container/model.ts';
import { plainContainer } from '../../machines/names/plain.ts';
import type { Random } from '../host/port.ts';
import type { Members } from '../wire/members.ts';

/** Why one task of a payload cannot be understood; its siblings are not touched. */
export class BadTask extends Error {}

/** Translates one container of a payload. Throws {@link BadTask}. */
export function readContainer(container: Members, random: Random): ContainerPlan {
  const name = container.text('name');
  if (!name) throw new BadTask('a container has no name');
  const docker = container.object('dockerConfig');
  const arn = container.text('containerArn');
  return {
    name,
    image: container.text('image') ?? '',
    essential: container.flag('essential') ?? false,
    internal: false,
    cpu: natural(container.number('cpu'), 'cpu') ?? 0,
    memoryMiB: natural(container.number('memory'), 'memory') ?? 0,
    command: overriddenCommand(container) ?? container.texts('command'),
    entryPoint: container.texts('entryPoint'),
    environment: container.textMap('environment') ?? {},
    portMappings: container.objects('portMappings').map(readPortMapping),
    links: (container.texts('links') ?? []).map(readLink),
    volumesFrom: container.entries('volumesFrom').map((from) => ({
      container: from.text('sourceContainer') ?? '',
      readOnly: from.flag('readOnly') ?? false,
    })),
    mountPoints: container.entries('mountPoints').map((mount) => ({
      volume: mount.text('sourceVolume') ?? '',
      containerPath: mount.text('containerPath') ?? '',
      readOnly: mount.flag('readOnly') ?? false,
    })),
    dependsOn: container.entries('dependsOn').map(readDependency),
    startTimeoutS: natural(container.number('startTimeout'), 'startTimeout') || null,
    stopTimeoutS: natural(container.number('stopTimeout'), 'stopTimeout') || null,
    dockerConfig: docker?.text('config') ?? '',
    dockerHostConfig: docker?.text('hostConfig') ?? '',
    dockerVersion: docker?.text('version') ?? '',
    healthChecked: container.text('healthCheckType') === 'docker',
    restartPolicy: readRestartPolicy(container.object('restartPolicy')),
    ecr: readEcr(container.object('registryAuthentication')),
    logsByExecutionRole: container.text('logsAuthStrategy') === 'ExecutionRole',
    metadataId: random.uuid(),
    ...(arn && { arn }),
  };
}

function natural(value: number | null, name: string): number | null {
  if (value !== null && !(Number.isInteger(value) && value >= 0))
    throw new BadTask(`${name} must be a whole number of at least 0, not ${value}`);
  return value;
}

/** Container overrides are a JSON text with the one key `command`; anything else spoils the task. */
function overriddenCommand(container: Members): string[] | null {
  const text = container.text('overrides');
  if (text === null) return null;
  const bad = (why: string) =>
    new BadTask(`Could not unmarshal ContainerOverrides in any supported way: ${why}`);
  let overrides: unknown;
  try {
    overrides = JSON.parse(text);
  } catch {
    throw bad('it is not JSON');
  }
  if (overrides === null) return null;
  if (typeof overrides !== 'object' || Array.isArray(overrides)) throw bad('it is not an object');
  const { command, ...others } = overrides as { command?: unknown };
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw bad(`Unrecognized key: ${unknown}`);
  if (command === undefined || command === null) return null;
  if (Array.isArray(command) && command.every((word) => typeof word === 'string')) return command;
  throw bad('command must be a list of strings');
}

function readPortMapping(mapping: Members | null): PortMapping {
  if (!mapping) throw new BadTask('a port mapping is null');
  const protocol = protocolOf(mapping.text('protocol'));
  const range = mapping.text('containerPortRange');
  if (range) return { kind: 'range', ...rangeOf(range), protocol };
  return {
    kind: 'single',
    containerPort: portOf(mapping.number('containerPort'), 'containerPort') ?? 0,
    hostPort: portOf(mapping.number('hostPort'), 'hostPort') || null,
    protocol,
  };
}

function protocolOf(text: string | null): Protocol {
  if (text === null || text === 'tcp') return 'tcp';
  if (text === 'udp') return 'udp';
  throw new BadTask(`TransportProtocol must be "tcp" or "udp"; Got ${JSON.stringify(text)}`);
}

function portOf(value: number | null, name: string): number | null {
  if (value !== null && !(Number.isInteger(value) && value >= 0 && value <= 65_535))
    throw new BadTask(`${name} must be a port number, not ${value}`);
  return value;
}

function rangeOf(text: string): { from: number; to: number } {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const from = portOf(Number(first), 'containerPortRange') ?? 0;
  const to = portOf(Number(last), 'containerPortRange') ?? 0;
  if (to >= from && from > 0) return { from, to };
  throw new BadTask(`containerPortRange must be two port numbers, lower first, not ${text}`);
}

/** `name` or `name:alias`; anything else is a link to nobody. */
function readLink(text: string): ContainerPlan['links'][number] {
  const [container = '', alias = container, ...more] = text.split(':');
  return more.length > 0 ? { container: '', alias: '' } : { container, alias };
}

const conditions: Condition[] = ['CREATE', 'START', 'COMPLETE', 'SUCCESS', 'HEALTHY'];

function readDependency(dependency: Members): Dependency {
  const given = dependency.text('condition');
  const condition = conditions.find((known) => known === given);
  if (!condition) throw new BadTask(`unknown dependency condition ${JSON.stringify(given)}`);
  return { container: dependency.text('containerName') ?? '', condition };
}

function readRestartPolicy(policy: Members | null): RestartPolicy | null {
  if (!policy?.flag('enabled')) return null;
  return {
    ignoredExitCodes: policy.numbers('ignoredExitCodes') ?? [],
    attemptPeriodS: natural(policy.number('restartAttemptPeriod'), 'restartAttemptPeriod') ?? 0,
  };
}

function readEcr(login: Members | null): EcrLogin | null {
  const ecr = login?.text('type') === 'ecr' ? login.object('ecrAuthData') : null;
  if (!ecr) return null;
  return {
    region: ecr.text('region') ?? '',
    registryId: ecr.text('registryId') ?? '',
    endpointOverride: ecr.text('endpointOverride') ?? '',
    useExecutionRole: ecr.flag('useExecutionRole') ?? false,
  };
}

/**
 * The dependencies that a container's links and volumesFrom imply: it starts after those it links to,
 * and is created after those whose volumes it takes. A text says what cannot be found.
 */
export function impliedBy(
  { links, volumesFrom }: ContainerPlan,
  names: Set<string>,
): Dependency[] | string {
  for (const { container } of volumesFrom)
    if (!names.has(container))
      return `could not find volume source container with name ${container}`;
  for (const { container } of links) {
    if (container === '') return 'invalid link format';
    if (!names.has(container)) return `could not find container for link ${container}`;
  }
  return [
    ...volumesFrom.map(({ container }) => ({ container, condition: 'CREATE' as const })),
    ...links.map(({ container }) => ({ container, condition: 'START' as const })),
  ];
}

/** The container that holds the namespaces which the containers of a task share. */
const namespacePause = {
  name: '~internal~ecs~pause~namespace',
  image: 'amazon/amazon-ecs-pause:0.1.0',
} as const;

/**
 * Adds the container whose process and memory namespaces the others join (`pidMode` or `ipcMode`
 * `task`). It starts before all others and stops after them.
 */
export function withNamespacePause(containers: ContainerPlan[], random: Random): ContainerPlan[] {
  const pause: ContainerPlan = {
    ...plainContainer({ ...namespacePause, metadataId: random.uuid() }),
    essential: true,
    internal: true,
    dockerHostConfig: '{"NetworkMode":"none"}',
  };
  const start = { container: pause.name, condition: 'START' as const };
  return [...containers.map((each) => ({ ...each, dependsOn: [...each.dependsOn, start] })), pause];
}
