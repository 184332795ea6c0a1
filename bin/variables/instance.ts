import { wordMap } from '../config/json-kinds.ts';
import {
  anyCaseOf,
  decimal,
  ipAddress,
  type Kind,
  numberedOf,
  oneOf,
  optional,
  proxyAddress,
  webAddress,
  whole,
} from '../config/kinds.ts';
import { offSwitch, textOf, variable } from './variable.ts';

/** The JSON file with further settings, where no other is named; on Windows, too. */
export const defaultConfigFile = '/etc/ecs_container_agent/config.json';

/** Levels of the log, from all to nothing. */
export const logLevels = ['debug', 'info', 'warn', 'error', 'crit', 'none'] as const;

const level = anyCaseOf(logLevels);

/** How the log's file makes room; any word but two means every hour. */
const rollover: Kind<'size' | 'hourly' | 'none'> = {
  ...oneOf(['size', 'hourly', 'none']),
  words: 'size, none, or any other word for hourly',
  parse: (given) => {
    const word = given.trim();
    return { value: word === 'size' || word === 'none' ? word : 'hourly' };
  },
};

/** What the container instance is: its cluster, its keys, its tags. */
const identity = {
  ECS_CLUSTER: textOf('Cluster to register with: its name or ARN.', {
    otherwise: 'default',
    file: 'Cluster',
    oldInFile: 'ClusterArn',
    in114: true,
  }),
  AWS_DEFAULT_REGION: textOf('Region of the cluster.', {
    otherwiseIs: 'what the instance metadata says',
    file: 'AWSRegion',
    in114: true,
  }),
  ECS_BACKEND_HOST: variable({
    kind: webAddress('https', 'https://ecs.example.com'),
    otherwise: '',
    isStrict: true,
    file: 'APIEndpoint',
    meaning: 'Address of the ECS API in place of the region’s own.',
  }),
  AWS_ACCESS_KEY_ID: textOf('Key that signs the agent’s calls.', { secret: true, in114: true }),
  AWS_SECRET_ACCESS_KEY: textOf('Its secret.', { secret: true, in114: true }),
  AWS_SESSION_TOKEN: textOf('Its session token, if it is a temporary one.', {
    secret: true,
    in114: true,
  }),
  ECS_ALTERNATE_CREDENTIAL_PROFILE: textOf('Profile in the file of rotating credentials.', {
    otherwise: 'default',
  }),
  AWS_EC2_METADATA_DISABLED: offSwitch('Do not ask the EC2 instance metadata service.'),
  AWS_EC2_METADATA_SERVICE_ENDPOINT: variable({
    kind: webAddress('http', 'http://169.254.169.254'),
    // Both addresses are those of the Amazon EC2 User Guide, "Access instance metadata".
    otherwise: (_, { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: mode }) =>
      mode?.trim().toLowerCase() === 'ipv6' ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254',
    isStrict: true,
    meaning: 'Address of the EC2 instance metadata service.',
  }),
  AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: variable({
    kind: anyCaseOf(['ipv4', 'ipv6']),
    otherwise: 'ipv4' as const,
    meaning: 'Whether its own address of IPv4 or of IPv6 is meant, where no other is given.',
  }),
  ECS_EXTERNAL: offSwitch('The host is not an EC2 instance (ECS Anywhere).', { file: 'External' }),
  ECS_INSTANCE_ATTRIBUTES: variable<Record<string, string>>({
    kind: wordMap,
    otherwise: {},
    isStrict: true,
    file: 'InstanceAttributes',
    meaning: 'Attributes to register besides the agent’s own, at the first registration.',
  }),
  ECS_CONTAINER_INSTANCE_TAGS: variable<Record<string, string>>({
    kind: wordMap,
    otherwise: {},
    isStrict: true,
    file: 'ContainerInstanceTags',
    meaning: 'Tags of the container instance; they win over those of the EC2 instance.',
  }),
  ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM: variable({
    kind: numberedOf(['none', 'ec2_instance']),
    otherwise: 'none' as const,
    file: 'ContainerInstancePropagateTagsFrom',
    meaning: 'Whose tags the container instance takes over at registration.',
  }),
  ECS_INSTANCE_IP_COMPATIBILITY: variable<'ipv4' | 'ipv6' | null>({
    kind: optional(anyCaseOf(['ipv4', 'ipv6'])),
    otherwise: null,
    otherwiseIs: 'what the host has default routes for',
    only: 'linux',
    meaning: 'The family of addresses the instance can use.',
  }),
  ECS_DETAILED_OS_FAMILY: textOf('The operating system, as ID_VERSION, for attributes and calls.', {
    otherwise: 'LINUX',
    only: 'linux',
  }),
  HTTP_PROXY: variable({
    kind: proxyAddress,
    otherwise: '',
    alias: 'http_proxy',
    meaning: 'Proxy for calls over HTTP.',
  }),
  HTTPS_PROXY: variable({
    kind: proxyAddress,
    otherwise: '',
    alias: 'https_proxy',
    meaning: 'Proxy for calls over HTTPS.',
  }),
  NO_PROXY: textOf('Hosts that are called without a proxy.', {
    otherwiseIs: '169.254.169.254,169.254.170.2 and the Engine',
    alias: 'no_proxy',
  }),
} as const;

