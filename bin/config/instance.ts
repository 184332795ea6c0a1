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
    parse: (given) =>
      parse.oneOf(['debug', 'info', 'warn', 'error', 'crit', 'none'])(given.toLowerCase()),
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
  ECS_ALTERNATE_CREDENTIAL_PROFILE: variable({
    parse: parse.text,
    otherwise: 'default',
    onWrong: 'warn',
    meaning: 'Profile of the file in which keys are renewed, on an external instance.',
  }),
  ECS_UPDATES_ENABLED: offSwitch('Let ECS replace this agent by a new version.'),
  ECS_UPDATE_DOWNLOAD_DIR: variable({
    parse: parse.text,
    otherwise: '.',
    onWrong: 'warn',
    meaning: 'Folder in which a new version is put.',
  }),
  ECS_INSTANCE_IP_COMPATIBILITY: variable<'ipv4' | 'ipv6' | null>({
    parse: (given) => parse.oneOf(['ipv4', 'ipv6'])(given.trim().toLowerCase()),
    otherwise: null,
    onWrong: 'warn',
    meaning: 'The one IP version that the host has, where that is to be said.',
  }),
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
