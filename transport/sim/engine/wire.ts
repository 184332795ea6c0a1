import type { Cancel } from '../../host/port.ts';
import { type Behaviour, type HealthCheck, verdictOf } from './behaviour.ts';

/** The body of a create request; only what the simulation looks at is named. */
export interface CreateBody {
  Image?: string;
  Cmd?: string[];
  Entrypoint?: string[];
  Env?: string[];
  Labels?: Record<string, string>;
  /** Docker reads member names whatever their case, and the ECS API writes this one differently. */
  Healthcheck?: HealthCheck;
  HealthCheck?: HealthCheck;
  HostConfig?: {
    PortBindings?: Record<string, { HostPort: string }[]>;
    Binds?: string[];
    Mounts?: { Type?: string; Source?: string }[];
    NetworkMode?: string;
    PidMode?: string;
    IpcMode?: string;
    Links?: string[];
    VolumesFrom?: string[];
    CgroupParent?: string;
    [member: string]: unknown;
  };
  [member: string]: unknown;
}

/** One event of the Engine's stream. */
export interface CoreEvent {
  Type: 'container';
  Action: 'create' | 'start' | 'die' | 'destroy' | `health_status: ${'healthy' | 'unhealthy'}`;
  Actor: { ID: string; Attributes: Record<string, string> };
  /** Epoch seconds, and the same moment in nanoseconds. */
  time: number;
  timeNano: number;
}

/** One line of a pull's progress. A pull that fails after it has begun says so in its last one. */
export interface PullLine {
  status?: string;
  id?: string;
  error?: string;
}

/** A container and all that is known of it; times in epoch milliseconds. */
export interface Contained {
  id: string;
  name: string;
  body: CreateBody;
  behaviour: Behaviour;
  imageId: string;
  ipv4: string;
  state: 'created' | 'running' | 'exited' | 'dead';
  health: 'none' | 'starting' | 'healthy' | 'unhealthy';
  exitCode: number;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  outOfMemory: boolean;
  error: string;
  /** End the waits for what becomes of its process. */
  cancels: Cancel[];
  /** Who waits for its end. */
  onEnd: (() => void)[];
}

/** What a container's health check comes to; null where it has none. */
export const healthVerdictOf = ({ Healthcheck, HealthCheck }: CreateBody) =>
  verdictOf(Healthcheck ?? HealthCheck);

/** The names of the Engine's volumes that a container mounts. */
export function volumesOf({ HostConfig }: CreateBody): string[] {
  const bound = (HostConfig?.Binds ?? []).map((bind) => bind.split(':', 1)[0] ?? '');
  const mounted = (HostConfig?.Mounts ?? []).filter(({ Type }) => Type === 'volume');
  const names = [...bound, ...mounted.map(({ Source = '' }) => Source)];
  return names.filter((name) => /^[A-Za-z0-9]/.test(name));
}

/** The other containers that one is joined to: all must be there, and some run when it starts. */
export function companionsOf({ HostConfig: host = {} }: CreateBody) {
  const first = (text: string) => text.split(':', 1)[0] ?? '';
  const modes = [host.NetworkMode, host.PidMode, host.IpcMode];
  const joined = modes.filter((mode) => mode?.startsWith('container:'));
  const running = [
    ...(host.Links ?? []).map(first),
    ...joined.map((mode) => mode?.slice(10) ?? ''),
  ];
  return { running, all: [...running, ...(host.VolumesFrom ?? []).map(first)] };
}

/** What an inspect of the Docker Engine API answers, as far as anybody here reads it. */
export function inspected(container: Contained) {
  const { body, state, health } = container;
  const { HostConfig = {}, ...config } = body;
  const running = state === 'running';
  return {
    Id: container.id,
    Name: `/${container.name}`,
    Created: timeText(container.createdAt),
    Image: container.imageId,
    Config: { ...config, Labels: body.Labels ?? {} },
    HostConfig,
    State: {
      Status: state,
      Running: running,
      ExitCode: container.exitCode,
      OOMKilled: container.outOfMemory,
      Dead: state === 'dead',
      Error: container.error,
      StartedAt: timeText(container.startedAt),
      FinishedAt: timeText(container.finishedAt),
      ...(health !== 'none' && { Health: { Status: health, FailingStreak: 0, Log: [] } }),
    },
    NetworkSettings: {
      Ports: running ? published(body) : {},
      Networks: networksOf(container),
    },
  };
}

/** What a list of the Docker Engine API shows of a container, as far as anybody here reads it. */
export const listed = ({ id, name, body, imageId, state, createdAt }: Contained) => ({
  Id: id,
  Names: [`/${name}`],
  Image: body.Image ?? '',
  ImageID: imageId,
  Labels: body.Labels ?? {},
  State: state,
  Created: Math.floor(createdAt / 1_000),
});

/** How much of a CPU each simulated container uses, and of the rest. */
const usual = { cpuShare: 0.1, memoryBytes: 5_000_000, bytesPerS: 1_000 } as const;

/** What the statistics of the Docker Engine API tell of a container at a moment. */
export function measured(container: Contained, now: number) {
  const { id, name, state, startedAt } = container;
  const running = state === 'running';
  const passedMs = running ? now - (startedAt ?? now) : 0;
  const cpu = Math.floor(passedMs * 1e6 * usual.cpuShare);
  const bytes = Math.floor((passedMs / 1_000) * usual.bytesPerS);
  const counts = { rx_packets: 1, rx_errors: 0, rx_dropped: 0, tx_packets: 1, tx_errors: 0 };
  const hasNetwork = hasAddress(container);
  return {
    read: timeText(running ? now : null),
    preread: timeText(null),
    pids_stats: { current: 1 },
    blkio_stats: { io_service_bytes_recursive: [{ major: 8, minor: 0, op: 'Read', value: bytes }] },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: { cpu_usage: { total_usage: cpu, percpu_usage: [cpu] }, online_cpus: 1 },
    precpu_stats: {},
    memory_stats: { usage: running ? usual.memoryBytes : 0, stats: { cache: 0 } },
    name: `/${name}`,
    id,
    ...(hasNetwork && {
      networks: { eth0: { ...counts, rx_bytes: bytes, tx_bytes: bytes, tx_dropped: 0 } },
    }),
  };
}

const hasAddress = (container: Contained): boolean =>
  Object.values(networksOf(container)).some(({ IPAddress }) => IPAddress !== '');

/** Whether labels, or an event's attributes, are those that are asked for. */
export const has = (labels: Record<string, string> = {}, wanted: Record<string, string>): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);

/** Docker writes the year 1 for a time that has not come. */
const timeText = (time: number | null): string =>
  time === null ? '0001-01-01T00:00:00Z' : new Date(Math.max(time, 1)).toISOString();

const published = ({ HostConfig }: CreateBody) =>
  Object.fromEntries(
    Object.entries(HostConfig?.PortBindings ?? {}).map(([port, bindings]) => [
      port,
      bindings.map(({ HostPort }) => ({ HostIp: '0.0.0.0', HostPort })),
    ]),
  );

/** Only a network with a bridge gives a container an address of its own, while it runs. */
function networksOf({ body, state, ipv4 }: Contained) {
  const asked = body.HostConfig?.NetworkMode || 'default';
  const mode = asked === 'default' ? 'bridge' : asked;
  if (mode.startsWith('container:')) return {};
  const isOwn = state === 'running' && !['host', 'none'].includes(mode);
  return { [mode]: { IPAddress: isOwn ? ipv4 : '', GlobalIPv6Address: '' } };
}
