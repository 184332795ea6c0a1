import type { WindowsEdition } from '../agent/model.ts';
import type { Capabilities } from './attributes.ts';

/**
 * One attribute, or a family of them with `<…>` in its name, and on what it depends. A row of a
 * feature that this agent does not have is never registered: `notBuilt` names the feature, and
 * `given` says on what it would depend besides.
 */
export type Row = { name: string; on?: 'linux' | 'windows' } & (
  | { when: (of: Capabilities) => boolean }
  | { each: (of: Capabilities) => string[] }
  /** '' for none. */
  | { value: (of: Capabilities) => string }
  | { notBuilt: string; given?: string }
);

/** Attributes of features that ECS has known for longest begin so. */
const old = 'com.amazonaws.ecs.capability';
const always = () => true;
const limited = (of: Capabilities) => of.taskLimits && speaks(of, 22);

const secrets = 'secrets of AWS Secrets Manager and Systems Manager';
const awsvpc = 'the network mode awsvpc';
const gpu = 'GPUs';
const firelens = 'log routers (FireLens)';
const efs = 'volumes of Amazon EFS and S3';
const gmsa = 'group managed service accounts';
const ebs = 'volumes of Amazon EBS';

/** Every attribute that a container instance may have, in the order in which they are registered. */
export const capabilityTable: readonly Row[] = [
  { name: 'ecs.capability.private-registry-authentication.secretsmanager', notBuilt: secrets },
  { name: 'ecs.capability.secrets.ssm.environment-variables', notBuilt: secrets },
  { name: 'ecs.capability.secrets.ssm.bootstrap.log-driver', notBuilt: secrets },
  { name: 'ecs.capability.ecr-endpoint', when: always },
  { name: 'ecs.capability.secrets.asm.environment-variables', notBuilt: secrets },
  { name: 'ecs.capability.secrets.asm.bootstrap.log-driver', notBuilt: secrets },
  { name: 'ecs.capability.container-ordering', when: always },
  { name: 'ecs.capability.full-sync', when: always },
  { name: 'ecs.capability.env-files.s3', notBuilt: 'environment files' },
  { name: 'ecs.capability.network.container-port-range', when: always },
  { name: 'ecs.capability.container-restart-policy', when: always },
  { name: `${old}.privileged-container`, when: (of) => !of.privilegedDisabled },
  {
    name: `${old}.docker-remote-api.<version>`,
    each: (of) => apiMinors.filter((minor) => speaks(of, minor)).map((minor) => `1.${minor}`),
  },
  {
    name: `${old}.logging-driver.<driver>`,
    each: (of) => of.loggingDrivers.filter((driver) => speaks(of, driverMinors[driver] ?? never)),
  },
  { name: `${old}.selinux`, when: (of) => of.selinux },
  { name: `${old}.apparmor`, when: (of) => of.apparmor },
  { name: `${old}.task-iam-role`, when: (of) => of.taskRoles && speaks(of, 19) },
  {
    name: `${old}.task-iam-role-network-host`,
    when: (of) => of.taskRolesOnHost && speaks(of, 19),
  },
  { name: 'ecs.capability.task-cpu-mem-limit', on: 'linux', when: limited },
  { name: 'ecs.capability.increased-task-cpu-limit', on: 'linux', when: limited },
  {
    name: 'ecs.capability.task-eni',
    notBuilt: awsvpc,
    given: 'ECS_ENABLE_TASK_ENI, a VPC, not external',
  },
  { name: 'ecs.capability.task-eni.ipv6', on: 'linux', notBuilt: awsvpc, given: 'task-eni' },
  {
    name: 'ecs.capability.cni-plugin-version',
    notBuilt: awsvpc,
    given: 'task-eni, the plugin tells its version',
  },
  {
    name: 'ecs.capability.task-eni-block-instance-metadata',
    notBuilt: awsvpc,
    given: 'task-eni, ECS_AWSVPC_BLOCK_IMDS, the plugin tells its version',
  },
  {
    name: 'ecs.capability.task-eni-trunking',
    on: 'linux',
    notBuilt: awsvpc,
    given: 'task-eni, ECS_ENABLE_HIGH_DENSITY_ENI',
  },
  {
    name: 'ecs.capability.branch-cni-plugin-version',
    on: 'linux',
    notBuilt: awsvpc,
    given: 'task-eni-trunking',
  },
  { name: `${old}.ecr-auth`, when: (of) => speaks(of, 19) },
  { name: 'ecs.capability.execution-role-ecr-pull', when: (of) => speaks(of, 19) },
  {
    name: 'ecs.capability.container-health-check',
    when: (of) => !of.healthChecksDisabled && speaks(of, 24),
  },
  {
    name: 'ecs.capability.execution-role-awslogs',
    when: (of) => of.logsByExecutionRole,
  },
  { name: 'ecs.capability.docker-plugin.local', when: always },
  {
    name: 'ecs.capability.docker-plugin.<name>',
    on: 'linux',
    each: (of) => of.volumePlugins.flatMap(pluginWords),
  },
  {
    name: 'ecs.capability.nvidia-driver-version.<version>',
    on: 'linux',
    notBuilt: gpu,
    given: 'ECS_ENABLE_GPU_SUPPORT, the version is known',
  },
  {
    name: 'ecs.capability.gpu-driver-version',
    on: 'linux',
    notBuilt: gpu,
    given: 'ECS_ENABLE_GPU_SUPPORT, the version is known',
  },
  {
    name: 'ecs.capability.pid-ipc-namespace-sharing',
    on: 'linux',
    when: (of) => of.pauseImageLoaded,
  },
  { name: 'ecs.capability.aws-appmesh', on: 'linux', notBuilt: 'App Mesh', given: 'not external' },
  {
    name: 'ecs.capability.task-eia',
    on: 'linux',
    notBuilt: 'Elastic Inference',
    given: 'not external',
  },
  {
    name: 'ecs.capability.task-eia.optimized-cpu',
    on: 'linux',
    notBuilt: 'Elastic Inference',
    given: 'not external; avx, avx2, sse4_1 and sse4_2',
  },
  { name: 'ecs.capability.firelens.fluentd', on: 'linux', notBuilt: firelens },
  { name: 'ecs.capability.firelens.fluentbit', on: 'linux', notBuilt: firelens },
  { name: `${old}.logging-driver.awsfirelens`, on: 'linux', notBuilt: firelens },
  { name: 'ecs.capability.firelens.non-root-user', on: 'linux', notBuilt: firelens },
  {
    name: 'ecs.capability.logging-driver.awsfirelens.log-driver-buffer-limit',
    on: 'linux',
    notBuilt: firelens,
  },
  { name: 'ecs.capability.firelens.options.config.file', on: 'linux', notBuilt: firelens },
  { name: 'ecs.capability.firelens.options.config.s3', on: 'linux', notBuilt: firelens },
  { name: 'ecs.capability.efs', on: 'linux', notBuilt: efs },
  { name: 'ecs.capability.storage.s3-files', on: 'linux', notBuilt: efs },
  { name: 'ecs.capability.gmsa', notBuilt: gmsa, given: 'ECS_GMSA_SUPPORTED, joined to a domain' },
  {
    name: 'ecs.capability.gmsa-domainless',
    notBuilt: gmsa,
    given: 'ECS_GMSA_SUPPORTED, a plugin that fetches credentials',
  },
  // What the volume plugin of Amazon ECS can do, which serves EFS only.
  {
    name: 'ecs.capability.<volume plugin capability>',
    on: 'linux',
    notBuilt: efs,
    given: 'ECS_VOLUME_PLUGIN_CAPABILITIES',
  },
  {
    name: 'ecs.capability.fsxWindowsFileServer',
    on: 'windows',
    notBuilt: 'volumes of Amazon FSx',
    given: 'ECS_FSX_WINDOWS_FILE_SERVER_SUPPORTED, not Server 2016',
  },
  {
    name: 'ecs.capability.execute-command',
    notBuilt: 'ECS Exec',
    given: 'the programs of the SSM agent',
  },
  {
    name: 'ecs.capability.service-connect-v1',
    on: 'linux',
    notBuilt: 'Service Connect',
    given: 'the AppNet agent, not external',
  },
  {
    name: 'ecs.capability.storage.ebs-task-volume-attach',
    notBuilt: ebs,
    given: 'ECS_EBSTA_SUPPORTED, the CSI driver, not external',
  },
  {
    name: 'ecs.capability.storage.ebsta-non-root-user',
    on: 'linux',
    notBuilt: ebs,
    given: 'ECS_EBSTA_SUPPORTED, not external',
  },
  { name: 'ecs.capability.external', when: (of) => of.external },
  {
    name: 'ecs.capability.fault-injection',
    on: 'linux',
    when: (of) => of.faultInjection,
  },
  // Of use to tasks in a subnet that has IPv6 only, so to those with awsvpc.
  { name: 'ecs.capability.ipv6-only', on: 'linux', notBuilt: awsvpc },
  { name: 'ecs.capability.imds-iam-roles', notBuilt: 'roles of tasks from instance metadata' },
  { name: 'ecs.vpc-id', notBuilt: awsvpc, given: 'task-eni' },
  { name: 'ecs.subnet-id', notBuilt: awsvpc, given: 'task-eni' },
  { name: 'ecs.os-type', value: (of) => of.platform },
  { name: 'ecs.os-family', value: osFamilyOf },
  { name: 'ecs.os-type-detailed', value: detailedOsFamilyOf },
  { name: 'ecs.cpu-architecture', value: (of) => (of.external ? of.cpuArchitecture : '') },
  { name: 'ecs.outpost-arn', value: (of) => of.outpostArn ?? '' },
];

