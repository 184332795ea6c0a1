import type { PullBehavior } from '../../machines/container/model.ts';
import * as parse from './parse.ts';

/** The systems the agent runs on. */
export type Platform = 'linux' | 'windows';

/** Environment variables as the process has them. */
export type Environment = Record<string, string | undefined>;

/** A default that depends on where the agent runs. */
export type DefaultOf<Value> = (platform: Platform, environment: Environment) => Value;

/** One environment variable of the agent. */
export interface Variable<Value> {
  parse: parse.Parser<Value>;
  /** What holds where the variable is not set, is blank, or is wrong. */
  otherwise: Value | DefaultOf<Value>;
  /** What a wrong value does: warns and leaves the default, or ends the start. */
  onWrong: 'warn' | 'fail';
  /** A secret's value is never shown. */
  secret?: true;
  /** Values below are raised to it; in ms. */
  least?: number;
  meaning: string;
}

const variable = <Value>(of: Variable<Value>): Variable<Value> => of;
const warn = 'warn' as const;
const fail = 'fail' as const;

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

const secretText = (meaning: string) =>
  variable({ parse: parse.text, otherwise: '', onWrong: warn, secret: true, meaning });

/** Every environment variable the agent reads, as the Amazon ECS agent documents them. */
export const variables = {
  ECS_CLUSTER: variable({
    parse: parse.text,
    otherwise: 'default',
    onWrong: warn,
    meaning: 'Cluster to register with: its name or ARN.',
  }),
  AWS_DEFAULT_REGION: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: warn,
    meaning: 'Region of the cluster; on EC2 the instance metadata tells it.',
  }),
  ECS_BACKEND_HOST: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: warn,
    meaning: 'Address of the ECS API in place of the region’s own.',
  }),
  AWS_ACCESS_KEY_ID: secretText('Key that signs the agent’s calls.'),
  AWS_SECRET_ACCESS_KEY: secretText('Its secret.'),
  AWS_SESSION_TOKEN: secretText('Its session token, if it is a temporary one.'),
  AWS_EC2_METADATA_DISABLED: variable({
    parse: parse.flag,
    otherwise: false,
    onWrong: warn,
    meaning: 'Do not ask the EC2 instance metadata service.',
  }),
  DOCKER_HOST: variable({
    parse: parse.text,
    otherwise: (platform) =>
      platform === 'windows' ? 'npipe:////./pipe/docker_engine' : 'unix:///var/run/docker.sock',
    onWrong: warn,
    meaning: 'Where the Docker Engine listens.',
  }),
  ECS_DATADIR: variable({
    parse: parse.text,
    otherwise: (platform, { ProgramData }) =>
      platform === 'windows' ? `${ProgramData || 'C:\\ProgramData'}\\Amazon\\ECS\\data` : '/data/',
    onWrong: warn,
    meaning: 'Directory of the agent’s state.',
  }),
  ECS_CHECKPOINT: variable<boolean | null>({
    parse: parse.flag,
    otherwise: null,
    onWrong: warn,
    meaning: 'Keep state over restarts; by default if ECS_DATADIR is set.',
  }),
  ECS_LOGLEVEL: variable({
    parse: (given) =>
      parse.oneOf(['debug', 'info', 'warn', 'error', 'crit', 'none'])(given.toLowerCase()),
    otherwise: 'info' as const,
    onWrong: warn,
    meaning: 'Least level of what is logged.',
  }),
  ECS_LOGFILE: variable({
    parse: parse.text,
    otherwise: '',
    onWrong: warn,
    meaning: 'File to log to, besides standard output.',
  }),
  ECS_RESERVED_PORTS: variable({
    parse: parse.ports,
    otherwise: (platform) => (platform === 'windows' ? windowsPorts : linuxPorts),
    onWrong: warn,
    meaning: 'TCP ports that tasks may not use.',
  }),
  ECS_RESERVED_PORTS_UDP: variable<number[]>({
    parse: parse.ports,
    otherwise: [],
    onWrong: warn,
    meaning: 'UDP ports that tasks may not use.',
  }),
  ECS_RESERVED_MEMORY: variable({
    parse: parse.whole({ most: 65_535 }),
    otherwise: 0,
    onWrong: warn,
    meaning: 'Memory in MiB that tasks may not use.',
  }),
  ECS_CONTAINER_STOP_TIMEOUT: variable({
    parse: parse.duration,
    otherwise: 30_000,
    least: 1_000,
    onWrong: warn,
    meaning: 'Time between SIGTERM and SIGKILL for containers without one of their own.',
  }),
  ECS_IMAGE_PULL_BEHAVIOR: variable<PullBehavior>({
    parse: parse.oneOf(['default', 'always', 'once', 'prefer-cached']),
    otherwise: 'default',
    onWrong: warn,
    meaning: 'When images are pulled, and whether a failed pull stops the task.',
  }),
  ECS_AVAILABLE_LOGGING_DRIVERS: variable({
    parse: parse.words,
    otherwise: (platform) => ['json-file', 'none', ...(platform === 'windows' ? ['awslogs'] : [])],
    onWrong: warn,
    meaning: 'Log drivers of the Engine that tasks may use.',
  }),
  ECS_EXTERNAL: variable({
    parse: parse.flag,
    otherwise: false,
    onWrong: warn,
    meaning: 'The host is not an EC2 instance (ECS Anywhere).',
  }),
  ECS_DISABLE_METRICS: variable({
    parse: parse.flag,
    otherwise: false,
    onWrong: warn,
    meaning: 'Publish no metrics.',
  }),
  ECS_INSTANCE_ATTRIBUTES: variable<Record<string, string>>({
    parse: parse.wordMap,
    otherwise: {},
    onWrong: fail,
    meaning: 'Attributes to register besides the agent’s own, at the first registration.',
  }),
  ECS_DISABLE_PRIVILEGED: variable({
    parse: parse.flag,
    otherwise: false,
    onWrong: warn,
    meaning: 'Do not offer privileged containers.',
  }),
} as const;
