// Prints what the built agent costs: boot, tasks to RUNNING on an Engine that answers at once, memory;
// with --metrics what it costs while it counts for Prometheus, and what a scrape takes then.
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
const words = process.argv.slice(2);
const count = Number(words.find((word) => /^\d+$/.test(word)) ?? 200);
const hasMetrics = words.includes('--metrics');
const scrapes = 20;
const cluster = 'bench';
const pulse = { clock: realClock(), random: realRandom };

const definition = {
  family: 'bench',
  containerDefinitions: [{ name: 'main', image: 'bench:local', memory: 6, command: ['stay'] }],
};

function startAgent(plane: LocalPlane, socket: string, data: string): ChildProcess {
  return spawn(process.execPath, [bundle], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ECS_CLUSTER: cluster,
      ECS_BACKEND_HOST: plane.url,
      AWS_DEFAULT_REGION: 'local',
      AWS_ACCESS_KEY_ID: 'LOCAL',
      AWS_SECRET_ACCESS_KEY: 'local',
      DOCKER_HOST: `unix://${socket}`,
      ECS_DATADIR: data,
      ECS_EXTERNAL: 'true',
      ECS_LOGLEVEL: 'warn',
      ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
      ECS_ENABLE_PROMETHEUS_METRICS: String(hasMetrics),
    },
  });
}

/** Resident memory of a process in MiB, all of it and what no file backs (Linux only). */
function memoryOf({ pid }: ChildProcess): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mib = (name: string) =>
    (Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024).toFixed(0);
  return `${mib('VmRSS')} MiB, of which anonymous ${mib('RssAnon')} MiB`;
}

const elapsed = (from: number) => performance.now() - from;

async function bench(plane: LocalPlane, agent: ChildProcess): Promise<void> {
  const from = performance.now();
  await plane.connected();
  console.log(`boot until ACS is connected    ${elapsed(from).toFixed(0)} ms`);
  console.log(`memory, idle                   ${memoryOf(agent)}`);
  const begin = performance.now();
  for (let i = 0; i < count; i++) {
    const arn = localTaskArn(cluster, String(i).padStart(32, '0'));
    plane.run(wireTaskOf(definition, { arn, version: '1' }));
  }
  await plane.until(({ unacknowledged }) => unacknowledged.length === 0);
  console.log(`${count} tasks acknowledged         ${elapsed(begin).toFixed(0)} ms`);
  await plane.until(({ tasks }) =>
    Object.values(tasks).every(({ status }) => status === 'RUNNING'),
  );
  const ms = elapsed(begin);
  console.log(
    `${count} tasks RUNNING              ${ms.toFixed(0)} ms, ${((count * 1_000) / ms).toFixed(0)} a second`,
  );
  console.log(`memory, ${count} tasks              ${memoryOf(agent)}`);
  if (hasMetrics) await benchScrapes();
}

async function benchScrapes(): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < scrapes; i++) {
    const from = performance.now();
    bytes = (await (await fetch('http://127.0.0.1:51680/metrics')).text()).length;
    times.push(elapsed(from));
  }
  const median = times.sort((one, other) => one - other)[scrapes / 2] ?? 0;
  console.log(
    `${scrapes} scrapes of ${(bytes / 1e3).toFixed(0)} kB            median ${median.toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'ecs-agent-bench-'));
const socket = join(folder, 'engine.sock');
const closeEngine = await serveEngine(new SimEngine({ ...pulse, latencyMs: 0 }), socket);
const plane = new LocalPlane(pulse, cluster);
await plane.open();
const agent = startAgent(plane, socket, join(folder, 'data'));
try {
  await bench(plane, agent);
} finally {
  agent.kill('SIGKILL');
  await plane.close();
  await closeEngine();
  rmSync(folder, { recursive: true, force: true });
}