/** The minor versions of the Docker Engine API that ECS knows as attributes. */
const apiMinors = [17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32];
/** The newest of them on Windows. */
const windowsMinor = 30;

/** The lowest Engine API minor version that knows a log driver. */
const driverMinors: Record<string, number> = {
  'json-file': 18,
  syslog: 18,
  journald: 19,
  none: 19,
  gelf: 20,
  fluentd: 20,
  awslogs: 21,
  splunk: 22,
  logentries: 25,
  sumologic: 29,
};
const never = Number.POSITIVE_INFINITY;

const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);

/**
 * Whether a version of the Engine's API counts as supported. Old ones do with an Engine that has
 * dropped them, as ECS expects; on Windows they are those of a client of 1.24.
 */
export function speaks(
  { platform, engine }: Pick<Capabilities, 'platform' | 'engine'>,
  minor: number,
): boolean {
  const [newest, oldest] = [minorOf(engine.apiVersion), minorOf(engine.minApiVersion)];
  if (platform === 'windows') return minor <= windowsMinor && newest >= Math.max(24, minor);
  return minor <= newest && (minor >= oldest || oldest >= 24);
}

/** `vieux/sshfs:latest` is `vieux/sshfs.latest`, and `vieux/sshfs` as well. */
function pluginWords(name: string): string[] {
  if (name === 'local') return [];
  const word = name.replaceAll(':', '.');
  return name.endsWith(':latest') ? [word, name.slice(0, -':latest'.length)] : [word];
}

/** Builds of Windows Server by the names that ECS has for them. */
const windowsServers: Record<number, string> = {
  14393: '2016',
  17763: '2019',
  19041: '2004',
  19042: '20H2',
  20348: '2022',
  26100: '2025',
};
const installations: Record<string, string> = { Server: 'FULL', 'Server Core': 'CORE' };

type System = Pick<Capabilities, 'platform' | 'windows' | 'detailedOsFamily'>;

/** `LINUX`, or such as `WINDOWS_SERVER_2022_CORE`; `windows` for one that ECS has no name for. */
function osFamilyOf({ platform, windows }: System): string {
  return platform === 'linux' ? 'LINUX' : windowsFamilyOf(windows);
}

function windowsFamilyOf(windows: WindowsEdition | null): string {
  const server = windowsServers[windows?.build ?? 0];
  const installation = installations[windows?.installation ?? ''];
  return server && installation ? `WINDOWS_SERVER_${server}_${installation}` : 'windows';
}

/** The same, but for a Linux whose distribution the operator has named. */
export function detailedOsFamilyOf(of: System): string {
  return (of.platform === 'linux' && of.detailedOsFamily) || osFamilyOf(of);
}
