// Draws the panels of the Grafana dashboard into .readme/metrics.svg: from what Prometheus answers to
// their queries, while it watches an agent that runs tasks on a Docker Engine for a minute.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { wireTaskOf } from '../../transport/acs/task-definition.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { LocalPlane, localTaskArn } from '../commands/local-plane.ts';
import dashboard from '../metrics/dashboard.json' with { type: 'json' };
import { type Panel, panelsSvg, type Series } from './panels.ts';

const root = join(import.meta.dirname, '../..');
/** An image with busybox that the Engine has, and where the Engine listens if not where it usually does. */
const [image = 'busybox:local', dockerHost] = process.argv.slice(2);
const seconds = 60;
const pulse = { clock: realClock(), random: realRandom };
const cluster = `dashboard-${pulse.random.uuid().slice(0, 8)}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

function startAgent(plane: LocalPlane, data: string, port: number): ChildProcess {
  return spawn(process.execPath, [join(root, 'dist/ecs-agent.cjs')], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...{ ECS_CLUSTER: cluster, ECS_BACKEND_HOST: plane.url, AWS_DEFAULT_REGION: 'local' },
      ...{ AWS_ACCESS_KEY_ID: 'LOCAL', AWS_SECRET_ACCESS_KEY: 'local', ECS_EXTERNAL: 'true' },
      ...(dockerHost && { DOCKER_HOST: dockerHost }),
      ...{ ECS_DATADIR: data, ECS_LOGLEVEL: 'error', ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached' },
      ...{ ECS_INTROSPECTION_PORT: '0', ECS_DISABLE_IMAGE_CLEANUP: 'true' },
      ...{ ECS_CONTAINER_STOP_TIMEOUT: '2s', ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '1m' },
      ...{ ECS_ENABLE_PROMETHEUS_METRICS: 'true', ECS_PROMETHEUS_METRICS_PORT: String(port) },
    },
  });
}

/** Starts Prometheus, which looks at the agent every second. Answers where it is asked. */
async function startPrometheus(folder: string, agentPort: number) {
  const port = await freePort();
  const file = join(folder, 'prometheus.yml');
  const job = { job_name: 'ecs-agent', static_configs: [{ targets: [`127.0.0.1:${agentPort}`] }] };
  const global = { scrape_interval: '1s', scrape_timeout: '1s' };
  writeFileSync(file, JSON.stringify({ global, scrape_configs: [job] }));
  const child = spawn(
    'prometheus',
    [
      ...[`--config.file=${file}`, `--storage.tsdb.path=${join(folder, 'tsdb')}`],
      ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=error'],
    ],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  child.on('error', (error) => {
    console.error(`prometheus must be installed: ${error.message}`);
    process.exit(1);
  });
  return { child, url: `http://127.0.0.1:${port}` };
}

const command = (text: string): string[] => ['/bin/busybox', 'sh', '-c', text];
const runs = { name: 'web', image, memory: 6, command: command('while :; do sleep 1; done') };
const works = { name: 'job', image, memory: 6, command: command('sleep 6; exit 0') };
/** Two of them have no room beside each other. */
const large = { ...works, memory: Math.floor(totalmem() * 0.6e-6) };
const missing = { name: 'gone', image: 'localhost:1/missing:1', memory: 6 };

function containerAt(second: number) {
  if (second === 14 || second === 20) return large;
  if (second % 12 === 10) return missing;
  return second % 6 === 2 ? works : runs;
}

/**
 * Every two seconds a task: some run on, some end, some have no image, one waits for room;
 * later some are stopped.
 */
async function runTasks(plane: LocalPlane): Promise<void> {
  const arns: string[] = [];
  for (let second = 0; second < seconds; second += 2) {
    if (second < 44) {
      const arn = localTaskArn(cluster, pulse.random.uuid().replaceAll('-', ''));
      const definition = { family: 'dashboard', containerDefinitions: [containerAt(second)] };
      plane.run(wireTaskOf(definition, { arn, version: '1' }));
      arns.push(arn);
    } else plane.stop(arns.shift() ?? '');
    await pause(2_000);
  }
}

interface Answered {
  status: string;
  error?: string;
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

async function ask(url: string, expr: string, from: number): Promise<Answered['data']['result']> {
  const query = expr.replaceAll('$__rate_interval', '5s').replaceAll('$instance', '.+');
  const range = { start: String(from), end: String(from + seconds), step: '1' };
  const response = await fetch(
    `${url}/api/v1/query_range?${new URLSearchParams({ query, ...range })}`,
  );
  const { status, error, data } = (await response.json()) as Answered;
  if (status !== 'success') throw new Error(`${expr}: ${error}`);
  return data.result;
}

type GrafanaPanel = (typeof dashboard.panels)[number];

async function drawn(url: string, panel: GrafanaPanel, from: number): Promise<Panel> {
  const series: Series[] = [];
  for (const { expr, legendFormat } of panel.targets ?? [])
    for (const { metric, values } of await ask(url, expr, from)) {
      const line: (number | null)[] = Array(seconds + 1).fill(null);
      // A quantile of nothing is no number.
      for (const [at, value] of values)
        line[Math.round(at - from)] = value === 'NaN' ? null : Number(value);
      const name = legendFormat.replace(
        /\{\{(\w+)\}\}/g,
        (_, label: string) => metric[label] ?? '',
      );
      if (line.some((value) => value !== null)) series.push({ name, values: line });
    }
  const unit = panel.fieldConfig?.defaults.unit ?? '';
  return { title: panel.title, unit, place: panel.gridPos, series };
}

async function draw(url: string, from: number): Promise<string> {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const rows = dashboard.panels.filter(({ type }) => type === 'row');
  const shown: Panel[] = [];
  for (const panel of panels) shown.push(await drawn(url, panel, from));
  const headings = rows.map(({ title, gridPos }) => ({ title, y: gridPos.y }));
  return panelsSvg({ panels: shown, headings }, { title: dashboard.title, seconds });
}

const folder = mkdtempSync(join(tmpdir(), 'ecs-agent-dashboard-'));
const plane = new LocalPlane(pulse, cluster);
await plane.open();
const port = await freePort();
const agent = startAgent(plane, join(folder, 'data'), port);
await plane.connected();
const prometheus = await startPrometheus(folder, port);
try {
  // A rate needs what was before.
  await pause(10_000);
  const from = Math.floor(Date.now() / 1_000) + 1;
  await runTasks(plane);
  writeFileSync(join(root, '.readme/metrics.svg'), await draw(prometheus.url, from));
  console.log('.readme/metrics.svg');
  plane.stopAll();
  await plane.until(({ tasks }) =>
    Object.values(tasks).every(({ status }) => status === 'STOPPED'),
  );
  // The remains go a minute after a task has ended.
  await pause(65_000);
} finally {
  for (const child of [prometheus.child, agent]) {
    child.kill();
    await once(child, 'close');
  }
  await plane.close();
  rmSync(folder, { recursive: true, force: true });
}
