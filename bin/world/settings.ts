import type { AgentSettings } from '../../actors/agent.ts';
import { flightBounds } from '../../machines/flight/bounds.ts';

/** The cluster of a simulated agent. */
export const cluster = 'specs';

/** The ARN of a task in that cluster. */
export const taskArn = (id: string): string =>
  `arn:aws:ecs:us-west-2:123456789012:task/${cluster}/${id}`;

const hour = 3_600_000;

/** How a simulated agent is set where nothing else is said. */
export const settings: AgentSettings = {
  cluster,
  makesCluster: false,
  checkpoint: true,
  rules: {
    pullBehavior: 'prefer-cached',
    pullUpfront: false,
    taskLimits: true,
    cleanupWaitMs: 3 * hour,
    cleanupJitterMs: 0,
  },
  pauseImage: 'amazon/amazon-ecs-pause:0.1.0',
  taskLimitsRequired: false,
  cleanup: {
    images: true,
    intervalMs: hour / 2,
    minimumAgeMs: hour,
    imagesPerCycle: 5,
    excluded: [],
    untracked: false,
    untrackedMinimumAgeMs: hour,
    untrackedContainersPerCycle: 5,
    containerAgeMs: 3 * hour,
    disk: { highPercent: 85, lowPercent: 80, intervalMs: 60_000 },
  },
  updatesEnabled: true,
  stopTimeoutMs: 30_000,
  pullInactivityMs: 60_000,
  taskPids: null,
  matchSharedVolumes: false,
  watching: { warmPool: false, spot: false },
  sampling: { by: 'nothing' },
  flight: flightBounds,
  reservedMemoryMiB: 512,
  reservedTcpPorts: [22],
  reservedUdpPorts: [],
  ec2InstanceId: null,
  tags: {},
  tagsFromEc2: false,
  capabilities: {
    loggingDrivers: ['json-file'],
    privilegedDisabled: false,
    selinux: false,
    apparmor: false,
    healthChecksDisabled: false,
    external: true,
    taskRoles: false,
    taskRolesOnHost: false,
    logsByExecutionRole: false,
    detailedOsFamily: '',
    custom: {},
  },
};
