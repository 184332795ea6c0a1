import type { ContainerSketch, TaskSketch } from '../../scenario/model.ts';
import { planOf, type SimContainer, type SimTask } from '../plan/plan.ts';

/** What the processes of simulated containers do, in the words of a scenario. */
const words: [RegExp, string][] = [
  [/^sleep (\d+); exit (\d+)$/, 'exits with $2 after $1s'],
  [/^exit (\d+)$/, 'exits with $1'],
  [/^trap "exit (\d+)" TERM; wait$/, 'runs until SIGTERM, then exits with $1'],
  [/^while true; do sleep 1; done$/, 'ignores SIGTERM'],
  [/^\/no\/such\/program$/, 'cannot start'],
];

/** A simulated task as a scenario has it. */
export function sketchOf(task: SimTask): TaskSketch {
  const { cpu, memoryMiB, volumes, executionCredentialsId } = task.more ?? {};
  const docker = (volumes ?? []).flatMap((volume) => (volume.kind === 'docker' ? [volume] : []));
  return {
    ...(cpu && { cpu: String(cpu * 1_024) }),
    ...(memoryMiB && { memory: String(memoryMiB) }),
    ...(executionCredentialsId && { roles: ['execution'] }),
    ...(docker.length > 0 && {
      volumes: docker.map(({ name, driver, scope, autoprovision }) => ({
        name,
        // A volume of a task alone is always made for it.
        dockerVolumeConfiguration: { driver, scope, ...(scope === 'shared' && { autoprovision }) },
      })),
    }),
    containers: Object.fromEntries(task.containers.map((one) => [one.name, containerOf(one)])),
  };
}

function containerOf(given: SimContainer): ContainerSketch {
  const { dependsOn = [], portMappings = [], mountPoints = [], restartPolicy: policy } = given;
  const on = dependsOn.map(({ container, condition }) => [container, condition]);
  const ports = portMappings.flatMap((one) => (one.kind === 'single' ? [one] : []));
  return {
    ...doesOf(given.command ?? []),
    image: imageOf(given),
    ...(given.essential === false && { essential: false }),
    ...(given.cpu && { cpu: given.cpu }),
    ...(given.memoryMiB && { memory: given.memoryMiB }),
    ...(on.length > 0 && { dependsOn: Object.fromEntries(on) }),
    ...(given.startTimeoutS && { startTimeout: given.startTimeoutS }),
    ...(given.stopTimeoutS && { stopTimeout: given.stopTimeoutS }),
    ...healthOf(given),
    ...(policy && {
      restartPolicy: {
        enabled: true,
        ignoredExitCodes: policy.ignoredExitCodes,
        restartAttemptPeriod: policy.attemptPeriodS,
      },
    }),
    ...(ports.length > 0 && {
      portMappings: ports.map(({ containerPort, hostPort, protocol }) => ({
        containerPort,
        ...(hostPort !== null && { hostPort }),
        protocol,
      })),
    }),
    ...(mountPoints.length > 0 && {
      mountPoints: mountPoints.map(({ volume, containerPath }) => ({
        sourceVolume: volume,
        containerPath,
      })),
    }),
  };
}

/** The image of a container, whether or not its plan names one. */
export const imageOf = (given: SimContainer): string =>
  planOf({ id: '', containers: [given] }).containers[0]?.image ?? '';

function doesOf(command: string[]): ContainerSketch {
  const script = command.at(-1) ?? '';
  const found = words.find(([pattern]) => pattern.test(script));
  if (found) return { does: script.replace(...found) };
  return command.length > 0 ? { command } : {};
}

function healthOf({ healthChecked, dockerConfig }: SimContainer): ContainerSketch {
  if (!dockerConfig) return healthChecked ? { payload: { healthCheckType: 'docker' } } : {};
  const { HealthCheck: check } = JSON.parse(dockerConfig) as {
    HealthCheck: { Test: string[]; Interval: number };
  };
  return { healthCheck: { command: check.Test, interval: check.Interval / 1e9 } };
}