/** Its state, its updates, its log, and where it can be asked. */
const stateAndLog = {
  ECS_DATADIR: textOf('Directory of the agent’s state.', {
    otherwise: (platform, { ProgramData }) =>
      platform === 'windows'
        ? `${ProgramData?.trim() || 'C:\\ProgramData'}\\Amazon\\ECS\\data`
        : '/data/',
    file: 'DataDir',
    in114: true,
  }),
  ECS_HOST_DATA_DIR: textOf(
    'Folder of the Engine’s host under which it finds ECS_DATADIR, for an agent in a container.',
    {
      otherwiseIs: '/var/lib/ecs; on Windows, and for a directory elsewhere, ECS_DATADIR itself',
      file: 'DataDirOnHost',
    },
  ),
  ECS_CHECKPOINT: offSwitch('Keep state over restarts.', {
    otherwise: (_, { ECS_DATADIR }) => Boolean(ECS_DATADIR?.trim()),
    otherwiseIs: 'true if ECS_DATADIR is in the environment',
    file: 'Checkpoint',
    in114: true,
  }),
  ECS_UPDATES_ENABLED: offSwitch('Take updates of the agent that ECS asks for.', {
    file: 'UpdatesEnabled',
    in114: true,
  }),
  ECS_UPDATE_DOWNLOAD_DIR: textOf('Where updates are put.', {
    otherwiseIs: 'the working directory',
    file: 'UpdateDownloadDir',
    in114: true,
  }),
  ECS_AGENT_CONFIG_FILE_PATH: textOf('The JSON file with further settings.', {
    otherwise: defaultConfigFile,
    was: 'a file that is no JSON was passed over',
  }),
  ECS_LOGFILE: textOf('File to log to, besides standard output.', { in114: true }),
  ECS_LOGLEVEL: variable({
    kind: level,
    otherwise: 'info' as const,
    in114: true,
    meaning: 'Least level of what is logged.',
  }),
  ECS_LOGLEVEL_ON_INSTANCE: variable<(typeof logLevels)[number]>({
    kind: level,
    otherwise: (_, { ECS_LOGLEVEL, ECS_LOG_DRIVER }) => {
      if (ECS_LOG_DRIVER?.trim()) return 'none';
      const parsed = level.parse(ECS_LOGLEVEL ?? '');
      return 'value' in parsed ? parsed.value : 'info';
    },
    otherwiseIs: 'none if ECS_LOG_DRIVER is set, otherwise ECS_LOGLEVEL',
    meaning: 'Least level of what is logged to the file.',
  }),
  ECS_LOG_DRIVER: textOf('Log driver of the agent’s own container: if set, the file is off.'),
  ECS_LOG_ROLLOVER_TYPE: variable({
    kind: rollover,
    otherwise: 'size' as const,
    was: 'every hour, 24 files',
    meaning: 'When the log’s file makes room for a new one.',
  }),
  ECS_LOG_OUTPUT_FORMAT: variable<'logfmt' | 'json'>({
    kind: oneOf(['logfmt', 'json']),
    otherwise: 'logfmt',
    was: 'lines such as 2006-01-02T15:04:05Z [INFO] text',
    meaning: 'How lines of the log are written.',
  }),
  ECS_LOG_MAX_FILE_SIZE_MB: variable({
    kind: decimal,
    otherwise: 5,
    meaning: 'Size in MB (1,000,000 bytes) at which the log’s file makes room.',
  }),
  ECS_LOG_MAX_ROLL_COUNT: variable({
    kind: whole({ most: 1_000_000 }),
    otherwise: 24,
    meaning: 'How many older files of the log are kept.',
  }),
  ECS_INTROSPECTION_BIND_ADDRESS: variable({
    kind: ipAddress,
    otherwise: '127.0.0.1',
    own: true,
    meaning: 'Address on which the introspection endpoint listens.',
  }),
  ECS_INTROSPECTION_PORT: variable({
    kind: whole({ most: 65_535 }),
    otherwise: 51_678,
    zeroCounts: true,
    own: true,
    meaning: 'Its port; 0 turns it off.',
  }),
  ECS_AGENT_HEALTHCHECK_HOST: textOf('Host that the flag -healthcheck asks.', {
    otherwise: 'localhost',
  }),
} as const;

export const instanceVariables = { ...identity, ...stateAndLog } as const;
