import type { JsonObject, Members } from '../wire/members.ts';

const mebibyte = 1_048_576;
const nanosecondsOfASecond = 1e9;

/** What of a container definition becomes a field of Docker's container configuration. */
export const configOf = (container: Members): JsonObject =>
  defined({
    User: container.text('user'),
    WorkingDir: container.text('workingDirectory'),
    Hostname: container.text('hostname'),
    NetworkDisabled: container.flag('disableNetworking'),
    Labels: container.textMap('dockerLabels'),
    OpenStdin: container.flag('interactive'),
    Tty: container.flag('pseudoTerminal'),
    HealthCheck: healthCheckOf(container),
  });

function healthCheckOf(container: Members): JsonObject | undefined {
  const check = container.object('healthCheck');
  if (!check) return undefined;
  const startPeriod = check.number('startPeriod');
  return defined({
    Test: check.texts('command'),
    Interval: (check.number('interval') ?? 30) * nanosecondsOfASecond,
    Timeout: (check.number('timeout') ?? 5) * nanosecondsOfASecond,
    Retries: check.number('retries') ?? 3,
    StartPeriod: startPeriod && startPeriod * nanosecondsOfASecond,
  });
}

/** What of a container definition becomes a field of Docker's host configuration. */
export const hostConfigOf = (container: Members, networkMode: string | null): JsonObject =>
  defined({
    NetworkMode: networkMode,
    MemoryReservation: bytesOf(container.number('memoryReservation')),
    LogConfig: logConfigOf(container),
    Privileged: container.flag('privileged'),
    ReadonlyRootfs: container.flag('readonlyRootFilesystem'),
    SecurityOpt: container.texts('dockerSecurityOptions'),
    Dns: container.texts('dnsServers'),
    DnsSearch: container.texts('dnsSearchDomains'),
    ExtraHosts: given(
      container.entries('extraHosts'),
      (host) => `${host.text('hostname')}:${host.text('ipAddress')}`,
    ),
    Ulimits: given(container.entries('ulimits'), (limit) => ({
      Name: limit.text('name'),
      Soft: limit.number('softLimit'),
      Hard: limit.number('hardLimit'),
    })),
    Sysctls: mapped(container.entries('systemControls'), (control) => [
      control.text('namespace') ?? '',
      control.text('value') ?? '',
    ]),
    ...linuxParametersOf(container),
  });

function logConfigOf(container: Members): JsonObject | undefined {
  const log = container.object('logConfiguration');
  return log ? { Type: log.text('logDriver'), Config: log.textMap('options') ?? {} } : undefined;
}

/** ECS sends both lists of capabilities even where none is asked for. */
function linuxParametersOf(container: Members): JsonObject {
  const linux = container.object('linuxParameters');
  const capabilities = linux?.object('capabilities');
  const maxSwap = linux?.number('maxSwap') ?? null;
  return {
    CapAdd: capabilities?.texts('add') ?? [],
    CapDrop: capabilities?.texts('drop') ?? [],
    Devices: linux && given(linux.entries('devices'), deviceOf),
    Tmpfs: linux && mapped(linux.entries('tmpfs'), tmpfsOf),
    ShmSize: bytesOf(linux?.number('sharedMemorySize')),
    Init: linux?.flag('initProcessEnabled'),
    // Docker's limit is for memory and swap together.
    MemorySwap: maxSwap === null ? null : bytesOf(maxSwap + (container.number('memory') ?? 0)),
    MemorySwappiness: linux?.number('swappiness'),
  };
}

function deviceOf(device: Members): JsonObject {
  const permissions = device.texts('permissions') ?? ['read', 'write', 'mknod'];
  return {
    PathOnHost: device.text('hostPath'),
    PathInContainer: device.text('containerPath') ?? device.text('hostPath'),
    CgroupPermissions: permissions.map((permission) => permission.charAt(0)).join(''),
  };
}

const tmpfsOf = (mount: Members): [string, string] => [
  mount.text('containerPath') ?? '',
  [`size=${mount.number('size') ?? 0}m`, ...(mount.texts('mountOptions') ?? [])].join(','),
];

const bytesOf = (mebibytes: number | null | undefined): number | null =>
  typeof mebibytes === 'number' ? mebibytes * mebibyte : null;

const given = <Entry>(entries: Members[], translate: (entry: Members) => Entry): Entry[] | null =>
  entries.length > 0 ? entries.map(translate) : null;

const mapped = (entries: Members[], translate: (entry: Members) => [string, string]) =>
  entries.length > 0 ? Object.fromEntries(entries.map(translate)) : null;

/** An object without the members that are not given. */
export const defined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value != null));
