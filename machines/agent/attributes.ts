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
  const legacy = [
    ...(of.privilegedDisabled ? [] : ['privileged-container']),
    ...apiMinors
      .filter((minor) => supports(of.engine, minor))
      .map((minor) => `docker-remote-api.1.${minor}`),
    ...of.loggingDrivers
      .filter((driver) => supports(of.engine, driverMinors[driver] ?? Number.POSITIVE_INFINITY))
      .map((driver) => `logging-driver.${driver}`),
  ].map((name) => ({ name: `com.amazonaws.ecs.capability.${name}` }));
  return [
    ...Object.entries(of.custom).map(([name, value]) => ({ name, value })),
    ...legacy,
    { name: 'ecs.capability.network.container-port-range' },
    ...(of.external ? [{ name: 'ecs.capability.external' }] : []),
    { name: 'ecs.os-type', value: os },
    { name: 'ecs.os-family', value: os === 'linux' ? 'LINUX' : os },
    { name: 'ecs.os-type-detailed', value: os === 'linux' ? 'LINUX' : os },
    ...(of.external ? [{ name: 'ecs.cpu-architecture', value: of.cpuArchitecture }] : []),
  ];
}
