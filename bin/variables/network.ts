import { addressBlocks } from '../config/json-kinds.ts';
import { notYet, offSwitch, onSwitch, plainSwitch, textOf, variable } from './variable.ts';

const awsvpc = notYet('awsvpc networking');
const gmsa = notYet('support for gMSA');

/** Network interfaces of tasks. */
const interfaces = {
  ECS_ENABLE_TASK_ENI: offSwitch('Offer the network mode awsvpc.', {
    file: 'TaskENIEnabled',
    ...awsvpc,
  }),
  ECS_ENABLE_HIGH_DENSITY_ENI: onSwitch('Offer trunked network interfaces.', {
    only: 'linux',
    idleInFile: 'ENITrunkingEnabled',
    ...awsvpc,
  }),
  ECS_CNI_PLUGINS_PATH: textOf('Where the CNI plugins are.', {
    otherwise: (platform, { ProgramFiles }) =>
      platform === 'windows'
        ? `${ProgramFiles?.trim() || 'C:\\Program Files'}\\Amazon\\ECS\\cni`
        : '/amazon-ecs-cni-plugins',
    file: 'CNIPluginsPath',
    ...awsvpc,
  }),
  ECS_AWSVPC_BLOCK_IMDS: offSwitch('Keep tasks in awsvpc mode from the instance metadata.', {
    file: 'AWSVPCBlockInstanceMetdata',
    ...awsvpc,
  }),
  ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES: variable<string[]>({
    kind: addressBlocks,
    otherwise: [],
    isStrict: true,
    file: 'AWSVPCAdditionalLocalRoutes',
    meaning: 'What tasks in awsvpc mode reach through the host.',
    ...awsvpc,
  }),
} as const;

/** What `ecs-agent host up` leaves open. */
const host = {
  ECS_SKIP_LOCALHOST_TRAFFIC_FILTER: offSwitch(
    'Let packets for loopback in that come from elsewhere (`ecs-agent host up`).',
    { only: 'linux' },
  ),
  ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS: offSwitch(
    'Let other hosts reach the introspection port (`ecs-agent host up`).',
    { only: 'linux' },
  ),
} as const;

/** Storage and identities that are attached to tasks, and what only Windows has. */
export const networkVariables = {
  ...interfaces,
  ...host,
  ECS_EBSTA_SUPPORTED: onSwitch('Offer EBS volumes for tasks.', {
    file: 'EBSTASupportEnabled',
    ...notYet('support for EBS volumes'),
  }),
  ECS_GMSA_SUPPORTED: offSwitch('Offer gMSA.', {
    otherwise: (platform) => platform === 'windows',
    idleInFile: 'GMSACapable',
    ...gmsa,
  }),
  CREDENTIALS_FETCHER_HOST_DIR: textOf('Socket of the daemon that fetches gMSA credentials.', {
    only: 'linux',
    ...gmsa,
  }),
  CREDENTIALS_FETCHER_SECRET_NAME_FOR_DOMAINLESS_GMSA: textOf(
    'Name of the secret for gMSA on a host that is in no domain.',
    { only: 'linux', idleInFile: 'GMSADomainlessCapable', ...gmsa },
  ),
  ECS_DOMAIN_JOINED_LINUX_INSTANCE: plainSwitch('The host is in a domain.', {
    only: 'linux',
    ...gmsa,
  }),
  ECS_FSX_WINDOWS_FILE_SERVER_SUPPORTED: onSwitch('Offer volumes of FSx for Windows File Server.', {
    only: 'windows',
    file: 'FSxWindowsFileServerCapable',
    ...notYet('support for FSx volumes'),
  }),
  ECS_ENABLE_CPU_UNBOUNDED_WINDOWS_WORKAROUND: offSwitch(
    'Let containers without CPU units run beside those with some.',
    { only: 'windows', idleInFile: 'PlatformVariables' },
  ),
  ECS_ENABLE_MEMORY_UNBOUNDED_WINDOWS_WORKAROUND: offSwitch(
    'Let containers with a memory reservation but no limit run beside limited ones.',
    { only: 'windows' },
  ),
  ProgramData: textOf('On Windows, the folder in which ECS_DATADIR and logs are by default.', {
    otherwise: (platform) => (platform === 'windows' ? 'C:\\ProgramData' : ''),
  }),
  ProgramFiles: textOf('On Windows, the folder in which programs are.', {
    otherwise: (platform) => (platform === 'windows' ? 'C:\\Program Files' : ''),
  }),
} as const;
