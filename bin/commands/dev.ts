import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Agent, createAgent } from '../../actors/agent.ts';
import type { Pulse } from '../../actors/effect.ts';
import { recordTransitions } from '../../actors/recorder.ts';
import { sortRows } from '../../actors/restore.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { LevelStore } from '../../persistence/level.ts';
import { acsClient } from '../../transport/acs/client.ts';
import { type WireTask, wireTaskOf } from '../../transport/acs/task-definition.ts';
import { connectDocker } from '../../transport/docker/client.ts';
import type { DockerPort } from '../../transport/docker/port.ts';
import { ecsClient } from '../../transport/ecs/client.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realHost } from '../../transport/host/host.ts';
import { realRandom } from '../../transport/host/random.ts';
import { readConfig } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';
import sample from '../samples/hello-web.json' with { type: 'json' };
import { type AgentLog, openLog } from '../service/log.ts';
import { agentHash, agentVersion, userAgent } from '../version.ts';
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
  files: string[];
}

/**
 * `ecs-agent dev`: runs task definitions on this machine, with a control plane of its own and the
 * shipping agent, over the wire protocols. Answers 0 when all went well; with `--once`, only if every
 * essential container exited with 0.
 */
export async function devCommand(words: string[], environment: Environment): Promise<number> {
  const { once, files } = optionsOf(words);
  const pulse = { clock: realClock(), random: realRandom };
  const lines = new Lines(pulse.clock, {
    write: (line) => process.stdout.write(line),
    colours: process.stdout.isTTY === true,
  });
  // A name of its own, so that what is removed at the end is only what was made here.
  const cluster = `dev-${pulse.random.uuid().slice(0, 8)}`;
  const tasks = tasksOf(files, cluster, pulse);
  const { config } = readConfig(environment, process.platform === 'win32' ? 'windows' : 'linux');
  const docker = await engineFor(config.dockerHost, cluster, { pulse, lines });
  if (files.length === 0 && lines.mark === '') {
    lines.say('Making the sample image of a web page and esbuild, which can serve it.');
    await makeSampleImage(config.dockerHost, dirname(realpathSync(process.argv[1] ?? '.')));
  }
  const log = openLog({ level: 'warn', file: null, clock: pulse.clock });
  const plane = new LocalPlane(pulse, cluster);
  await plane.open();
  const data = mkdtempSync(join(tmpdir(), 'ecs-agent-dev-'));
  try {
    const agent = await startAgent({ plane, docker, pulse, log, lines, data });
    return await play({ plane, docker, agent, lines, tasks, once });
  } finally {
    await plane.close();
    await log.close();
    rmSync(data, { recursive: true, force: true });
  }
}

function optionsOf(words: string[]): Options {
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: { once: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    return { once: values.once, files: positionals };
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
  dockerHost: string,
  cluster: string,
  { pulse, lines }: { pulse: Pulse; lines: Lines },
): Promise<DockerPort> {
  const host = realHost();
  const docker = connectDocker({ dockerHost, clock: pulse.clock, cluster, region, host });
  try {
    await docker.version();
    return docker;
  } catch {
    lines.say(
      `No Docker Engine answers at ${dockerHost}: start one, or set DOCKER_HOST to where it listens. ` +
        'What follows is simulated.',
    );
    lines.mark = '[simulated] ';
    const { SimEngine } = await import('../../transport/sim/engine.ts');
    return new SimEngine({ ...pulse, latencyMs: 300 }).port(cluster);
  }
}

interface Stage {
  plane: LocalPlane;
  docker: DockerPort;
  pulse: Pulse;
  log: AgentLog;
  lines: Lines;
  data: string;
}

async function startAgent({ plane, docker, pulse, log, lines, data }: Stage): Promise<Agent> {
  const { clock } = pulse;
  const store = new LevelStore(data);
  const { rows } = await store.open();
  const credentials = () => Promise.resolve(localKeys);
  const ports = {
    ...pulse,
    docker,
    store,
    log,
    host: realHost(),
    ecs: ecsClient({ endpoint: plane.url, region, credentials, userAgent, clock }),
    acs: acsClient({ ...pulse, region, credentials, agentVersion, agentHash }),
  };
  const settings = {
    cluster: plane.cluster,
    pullBehavior: 'prefer-cached' as const,
    stopTimeoutMs: 30_000,
    identity: null,
    reservedMemoryMiB: 0,
    reservedTcpPorts: [],
    reservedUdpPorts: [],
    capabilities: { loggingDrivers: [], privilegedDisabled: false, external: true, custom: {} },
  };
  const agent = createAgent(ports, settings, sortRows(rows));
  recordTransitions(agent.system, (transition) => lines.transition(transition));
  agent.start();
  const ended = agent.ended.then(async (exit) => {
    await store.close();
    return exit;
  });
  return { ...agent, ended };
}
