import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Agent } from '../../actors/agent.ts';
import type { Pulse } from '../../actors/effect.ts';
import { recordTransitions } from '../../actors/recorder.ts';
import { sortRows } from '../../actors/restore.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { LevelStore } from '../../persistence/level.ts';
import { type WireTask, wireTaskOf } from '../../transport/acs/task-definition.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realRandom } from '../../transport/host/random.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import { type Config, readConfig } from '../config/config.ts';
import sample from '../samples/hello-web.json' with { type: 'json' };
import { type AgentLog, openLog, plainLog } from '../service/log.ts';
import type { Environment } from '../variables/variables.ts';
import { assemble, connectEngine } from './assemble.ts';
import { Lines } from './lines.ts';
import { LocalPlane, localTaskArn } from './local-plane.ts';
import { play } from './play.ts';
import { makeSampleImage } from './sample.ts';

/** Nothing here is an account of AWS: keys only so that requests are signed as they are there. */
const localKeys = { accessKeyId: 'LOCAL', secretAccessKey: 'local' };
const region = 'local';

/** What the words of the command ask for. */
interface Options {
  once: boolean;
  /** Whether figures are shown where the output is no terminal, too. */
  figures: boolean;
  files: string[];
}

/**
 * `ecs-agent dev`: runs task definitions on this machine, with a control plane of its own and the
 * shipping agent, over the wire protocols. Answers 0 when all went well; with `--once`, only if every
 * essential container exited with 0.
 */
export async function devCommand(words: string[], environment: Environment): Promise<number> {
  const { once, files, figures } = optionsOf(words);
  const pulse = { clock: realClock(), random: realRandom };
  const lines = new Lines(pulse.clock, {
    write: (text) => process.stdout.write(text),
    colours: process.stdout.isTTY === true,
    figures: process.stdout.isTTY ? 'kept' : figures ? 'repeated' : 'hidden',
    columns: () => process.stdout.columns,
  });
  // A name of its own, so that what is removed at the end is only what was made here.
  const cluster = `dev-${pulse.random.uuid().slice(0, 8)}`;
  const tasks = tasksOf(files, cluster, pulse);
  const log = openLog({ ...plainLog, level: 'warn' }, pulse.clock);
  const data = mkdtempSync(join(tmpdir(), 'ecs-agent-dev-'));
  const config = configOf(environment, { cluster, data });
  const engine = await engineFor({ config, pulse, log, lines });
  if (files.length === 0 && lines.mark === '') {
    lines.say('Making the sample image of a web page and esbuild, which can serve it.');
    await makeSampleImage(engine.docker, dirname(realpathSync(process.argv[1] ?? '.')));
  }
  const plane = new LocalPlane(pulse, cluster);
  await plane.open();
  try {
    const agent = await startAgent({ config, plane, engine, pulse, log, lines });
    return await play({ plane, docker: engine.docker, agent, lines, tasks, once });
  } finally {
    await plane.close();
    await log.close();
    rmSync(data, { recursive: true, force: true });
  }
}

/**
 * The configuration of this host's environment, but for what is the command's own: images that are
 * there are not pulled, all ports and all memory may be used, and nothing of the host is cleaned.
 */
function configOf(
  environment: Environment,
  { cluster, data }: { cluster: string; data: string },
): Config {
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  const { config } = readConfig(environment, platform);
  return {
    ...config,
    cluster,
    region,
    keys: localKeys,
    external: true,
    dataDirectory: data,
    hostDataDirectory: data,
    pullBehavior: 'prefer-cached',
    reservedTcpPorts: [],
    reservedUdpPorts: [],
    reservedMemoryMiB: 0,
    cleanup: { ...config.cleanup, images: false, untracked: false },
  };
}

function optionsOf(words: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: {
        once: { type: 'boolean', default: false },
        figures: { type: 'boolean', default: false },
      },
      allowPositionals: true,
    });
    return { once: values.once, figures: values.figures, files: positionals };
  } catch (error) {
    throw new AgentError('USAGE', `${(error as Error).message} (see ecs-agent --help)`);
  }
}

/** The tasks of the files, or the sample. Throws `TASK_DEFINITION_INVALID` with the file's name. */
function tasksOf(files: string[], cluster: string, { random }: Pulse): WireTask[] {
  const place = (definition: unknown): WireTask => {
    const arn = localTaskArn(cluster, random.uuid().replaceAll('-', ''));
    return wireTaskOf(definition, { arn, version: '1' });
  };
  if (files.length === 0) return [place(sample)];
  return files.map((file) => {
    try {
      return place(JSON.parse(readFileSync(file, 'utf8')));
    } catch (error) {
      throw new AgentError('TASK_DEFINITION_INVALID', `${file}: ${(error as Error).message}`);
    }
  });
}

/** The Engine, or a simulated one, with every line marked, where none can be reached. */
async function engineFor(
  stage: Pick<Stage, 'config' | 'pulse' | 'log' | 'lines'>,
): Promise<Engine> {
  const { config, pulse, log, lines } = stage;
  const engine = connectEngine({ config, clock: pulse.clock, log });
  try {
    await engine.docker.version();
    return engine;
  } catch {
    lines.say(
      `No Docker Engine answers at ${config.dockerHost}: start one, or set DOCKER_HOST to where it ` +
        'listens. What follows is simulated.',
    );
    lines.mark = '[simulated] ';
    const { SimEngine } = await import('../../transport/sim/engine.ts');
    const { SimCgroups } = await import('../../transport/sim/cgroups.ts');
    const docker = new SimEngine({ ...pulse, latencyMs: 300 }).port(config.cluster);
    return { ...engine, docker, cgroups: new SimCgroups() };
  }
}

type Engine = ReturnType<typeof connectEngine>;

interface Stage {
  config: Config;
  plane: LocalPlane;
  engine: Engine;
  pulse: Pulse;
  log: AgentLog;
  lines: Lines;
}

async function startAgent({ config, plane, engine, pulse, log, lines }: Stage): Promise<Agent> {
  const store = new LevelStore(config.dataDirectory);
  const { rows } = await store.open();
  const assembly = {
    config: { ...config, backendHost: plane.url },
    clock: pulse.clock,
    log,
    store,
    saved: sortRows(rows),
    ec2InstanceId: null,
    metadata: noMetadata,
  };
  const agent = assemble(assembly, engine);
  recordTransitions(agent.system, (transition) => lines.transition(transition));
  agent.start();
  const ended = agent.ended.then(async (exit) => {
    await store.close();
    return exit;
  });
  return { ...agent, ended };
}
