import type { EngineApi } from './model.ts';

/** A capability or fact that a container instance registers with ECS. */
export interface Attribute {
  name: string;
  value?: string;
}

/** What the attributes of a container instance follow from. */
export interface Capabilities {
  platform: 'linux' | 'windows';
  cpuArchitecture: string;
  engine: EngineApi;
  loggingDrivers: string[];
  privilegedDisabled: boolean;
  /** Whether health checks of containers are left to Docker alone. */
  healthChecksDisabled: boolean;
  /** Whether tasks can be limited as a whole, each in a cgroup of its own. */
  taskLimits: boolean;
  /** Whether the Engine has the image of the container whose namespaces others share. */
  pauseImageLoaded: boolean;
  external: boolean;
  /** Of the configuration; sent with the first registration only. */
  custom: Record<string, string>;
}

/** The minor versions of the Docker Engine API that ECS knows as attributes. */
const apiMinors = [17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32];

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

const minorOf = (version: string): number => Number(version.split('.')[1] ?? 0);

/** Old API versions count as supported by an Engine that has dropped them, as ECS expects. */
const supports = (engine: EngineApi, minor: number): boolean =>
  minor <= minorOf(engine.apiVersion) &&
  (minor >= minorOf(engine.minApiVersion) || minorOf(engine.minApiVersion) >= 24);

/**
 * The attributes of RegisterContainerInstance (Amazon ECS API), for the features this agent has.
 * None is named whose feature is missing: ECS would place tasks here that cannot run.
 */
export function attributesOf(of: Capabilities): Attribute[] {
  const os = of.platform === 'windows' ? 'windows' : 'linux';
  const named = [
    ...legacyNames(of).map((name) => `com.amazonaws.ecs.capability.${name}`),
    ...featureNames(of).map((name) => `ecs.capability.${name}`),
  ];
  return [
    ...Object.entries(of.custom).map(([name, value]) => ({ name, value })),
    ...named.map((name) => ({ name })),
    { name: 'ecs.os-type', value: os },
    { name: 'ecs.os-family', value: os === 'linux' ? 'LINUX' : os },
    { name: 'ecs.os-type-detailed', value: os === 'linux' ? 'LINUX' : os },
    ...(of.external ? [{ name: 'ecs.cpu-architecture', value: of.cpuArchitecture }] : []),
  ];
}

/** Features that ECS has known for longest, under names of their own. */
const legacyNames = ({ engine, loggingDrivers, privilegedDisabled }: Capabilities): string[] => [
  ...(privilegedDisabled ? [] : ['privileged-container']),
  ...apiMinors
    .filter((minor) => supports(engine, minor))
    .map((minor) => `docker-remote-api.1.${minor}`),
  ...loggingDrivers
    .filter((driver) => supports(engine, driverMinors[driver] ?? Number.POSITIVE_INFINITY))
    .map((driver) => `logging-driver.${driver}`),
  ...(supports(engine, 19) ? ['ecr-auth'] : []),
];

function featureNames(of: Capabilities): string[] {
  const isLinux = of.platform === 'linux';
  const limited = isLinux && of.taskLimits && supports(of.engine, 22);
  const features: [name: string, isThere: boolean][] = [
    ['ecr-endpoint', true],
    ['container-ordering', true],
    ['full-sync', true],
    ['network.container-port-range', true],
    ['container-restart-policy', true],
    ['task-cpu-mem-limit', limited],
    ['increased-task-cpu-limit', limited],
    ['execution-role-ecr-pull', supports(of.engine, 19)],
    ['container-health-check', !of.healthChecksDisabled && supports(of.engine, 24)],
    ['docker-plugin.local', true],
    ['pid-ipc-namespace-sharing', isLinux && of.pauseImageLoaded],
    ['external', of.external],
  ];
  return features.filter(([, isThere]) => isThere).map(([name]) => name);
}
