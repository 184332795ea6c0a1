import type {
  ContainerStateChange,
  RegisterContainerInstanceCommandInput,
  SubmitTaskStateChangeCommandInput,
} from '@aws-sdk/client-ecs';
import type { NetworkBinding } from '../../machines/container/model.ts';
import type { ContainerReport, TaskReport } from '../../machines/report/model.ts';
import type { Members } from '../wire/members.ts';
import type { Registration } from './port.ts';

/** Limits of SubmitTaskStateChange (Amazon ECS API) in bytes. */
const reasonBytes = 1024;
const idBytes = 255;
/** As many bindings of a container as ECS takes where one of them is a range. */
const mostBindings = 100;

/** RegisterContainerInstance as ECS takes it: the public model of the SDK lacks the token. */
export type RegistrationInput = RegisterContainerInstanceCommandInput & { clientToken: string };

/** A registration as the SDK sends it. */
export function encodeRegistration(registration: Registration): RegistrationInput {
  const { cluster, clientToken, containerInstanceArn, identity, resources } = registration;
  const tags = Object.entries(registration.tags);
  return {
    cluster,
    clientToken,
    ...(containerInstanceArn !== null && { containerInstanceArn }),
    instanceIdentityDocument: identity?.document ?? '',
    instanceIdentityDocumentSignature: identity?.signature ?? '',
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: resources.cpuUnits },
      { name: 'MEMORY', type: 'INTEGER', integerValue: resources.memoryMiB },
      { name: 'PORTS', type: 'STRINGSET', stringSetValue: resources.tcpPorts.map(String) },
      { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: resources.udpPorts.map(String) },
    ],
    attributes: registration.attributes,
    ...(tags.length > 0 && { tags: tags.map(([key, value]) => ({ key, value })) }),
  };
}

/** A registration as the service receives it. Throws what {@link Members} throws. */
export function decodeRegistration(wire: Members): Registration {
  const resources = new Map(
    wire.entries('totalResources').map((resource) => [resource.text('name'), resource]),
  );
  const integer = (name: string) => resources.get(name)?.number('integerValue') ?? 0;
  const ports = (name: string) => (resources.get(name)?.texts('stringSetValue') ?? []).map(Number);
  const document = wire.text('instanceIdentityDocument');
  const signature = wire.text('instanceIdentityDocumentSignature') ?? '';
  return {
    cluster: wire.text('cluster') ?? 'default',
    containerInstanceArn: wire.text('containerInstanceArn'),
    clientToken: wire.text('clientToken') ?? '',
    identity: document ? { document, signature } : null,
    resources: {
      cpuUnits: integer('CPU'),
      memoryMiB: integer('MEMORY'),
      tcpPorts: ports('PORTS'),
      udpPorts: ports('PORTS_UDP'),
    },
    attributes: wire.entries('attributes').map(decodeAttribute),
    tags: Object.fromEntries(
      wire.entries('tags').map((tag) => [tag.text('key') ?? '', tag.text('value') ?? '']),
    ),
  };
}

function decodeAttribute(wire: Members): Registration['attributes'][number] {
  const name = wire.text('name') ?? '';
  const value = wire.text('value');
  return value === null ? { name } : { name, value };
}

/** At most `limit` bytes of a text, never part of a character. */
export function cut(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  // Bytes that begin with the bits 10 continue a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

/** The wire knows no status between pending and running. */
const wireStatus = (status: TaskReport['status'] | ContainerReport['status']) =>
  status === 'MANIFEST_PULLED' ? 'PENDING' : status;

/** A report as the SDK sends it, cut to the limits of SubmitTaskStateChange. */
export function encodeTaskChange(
  cluster: string,
  report: TaskReport,
): SubmitTaskStateChangeCommandInput {
  const containers = report.containers.map(encodeContainer);
  const { pullStartedAt, pullStoppedAt, executionStoppedAt } = report;
  return {
    cluster,
    task: report.taskArn,
    status: wireStatus(report.status),
    reason: cut(report.reason, reasonBytes),
    ...(containers.length > 0 && { containers }),
    ...(pullStartedAt !== null && { pullStartedAt: new Date(pullStartedAt) }),
    ...(pullStoppedAt !== null && { pullStoppedAt: new Date(pullStoppedAt) }),
    ...(executionStoppedAt !== null && { executionStoppedAt: new Date(executionStoppedAt) }),
  };
}

const encodeContainer = (container: ContainerReport): ContainerStateChange => ({
  containerName: container.name,
  status: wireStatus(container.status),
  ...(container.digest !== null && { imageDigest: cut(container.digest, idBytes) }),
  ...(container.runtimeId !== null && { runtimeId: cut(container.runtimeId, idBytes) }),
  ...(container.exitCode !== null && { exitCode: container.exitCode }),
  ...(container.reason !== null && { reason: cut(container.reason, reasonBytes) }),
  ...(container.bindings.length > 0 && { networkBindings: told(container.bindings) }),
});

/** Bindings beyond the limit are dropped: a report with all of them would never be taken. */
const told = (bindings: NetworkBinding[]): NetworkBinding[] =>
  bindings.some((binding) => 'containerPortRange' in binding)
    ? bindings.slice(0, mostBindings)
    : bindings;

/** A report as the service receives it. Throws what {@link Members} throws. */
export function decodeTaskChange(wire: Members): TaskReport {
  const status = wire.text('status');
  return {
    taskArn: wire.text('task') ?? '',
    status: status === 'RUNNING' || status === 'STOPPED' ? status : 'PENDING',
    reason: wire.text('reason') ?? '',
    containers: wire.entries('containers').map(decodeContainer),
    pullStartedAt: millisecondsOf(wire.number('pullStartedAt')),
    pullStoppedAt: millisecondsOf(wire.number('pullStoppedAt')),
    executionStoppedAt: millisecondsOf(wire.number('executionStoppedAt')),
  };
}

/** The wire has epoch seconds with a fraction. */
const millisecondsOf = (seconds: number | null): number | null =>
  seconds === null ? null : Math.round(seconds * 1_000);

/** The one container status that goes out as pending is that of a digest which is settled. */
function decodeContainer(wire: Members): ContainerReport {
  const status = wire.text('status');
  return {
    name: wire.text('containerName') ?? '',
    status: status === 'RUNNING' || status === 'STOPPED' ? status : 'MANIFEST_PULLED',
    digest: wire.text('imageDigest'),
    runtimeId: wire.text('runtimeId'),
    exitCode: wire.number('exitCode'),
    reason: wire.text('reason'),
    bindings: wire.entries('networkBindings').map(decodeBinding),
  };
}

function decodeBinding(wire: Members): NetworkBinding {
  const bindIP = wire.text('bindIP') ?? '';
  const protocol = wire.text('protocol') === 'udp' ? 'udp' : 'tcp';
  const containerPortRange = wire.text('containerPortRange');
  const hostPortRange = wire.text('hostPortRange');
  if (containerPortRange !== null && hostPortRange !== null)
    return { bindIP, protocol, containerPortRange, hostPortRange };
  const containerPort = wire.number('containerPort') ?? 0;
  return { bindIP, protocol, containerPort, hostPort: wire.number('hostPort') ?? 0 };
}
