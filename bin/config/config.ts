import type { PullBehavior } from '../../machines/container/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import type { AwsKeys } from '../../transport/wire/credentials.ts';
import {
  type DefaultOf,
  type Environment,
  knownLogDrivers,
  type Platform,
  type Variable,
  variables,
} from './variables.ts';

/** A configuration the agent cannot start with. Its message is one line and names the remedy. */
export class ConfigError extends AgentError {
  constructor(message: string) {
    super('CONFIG_INVALID', message);
  }
}

type Name = keyof typeof variables;
type ValueOf<N extends Name> = (typeof variables)[N] extends Variable<infer Value> ? Value : never;

/** What the environment says, once it is understood; numbers carry their unit in their name. */
export interface Config {
  cluster: string;
  /** '' where the instance metadata must tell it. */
  region: string;
  backendHost: string | null;
  keys: AwsKeys | null;
  metadataDisabled: boolean;
  dockerHost: string;
  dataDirectory: string;
  checkpoint: boolean;
  logLevel: ValueOf<'ECS_LOGLEVEL'>;
  logFile: string | null;
  reservedTcpPorts: number[];
  reservedUdpPorts: number[];
  reservedMemoryMiB: number;
  stopTimeoutMs: number;
  pullBehavior: PullBehavior;
  loggingDrivers: string[];
  external: boolean;
  metricsDisabled: boolean;
  instanceAttributes: Record<string, string>;
  privilegedDisabled: boolean;
}

/**
 * Reads the agent's configuration from environment variables, by the table of {@link variables}. A
 * blank value is none. Throws {@link ConfigError} where a wrong value must not be passed over.
 */
export function readConfig(
  environment: Environment,
  platform: Platform,
): { config: Config; warnings: string[] } {
  const warnings: string[] = [];
  const read = <N extends Name>(name: N): ValueOf<N> => {
    const definition = variables[name] as unknown as Variable<ValueOf<N>>;
    return settingOf(name, definition, { environment, platform, warnings });
  };
  const config: Config = {
    cluster: read('ECS_CLUSTER'),
    region: read('AWS_DEFAULT_REGION'),
    backendHost: addressOf(read('ECS_BACKEND_HOST')),
    keys: keysOf(read),
    metadataDisabled: read('AWS_EC2_METADATA_DISABLED'),
    dockerHost: read('DOCKER_HOST'),
    dataDirectory: read('ECS_DATADIR'),
    checkpoint: read('ECS_CHECKPOINT') ?? Boolean(environment.ECS_DATADIR?.trim()),
    logLevel: read('ECS_LOGLEVEL'),
    logFile: read('ECS_LOGFILE') || null,
    reservedTcpPorts: read('ECS_RESERVED_PORTS'),
    reservedUdpPorts: read('ECS_RESERVED_PORTS_UDP'),
    reservedMemoryMiB: read('ECS_RESERVED_MEMORY'),
    stopTimeoutMs: read('ECS_CONTAINER_STOP_TIMEOUT'),
    pullBehavior: read('ECS_IMAGE_PULL_BEHAVIOR'),
    loggingDrivers: read('ECS_AVAILABLE_LOGGING_DRIVERS'),
    external: read('ECS_EXTERNAL'),
    metricsDisabled: read('ECS_DISABLE_METRICS'),
    instanceAttributes: read('ECS_INSTANCE_ATTRIBUTES'),
    privilegedDisabled: read('ECS_DISABLE_PRIVILEGED'),
  };
  check(config);
  return { config, warnings };
}

function settingOf<Value>(
  name: string,
  { parse, otherwise, onWrong, secret, least }: Variable<Value>,
  given: { environment: Environment; platform: Platform; warnings: string[] },
): Value {
  const text = given.environment[name];
  const fallback =
    typeof otherwise === 'function'
      ? (otherwise as DefaultOf<Value>)(given.platform, given.environment)
      : otherwise;
  if (text === undefined || text.trim() === '') return fallback;
  const parsed = parse(text);
  const shown = secret ? '(secret)' : JSON.stringify(text);
  if ('wrong' in parsed) {
    const message = `${name} must be ${parsed.wrong}, not ${shown}`;
    if (onWrong === 'fail') throw new ConfigError(`${message}: correct it or unset it`);
    given.warnings.push(`${message}: the default is used`);
    return fallback;
  }
  const { value } = parsed;
  if (isEmpty(value)) return fallback;
  if (least === undefined || typeof value !== 'number' || value >= least) return value;
  given.warnings.push(`${name} is raised from ${shown} to its least value, ${least / 1_000}s`);
  return least as Value;
}

/** Zero and empty lists mean "not set", as the Amazon ECS agent has it. */
const isEmpty = (value: unknown): boolean =>
  value === 0 || (Array.isArray(value) && value.length === 0);

function addressOf(host: string): string | null {
  if (host === '') return null;
  return /^\w+:\/\//.test(host) ? host : `https://${host}`;
}

function keysOf(read: (name: Name) => unknown): AwsKeys | null {
  const accessKeyId = String(read('AWS_ACCESS_KEY_ID'));
  const secretAccessKey = String(read('AWS_SECRET_ACCESS_KEY'));
  const sessionToken = String(read('AWS_SESSION_TOKEN'));
  if (!accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}

function check({ external, region, loggingDrivers, dockerHost, backendHost }: Config): void {
  if (external && region === '')
    throw new ConfigError('ECS_EXTERNAL is true, so AWS_DEFAULT_REGION must name the region');
  const unknown = loggingDrivers.find((driver) => !knownLogDrivers.includes(driver));
  if (unknown !== undefined)
    throw new ConfigError(
      `ECS_AVAILABLE_LOGGING_DRIVERS names ${JSON.stringify(unknown)}, which is no log driver: use ${knownLogDrivers.join(', ')}`,
    );
  if (!/^(unix|npipe|tcp|http):\/\/.+/.test(dockerHost) || !URL.canParse(dockerHost))
    throw new ConfigError(
      `DOCKER_HOST must be an address such as unix:///var/run/docker.sock or tcp://10.0.0.1:2375, not ${JSON.stringify(dockerHost)}`,
    );
  if (backendHost !== null && !(/^https?:/.test(backendHost) && URL.canParse(backendHost)))
    throw new ConfigError(
      `ECS_BACKEND_HOST must be an address such as https://ecs.example.com, not ${JSON.stringify(backendHost)}`,
    );
}
