import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wireTaskOf } from '../../transport/acs/task-definition.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { SimEngine } from '../../transport/sim/engine.ts';
import { serveEngine } from '../../transport/sim/engine-http.ts';
import { LocalPlane, localTaskArn } from '../commands/local-plane.ts';

const bundle = join(dirname(fileURLToPath(import.meta.url)), '../../dist/ecs-agent.cjs');
const cluster = 'bench';
const pulse = { clock: realClock(), random: realRandom };

/** The least that a task can be. */
const leastTask = {
  family: 'bench',
  containerDefinitions: [{ name: 'main', image: 'bench:local', memory: 6, command: ['stay'] }],
};

/** A control plane, an Engine that answers at once, and the built agent between them. */
export interface Stage {
  plane: LocalPlane;
  agent: ChildProcess;
  /** Gives the agent so many tasks, all at once; `definition` as `register-task-definition` takes it. */
  run(count: number, definition?: object): void;
  /** Resolves when all of them are told as this. */
  told(status: 'RUNNING' | 'STOPPED'): Promise<void>;
}

/** Sets the stage, with this besides in the agent's environment, and clears it after the play. */
export async function onStage(
  environment: Record<string, string>,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'ecs-agent-bench-'));
  const socket = join(folder, 'engine.sock');
  const closeEngine = await serveEngine(new SimEngine({ ...pulse, latencyMs: 0 }), socket);
  const plane = new LocalPlane(pulse, cluster);
  await plane.open();
  const agent = spawn(process.execPath, [bundle], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ECS_CLUSTER: cluster,
      ECS_BACKEND_HOST: plane.url,
      AWS_DEFAULT_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'LOCAL',
      AWS_SECRET_ACCESS_KEY: 'local',
      DOCKER_HOST: `unix://${socket}`,
      ECS_DATADIR: join(folder, 'data'),
      ECS_EXTERNAL: 'true',
      ECS_LOGLEVEL: 'warn',
      ECS_INTROSPECTION_PORT: '0',
      ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
      ...environment,
    },
  });
  try {
    await play({
      plane,
      agent,
      run: (count, definition = leastTask) => runOn(plane, definition, count),
      told: (status) =>
        plane.until(({ tasks }) => Object.values(tasks).every((task) => task.status === status)),
    });
  } finally {
    agent.kill('SIGKILL');
    await plane.close();
    await closeEngine();
    rmSync(folder, { recursive: true, force: true });
  }
}

function runOn(plane: LocalPlane, definition: object, count: number): void {
  for (let i = 0; i < count; i++) {
    const arn = localTaskArn(cluster, String(i).padStart(32, '0'));
    plane.run(wireTaskOf(definition, { arn, version: '1' }));
  }
}

/** Resident memory of a process in MiB, all of it and what no file backs (Linux only). */
export function memoryOf({ pid }: ChildProcess): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) =>
    (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(0);
  return `${mib('VmRSS')} MiB, of which anonymous ${mib('RssAnon')} MiB`;
}

/** Linux counts a process's time in these. */
const ticksOfSecond = 100;

/** The CPU time that a process has taken with all its threads, in seconds (Linux only). */
export function cpuSecondsOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) / ticksOfSecond;
}
