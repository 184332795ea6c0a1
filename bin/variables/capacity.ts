import { jsonObject, listOf, ports, wordList, wordMap } from '../config/json-kinds.ts';
import { engineAddress, ipAddress, oneOf, optional, portRange, whole } from '../config/kinds.ts';
import { notYet, offSwitch, plainSwitch, textOf, variable } from './variable.ts';

const windowsPorts = [2375, 2376, 51678, 51679, 3389, 135, 445, 5985, 5986, 53, 139];
const linuxPorts = [22, 2375, 2376, 51678, 51679];

/** The log drivers that the Amazon ECS agent knows. */
export const knownLogDrivers: readonly string[] = [
  'json-file',
  'syslog',
  'journald',
  'gelf',
  'fluentd',
  'awslogs',
  'splunk',
  'logentries',
  'sumologic',
  'none',
  'awsfirelens',
];

/** The Engine, its registries, and what of the host tasks may use. */
export const capacityVariables = {
  DOCKER_HOST: variable({
    kind: engineAddress,
    otherwise: (platform) =>
      platform === 'windows' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock',
    isStrict: true,
    file: 'DockerEndpoint',
    in114: true,
    meaning: 'Where the Docker Engine listens.',
  }),
  ECS_ENGINE_AUTH_TYPE: variable<'docker' | 'dockercfg' | null>({
    kind: optional(oneOf(['docker', 'dockercfg'])),
    otherwise: null,
    otherwiseIs: '',
    file: 'EngineAuthType',
    in114: true,
    meaning: 'Form of ECS_ENGINE_AUTH_DATA.',
  }),
  ECS_ENGINE_AUTH_DATA: variable({
    kind: jsonObject,
    otherwise: '',
    secret: true,
    file: 'EngineAuthData',
    in114: true,
    meaning: 'Logins for registries.',
  }),
  ECS_RESERVED_PORTS: variable({
    kind: ports,
    otherwise: (platform) => (platform === 'windows' ? windowsPorts : linuxPorts),
    file: 'ReservedPorts',
    in114: true,
    was: '5986 was not among them on Windows',
    meaning:
      'TCP ports that tasks may not use; 80 is added on Windows with ECS_ENABLE_TASK_IAM_ROLE.',
  }),
  ECS_RESERVED_PORTS_UDP: variable<number[]>({
    kind: ports,
    otherwise: [],
    file: 'ReservedPortsUDP',
    in114: true,
    meaning: 'UDP ports that tasks may not use.',
  }),
  ECS_RESERVED_MEMORY: variable({
    kind: whole({ most: 65_535 }),
    otherwise: 0,
    file: 'ReservedMemory',
    in114: true,
    meaning: 'Memory in MiB that tasks may not use.',
  }),
  ECS_AVAILABLE_LOGGING_DRIVERS: variable({
    kind: listOf(knownLogDrivers),
    otherwise: (platform) => ['json-file', 'none', ...(platform === 'windows' ? ['awslogs'] : [])],
    file: 'AvailableLoggingDrivers',
    in114: true,
    was: '["json-file"]',
    meaning: 'Log drivers of the Engine that tasks may use; an unknown one ends the start.',
  }),
  ECS_DISABLE_PRIVILEGED: offSwitch('Do not offer privileged containers.', {
    file: 'PrivilegedDisabled',
    in114: true,
  }),
  ECS_SELINUX_CAPABLE: offSwitch('Tell ECS that the host has SELinux.', {
    file: 'SELinuxCapable',
    in114: true,
  }),
  ECS_APPARMOR_CAPABLE: offSwitch('Tell ECS that the host has AppArmor.', {
    file: 'AppArmorCapable',
    in114: true,
  }),
  ECS_DYNAMIC_HOST_PORT_RANGE: variable({
    kind: optional(portRange),
    otherwise: (platform) => (platform === 'windows' ? { first: 49_152, last: 65_535 } : null),
    otherwiseIs: 'the kernel’s own; on Windows 49152-65535',
    idleInFile: 'DynamicHostPortRange',
    meaning: 'Host ports for mappings that name none.',
  }),
  ECS_EXCLUDE_IPV6_PORTBINDING: offSwitch('Tell ECS only of ports that are published on IPv4.', {
    otherwise: (platform, { ECS_INSTANCE_IP_COMPATIBILITY: families }) =>
      platform === 'windows' || families?.trim().toLowerCase() !== 'ipv6',
    otherwiseIs: 'true, but false if ECS_INSTANCE_IP_COMPATIBILITY is ipv6',
    file: 'ShouldExcludeIPv6PortBinding',
  }),
  ECS_NVIDIA_RUNTIME: textOf('Runtime of the Engine for containers with GPUs.', {
    otherwise: 'nvidia',
    only: 'linux',
    file: 'NvidiaRuntime',
    ...notYet('support for GPUs'),
  }),
  ECS_ENABLE_GPU_SUPPORT: plainSwitch('Offer the host’s GPUs.', {
    only: 'linux',
    file: 'GPUSupportEnabled',
    ...notYet('support for GPUs'),
  }),
  ECS_ENABLE_INF_SUPPORT: plainSwitch('Offer the host’s Inferentia chips.', {
    file: 'InferentiaSupportEnabled',
    ...notYet('support for Inferentia'),
  }),
  ECS_ENABLE_PROMETHEUS_METRICS: plainSwitch('Serve metrics of the agent itself to Prometheus.', {
    only: 'linux',
    idleInFile: 'PrometheusMetricsEnabled',
  }),
  ECS_PROMETHEUS_METRICS_BIND_ADDRESS: variable({
    kind: ipAddress,
    otherwise: '127.0.0.1',
    only: 'linux',
    own: true,
    meaning: 'Address on which they are served.',
  }),
  ECS_PROMETHEUS_METRICS_PORT: variable({
    kind: whole({ least: 1, most: 65_535 }),
    otherwise: 51_680,
    only: 'linux',
    own: true,
    meaning: 'Their TCP port, which tasks may not use then.',
  }),
  ECS_SHARED_VOLUME_MATCH_FULL_CONFIG: offSwitch(
    'Take a shared volume only if its driver options and labels match, too.',
    { file: 'SharedVolumeMatchFullConfig' },
  ),
  ECS_VOLUME_PLUGIN_CAPABILITIES: variable<string[]>({
    kind: wordList,
    otherwise: [],
    file: 'VolumePluginCapabilities',
    meaning: 'What the volume plugin of the host can do.',
  }),
  ECS_PAUSE_LABELS: variable<Record<string, string>>({
    kind: wordMap,
    otherwise: {},
    meaning: 'Labels of the container that holds a task’s namespaces.',
    ...notYet('labels of that container'),
  }),
} as const;
