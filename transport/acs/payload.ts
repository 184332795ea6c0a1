import type { ContainerPlan, PortMapping, Protocol } from '../../machines/container/model.ts';
import type { CredentialReceipt, Payload } from '../../machines/session/model.ts';
import type { TaskArrival } from '../../machines/task/model.ts';
import type { Random } from '../host/port.ts';
import type { Members } from '../wire/members.ts';
import { unsupportedBy } from './unsupported.ts';

/** Why one task of a payload cannot be understood; its siblings are not touched. */
class BadTask extends Error {}

/**
 * Translates a `PayloadMessage` of ACS. Answers null for one without its own and its addressee's
 * names, which is dropped without a word. Throws what {@link Members} throws.
 * The keys of role credentials are not kept: only what their receipt must name.
 */
export function readPayload(message: Members, random: Random): Payload | null {
  const messageId = message.text('messageId');
  const clusterArn = message.text('clusterArn');
  const containerInstanceArn = message.text('containerInstanceArn');
  if (!messageId || !clusterArn || !containerInstanceArn) return null;
  const payload: Payload = {
    messageId,
    clusterArn,
    containerInstanceArn,
    tasks: [],
    refused: [],
    credentials: [],
  };
  for (const task of message.objects('tasks')) {
    try {
      if (!task) throw new BadTask('the task is null');
      const receipts = credentialsOf(task);
      payload.tasks.push(readTask(task, random));
      payload.credentials.push(...receipts);
    } catch (error) {
      if (!(error instanceof BadTask)) throw error;
      // The wire's own spelling: ECS and its users know it so.
      const reason = `UnrecogniedTaskError: Error loading task - ${error.message}`;
      payload.refused.push({ arn: task?.text('arn') || null, reason });
    }
  }
  return payload;
}

function credentialsOf(task: Members): CredentialReceipt[] {
  return ['roleCredentials', 'executionRoleCredentials'].flatMap((name) => {
    const role = task.object(name);
    if (!role) return [];
    const credentialsId = role.text('credentialsId');
    if (!credentialsId) throw new BadTask('CredentialsId is empty');
    return [{ credentialsId, expiration: role.text('expiration') ?? '' }];
  });
}

function readTask(task: Members, random: Random): TaskArrival {
  const arn = task.text('arn');
  if (!arn) throw new BadTask('the task has no ARN');
  const containers = task.objects('containers').map((container) => {
    if (!container) throw new BadTask('a container is null');
    return readContainer(container, random);
  });
  const names = new Set(containers.map(({ name }) => name));
  if (containers.length === 0) throw new BadTask('the task has no containers');
  if (names.size < containers.length) throw new BadTask('two containers have the same name');
  return {
    desired: desiredOf(task.text('desiredStatus')),
    roll: random.roll(),
    plan: {
      arn,
      family: task.text('family') ?? '',
      version: task.text('version') ?? '',
      networkMode: task.text('networkMode') ?? '',
      cpu: task.number('cpu'),
      memoryMiB: task.number('memory'),
      containers,
      roleCredentialsId: task.object('roleCredentials')?.text('credentialsId') ?? null,
      unsupported: unsupportedBy(task),
    },
  };
}

function desiredOf(status: string | null): TaskArrival['desired'] {
  if (status === 'RUNNING') return 'RUNNING';
  if (status === 'STOPPED' || status === 'DEAD') return 'STOPPED';
  throw new BadTask(`unknown desired status ${JSON.stringify(status)}`);
}

function readContainer(container: Members, random: Random): ContainerPlan {
  const name = container.text('name');
  if (!name) throw new BadTask('a container has no name');
  const docker = container.object('dockerConfig');
  return {
    name,
    image: container.text('image') ?? '',
    essential: container.flag('essential') ?? false,
    cpu: natural(container.number('cpu'), 'cpu') ?? 0,
    memoryMiB: natural(container.number('memory'), 'memory') ?? 0,
    command: overriddenCommand(container) ?? container.texts('command'),
    entryPoint: container.texts('entryPoint'),
    environment: container.textMap('environment') ?? {},
    portMappings: container.objects('portMappings').map(readPortMapping),
    stopTimeoutS: natural(container.number('stopTimeout'), 'stopTimeout') || null,
    dockerConfig: docker?.text('config') ?? '',
    dockerHostConfig: docker?.text('hostConfig') ?? '',
    metadataId: random.uuid(),
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
