import type { NetworkBinding } from '../../machines/container/model.ts';
import type { ContainerReport, TaskReport } from '../../machines/report/model.ts';
import type { Registration } from './port.ts';

/** Limits of SubmitTaskStateChange (Amazon ECS API) in bytes. */
const reasonBytes = 1024;
const idBytes = 255;

interface WireResource {
  name: string;
  type: string;
  integerValue?: number;
  stringSetValue?: string[];
}

/** RegisterContainerInstance as it goes over the wire. */
export interface WireRegistration {
  cluster?: string;
  containerInstanceArn?: string;
  clientToken?: string;
  instanceIdentityDocument?: string;
  instanceIdentityDocumentSignature?: string;
  totalResources?: WireResource[];
  attributes?: { name: string; value?: string }[];
}

/** One container of SubmitTaskStateChange as it goes over the wire. */
export interface WireContainerChange {
  containerName?: string;
  status?: string;
  runtimeId?: string;
  exitCode?: number;
  reason?: string;
  networkBindings?: Partial<Record<keyof WireBinding, string | number>>[];
}
interface WireBinding {
  bindIP: string;
  protocol: string;
  containerPort: number;
  hostPort: number;
  containerPortRange: string;
  hostPortRange: string;
}

/** SubmitTaskStateChange as it goes over the wire; times are epoch seconds. */
export interface WireTaskChange {
  cluster?: string;
  task?: string;
  status?: string;
  reason?: string;
  containers?: WireContainerChange[];
  pullStartedAt?: number;
  pullStoppedAt?: number;
  executionStoppedAt?: number;
}

export function encodeRegistration(registration: Registration): WireRegistration {
  const { resources, containerInstanceArn, ...rest } = registration;
  const ports = (numbers: number[]) => numbers.map(String);
  return {
    cluster: rest.cluster,
    clientToken: rest.clientToken,
    ...(containerInstanceArn !== null && { containerInstanceArn }),
    instanceIdentityDocument: registration.identity?.document ?? '',
    instanceIdentityDocumentSignature: registration.identity?.signature ?? '',
    totalResources: [
      { name: 'CPU', type: 'INTEGER', integerValue: resources.cpuUnits },
      { name: 'MEMORY', type: 'INTEGER', integerValue: resources.memoryMiB },
      { name: 'PORTS', type: 'STRINGSET', stringSetValue: ports(resources.tcpPorts) },
      { name: 'PORTS_UDP', type: 'STRINGSET', stringSetValue: ports(resources.udpPorts) },
    ],
    attributes: rest.attributes,
  };
}

export function decodeRegistration(wire: WireRegistration): Registration {
  const find = (name: string) => wire.totalResources?.find((resource) => resource.name === name);
  const ports = (name: string) => (find(name)?.stringSetValue ?? []).map(Number);
  return {
    cluster: wire.cluster ?? 'default',
    containerInstanceArn: wire.containerInstanceArn ?? null,
    clientToken: wire.clientToken ?? '',
    identity: wire.instanceIdentityDocument
      ? {
          document: wire.instanceIdentityDocument,
          signature: wire.instanceIdentityDocumentSignature ?? '',
        }
      : null,
    resources: {
      cpuUnits: find('CPU')?.integerValue ?? 0,
      memoryMiB: find('MEMORY')?.integerValue ?? 0,
      tcpPorts: ports('PORTS'),
      udpPorts: ports('PORTS_UDP'),
    },
    attributes: wire.attributes ?? [],
  };
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

const isTold = ({ status }: ContainerReport): boolean =>
  status === 'RUNNING' || status === 'STOPPED';

export function encodeTaskChange(cluster: string, report: TaskReport): WireTaskChange {
  const containers = report.containers.filter(isTold).map(encodeContainer);
  const seconds = (time: number) => time / 1_000;
  return {
    cluster,
    task: report.taskArn,
    status: report.status,
    reason: cut(report.reason, reasonBytes),
    ...(containers.length > 0 && { containers }),
    ...(report.pullStartedAt !== null && { pullStartedAt: seconds(report.pullStartedAt) }),
    ...(report.pullStoppedAt !== null && { pullStoppedAt: seconds(report.pullStoppedAt) }),
    ...(report.executionStoppedAt !== null && {
      executionStoppedAt: seconds(report.executionStoppedAt),
    }),
  };
}

const encodeContainer = (container: ContainerReport): WireContainerChange => ({
  containerName: container.name,
  status: container.status,
  ...(container.runtimeId !== null && { runtimeId: cut(container.runtimeId, idBytes) }),
  ...(container.exitCode !== null && { exitCode: container.exitCode }),
  ...(container.reason !== null && { reason: cut(container.reason, reasonBytes) }),
  ...(container.bindings.length > 0 && { networkBindings: container.bindings }),
});

export function decodeTaskChange(wire: WireTaskChange): TaskReport {
  const milliseconds = (time: number | undefined) =>
    time === undefined ? null : Math.round(time * 1_000);
  return {
    taskArn: wire.task ?? '',
    status: wire.status === 'RUNNING' || wire.status === 'STOPPED' ? wire.status : 'PENDING',
    reason: wire.reason ?? '',
    containers: (wire.containers ?? []).map(decodeContainer),
    pullStartedAt: milliseconds(wire.pullStartedAt),
    pullStoppedAt: milliseconds(wire.pullStoppedAt),
    executionStoppedAt: milliseconds(wire.executionStoppedAt),
  };
}

const decodeContainer = (wire: WireContainerChange): ContainerReport => ({
  name: wire.containerName ?? '',
  status: wire.status === 'RUNNING' || wire.status === 'STOPPED' ? wire.status : 'NONE',
  runtimeId: wire.runtimeId ?? null,
  exitCode: wire.exitCode ?? null,
  reason: wire.reason ?? null,
  bindings: (wire.networkBindings ?? []) as NetworkBinding[],
});
