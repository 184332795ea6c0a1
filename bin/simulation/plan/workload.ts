import type { Dependency } from '../../../machines/container/model.ts';
import type { VolumePlan } from '../../../machines/task/model.ts';
import { SimRegistry } from '../../../transport/sim/registry.ts';
import type { Draw, Plan, SimContainer, SimTask, Step } from './plan.ts';

const second = 1_000;
const minute = 60 * second;

/** Images that there are: how long their pull takes, of so many layers. */
export const images = {
  'sim/a:1': { pullMs: 500, layers: 1 },
  'sim/b:1': { pullMs: 5_000, layers: 2 },
  'sim/c:1': { pullMs: 20_000, layers: 3 },
  'sim/d:2': { pullMs: 60_000, layers: 4 },
} as const;

/** An image that there is not. */
const missing = 'sim/missing:1';

/** The registry that has them. */
export function simImages(): SimRegistry {
  const registry = new SimRegistry(['amazon/amazon-ecs-pause:0.1.0']);
  Object.entries(images).forEach(([image, pull], at) => {
    const digest = `sha256:${String(at).repeat(64)}`;
    registry.set(image, { digest, ...pull, sizeBytes: 50_000_000 });
  });
  return registry;
}

const shell = (script: string): string[] => ['/bin/busybox', 'sh', '-c', script];

/** What the process of a container does; `ends` says that it does so by itself. */
function drawCommand(draw: Draw, isTroubled: boolean): { command: string[]; ends: boolean } {
  const seconds = draw.spread(1, 1_800);
  const code = draw.pick([0, 0, 0, 1, 2, 137]);
  const ending = { command: shell(`sleep ${seconds}; exit ${code}`), ends: true };
  const serving = { command: shell(`trap "exit ${draw.pick([0, 143])}" TERM; wait`), ends: false };
  if (!isTroubled) return draw.chance(0.5) ? ending : serving;
  return draw.pick([
    { command: shell('while true; do sleep 1; done'), ends: false },
    { command: ['/no/such/program'], ends: false },
    { command: shell(`exit ${code}`), ends: true },
  ]);
}

const healthCheck = (draw: Draw): string => {
  const Test = ['CMD-SHELL', draw.pick(['true', 'true', 'exit 1'])];
  return JSON.stringify({ HealthCheck: { Test, Interval: draw.pick([5, 10, 30]) * 1e9 } });
};

interface Drawn extends SimContainer {
  ends: boolean;
}

/** On which of the containers before it one depends; the wait of others for those has an end. */
function drawDependencies(draw: Draw, before: Drawn[]): Dependency[] {
  return before
    .filter(() => draw.chance(0.4))
    .map((other) => {
      const conditions: Dependency['condition'][] = ['START'];
      if (!other.essential) conditions.push('COMPLETE', 'SUCCESS');
      if (other.healthChecked) conditions.push('HEALTHY', 'HEALTHY');
      const condition = draw.pick(['START', ...conditions] as const);
      if (condition !== 'START') other.startTimeoutS ??= draw.between(5, 600);
      return { container: other.name, condition };
    });
}

function drawContainer(draw: Draw, name: string, before: Drawn[]): Drawn {
  const { command, ends } = drawCommand(draw, draw.chance(0.15));
  const isChecked = draw.chance(0.25);
  const mapped = draw.chance(0.25);
  return {
    name,
    command,
    ends,
    essential: before.length === 0 || draw.chance(0.4),
    cpu: draw.pick([0, 64, 128, 256]),
    memoryMiB: draw.pick([16, 64, 128, 256]),
    image: draw.chance(0.04) ? missing : draw.pick(Object.keys(images) as ['sim/a:1']),
    dependsOn: drawDependencies(draw, before),
    ...(isChecked && { healthChecked: true, dockerConfig: healthCheck(draw) }),
    ...(draw.chance(0.5) && { stopTimeoutS: draw.between(2, 120) }),
    ...(draw.chance(ends ? 0.5 : 0.1) && {
      restartPolicy: {
        ignoredExitCodes: draw.chance(0.3) ? [0] : [],
        attemptPeriodS: draw.pick([60, 60, 120]),
      },
    }),
    ...(mapped && {
      portMappings: [
        {
          kind: 'single' as const,
          containerPort: 80,
          hostPort: draw.chance(0.5) ? null : 8_000 + draw.below(6),
          protocol: draw.pick(['tcp', 'udp'] as const),
        },
      ],
    }),
  };
}

const drawVolume = (draw: Draw): VolumePlan => ({
  kind: 'docker',
  name: draw.pick(['data', 'cache']),
  driver: 'local',
  driverOpts: {},
  labels: {},
  scope: draw.pick(['task', 'task', 'shared']),
  autoprovision: draw.chance(0.8),
});

/** Where the agent gets a login for an image in the role of its task. */
const ecr = { region: 'us-west-2', registryId: '1', endpointOverride: '', useExecutionRole: true };

function drawTask(draw: Draw, id: string): SimTask {
  const containers: Drawn[] = [];
  for (const name of ['web', 'db', 'log', 'job'].slice(0, draw.between(1, 4)))
    containers.push(drawContainer(draw, name, containers));
  const volumes = draw.chance(0.3) ? [drawVolume(draw)] : [];
  for (const { name } of volumes)
    for (const container of containers)
      if (draw.chance(0.6))
        container.mountPoints = [{ volume: name, containerPath: '/data', readOnly: false }];
  const hasRole = draw.chance(0.15);
  for (const container of hasRole ? containers : []) if (draw.chance(0.7)) container.ecr = ecr;
  return {
    id,
    containers: containers.map(({ ends: _, ...container }) => container),
    more: {
      volumes,
      ...(hasRole && { executionCredentialsId: `${id}-execution` }),
      ...(draw.chance(0.3) && { cpu: draw.pick([0.25, 0.5, 1]), memoryMiB: 512 }),
    },
  };
}

/** What ECS wants of a task over the time, and what it says of it twice. */
function drawSteps(draw: Draw, { id: task }: SimTask, lastsMs: number): Step[] {
  const at = draw.below(0.8 * lastsMs);
  const steps: Step[] = [{ at, does: 'run', task }];
  if (draw.chance(0.55)) steps.push({ at: at + draw.spread(second, lastsMs), does: 'stop', task });
  // Of a task that the agent has never heard of.
  if (draw.chance(0.05)) return [{ at, does: 'stop', task }];
  while (draw.chance(0.2))
    steps.push({ at: at + draw.spread(second, lastsMs), does: 'again', task });
  return steps;
}

/** A workload of so many tasks; what happens after the end is left out. */
export function drawWorkload(
  draw: Draw,
  { tasks: count, minutes }: { tasks: number; minutes: number },
): Pick<Plan, 'tasks' | 'steps' | 'pullBehavior' | 'cleanupWaitMs' | 'polls'> {
  const lastsMs = minutes * minute;
  const tasks = Array.from({ length: count }, (_, at) => drawTask(draw, `t${at}`));
  const steps = tasks.flatMap((task) => drawSteps(draw, task, lastsMs));
  for (let left = draw.below(5); left > 0; left--)
    steps.push({ at: draw.below(lastsMs), does: draw.pick(['manifest', 'manifest', 'nonsense']) });
  return {
    pullBehavior: draw.pick(['default', 'always', 'once', 'prefer-cached']),
    cleanupWaitMs: draw.pick([1, 5, 20]) * minute,
    polls: draw.chance(0.1),
    tasks,
    steps: steps.filter(({ at }) => at < lastsMs).sort((one, other) => one.at - other.at),
  };
}
