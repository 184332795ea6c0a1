import * as parse from './parse.ts';
import { offSwitch, secretText, variable } from './variable.ts';

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

const levels = ['debug', 'info', 'warn', 'error', 'crit', 'none'] as const;
/** The least level that is logged. */
export type LogLevel = (typeof levels)[number];
const level: parse.Parser<LogLevel> = (given) => parse.oneOf(levels)(given.toLowerCase());

/** What the container instance is: its cluster and keys, its Engine, its state and log, its capacity. */
export const instanceVariables = {
  ECS_CLUSTER: variable({
    parse: parse.text,
    otherwise: 'default',
    onWrong: 'warn',
    meaning: 'Cluster to register with: its name or ARN.',
  }),
  AWS_DEFAULT_REGION: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning: 'Region of the cluster; on EC2 the instance metadata tells it.',
  }),
  ECS_BACKEND_HOST: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning: 'Address of the ECS API in place of the region’s own.',
  }),
  AWS_ACCESS_KEY_ID: secretText('Key that signs the agent’s calls.'),
  AWS_SECRET_ACCESS_KEY: secretText('Its secret.'),
  AWS_SESSION_TOKEN: secretText('Its session token, if it is a temporary one.'),
  AWS_EC2_METADATA_DISABLED: offSwitch('Do not ask the EC2 instance metadata service.'),
  DOCKER_HOST: variable({
    parse: parse.text,
    otherwise: (platform) =>
      platform === 'windows' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock',
    onWrong: 'warn',
    meaning: 'Where the Docker Engine listens.',
  }),
  ECS_DATADIR: variable({
    parse: parse.text,
    otherwise: (platform, { ProgramData }) =>
      platform === 'windows' ? `${ProgramData || 'C:\\ProgramData'}\\Amazon\\ECS\\data` : '/data/',
    onWrong: 'warn',
    meaning: 'Directory of the agent’s state.',
  }),
  ECS_HOST_DATA_DIR: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning:
      'Folder of the Engine’s host under which it finds ECS_DATADIR, for an agent in a container.',
  }),
  ECS_CHECKPOINT: variable<boolean | null>({
    parse: parse.flag,
    otherwise: null,
    onWrong: 'warn',
    meaning: 'Keep state over restarts; by default if ECS_DATADIR is set.',
  }),
  ECS_LOGLEVEL: variable({
    parse: level,
    otherwise: 'info' as const,
    onWrong: 'warn',
    meaning: 'Least level of what is logged.',
  }),
  ECS_LOGFILE: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning: 'File to log to, besides standard output.',
  }),
  ECS_LOGLEVEL_ON_INSTANCE: variable<LogLevel | null>({
    parse: level,
    otherwise: null,
    onWrong: 'warn',
    meaning: 'Least level of what is logged to ECS_LOGFILE; by default ECS_LOGLEVEL.',
  }),
  ECS_LOG_DRIVER: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: 'warn',
    meaning: 'Log driver of the agent’s own container: with one, nothing is logged to ECS_LOGFILE.',
  }),
  ECS_LOG_ROLLOVER_TYPE: variable<'size' | 'hourly' | 'none'>({
    parse: parse.oneOf(['size', 'hourly', 'none']),
    otherwise: 'size',
    onWrong: 'warn',
    meaning: 'When ECS_LOGFILE is begun anew.',
  }),
  ECS_LOG_OUTPUT_FORMAT: variable<'logfmt' | 'json'>({
    parse: parse.oneOf(['logfmt', 'json']),
    otherwise: 'logfmt',
    onWrong: 'warn',
    meaning: 'How a line of the log is written.',
  }),
  ECS_LOG_MAX_FILE_SIZE_MB: variable({
    parse: parse.decimal,
    otherwise: 5,
    onWrong: 'warn',
    meaning: 'Megabytes after which ECS_LOGFILE is begun anew.',
  }),
  ECS_LOG_MAX_ROLL_COUNT: variable({
    parse: parse.whole({ most: 1_000_000 }),
    otherwise: 24,
    onWrong: 'warn',
    meaning: 'How many earlier files of ECS_LOGFILE are kept.',
  }),
  ECS_RESERVED_PORTS: variable({
    parse: parse.ports,
    otherwise: (platform) => (platform === 'windows' ? windowsPorts : linuxPorts),
    onWrong: 'warn',
    meaning: 'TCP ports that tasks may not use.',
  }),
  ECS_RESERVED_PORTS_UDP: variable<number[]>({
    parse: parse.ports,
    otherwise: [],
    onWrong: 'warn',
    meaning: 'UDP ports that tasks may not use.',
  }),
  ECS_RESERVED_MEMORY: variable({
    parse: parse.whole({ most: 65_535 }),
    otherwise: 0,
    onWrong: 'warn',
    meaning: 'Memory in MiB that tasks may not use.',
  }),
  ECS_AVAILABLE_LOGGING_DRIVERS: variable({
    parse: parse.words,
    otherwise: (platform) => ['json-file', 'none', ...(platform === 'windows' ? ['awslogs'] : [])],
    onWrong: 'warn',
    meaning: 'Log drivers of the Engine that tasks may use.',
  }),
  ECS_EXTERNAL: offSwitch('The host is not an EC2 instance (ECS Anywhere).'),
  ECS_DISABLE_METRICS: offSwitch('Publish no metrics.'),
  ECS_INSTANCE_ATTRIBUTES: variable<Record<string, string>>({
    parse: parse.wordMap,
    otherwise: {},
    onWrong: 'fail',
    meaning: 'Attributes to register besides the agent’s own, at the first registration.',
  }),
  ECS_INTROSPECTION_BIND_ADDRESS: variable({
    parse: parse.ipAddress,
    otherwise: '127.0.0.1',
    onWrong: 'warn',
    meaning: 'Address on which the introspection endpoint listens.',
  }),
  ECS_INTROSPECTION_PORT: variable({
    parse: parse.whole({ most: 65_535 }),
    otherwise: 51_678,
    onWrong: 'warn',
    zeroCounts: true,
    meaning: 'Its port; 0 turns it off.',
  }),
  ECS_DISABLE_PRIVILEGED: offSwitch('Do not offer privileged containers.'),
} as const;
