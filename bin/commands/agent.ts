import type { Agent } from '../../actors/agent.ts';
import { introspect } from '../../actors/introspection.ts';
import { recordTransitions } from '../../actors/recorder.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { LevelStore } from '../../persistence/level.ts';
import type { Row, Store } from '../../persistence/store.ts';
import { realClock } from '../../transport/host/clock.ts';
import { openIntrospection } from '../../transport/http/introspection.ts';
import { readConfig } from '../config/config.ts';
import { gatherSources, readConfigFile } from '../config/load.ts';
import { type AgentLog, openLog } from '../service/log.ts';
import type { Environment } from '../variables/variables.ts';
import { agentText, agentVersion } from '../version.ts';
import { type Assembly, assemble, connectEngine, waitLimits } from './assemble.ts';
import { reachInstance } from './instance.ts';
import { resume } from './resume.ts';

/**
 * `ecs-agent`: the agent itself, until it is asked to stop. Answers the exit code that a supervisor
 * of the Amazon ECS agent knows: 0 after a signal, 1 for what may pass, 5 for what will not.
 */
export async function agentCommand(_: string[], environment: Environment): Promise<number> {
  const clock = realClock();
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  let log = openLog({ level: 'info', file: null, clock });
  try {
    const file = readConfigFile(environment, platform);
    const { config } = readConfig(environment, platform, { file });
    log = openLog({ level: config.logLevel, file: config.logFile, clock });
    log.info('Starting the ECS agent', { version: agentVersion, cluster: config.cluster });
    const metadata = await reachInstance(config, { clock, log });
    const { sources, warnings } = await gatherSources(environment, platform, { metadata });
    const read = readConfig(environment, platform, sources);
    for (const warning of [...warnings, ...read.warnings]) log.warn(warning);
    return await run({ config: read.config, metadata, log, clock });
  } catch (error) {
    const { message, code } = error as Error & { code?: unknown };
    log.error(message, typeof code === 'string' ? { code } : {});
    return exitCodes.error;
  } finally {
    await log.close();
  }
}

type Beginning = Pick<Assembly, 'config' | 'metadata' | 'log' | 'clock'>;

async function run(beginning: Beginning): Promise<number> {
  const { config, metadata, log } = beginning;
  const store = config.checkpoint ? new LevelStore(config.dataDirectory) : forgetful;
  const rows = await openStore(store, log);
  try {
    const ec2InstanceId = await metadata.instanceId();
    const resumed = await resume({ store, rows, log }, { cluster: config.cluster, ec2InstanceId });
    if ('exit' in resumed) {
      log.error(resumed.exit.reason);
      return resumed.exit.code;
    }
    const assembly = { ...beginning, ec2InstanceId, store, saved: resumed.saved };
    const agent = assemble(assembly, connectEngine(assembly));
    if (config.logLevel === 'debug')
      recordTransitions(agent.system, (transition) => log.debug('Transition', { ...transition }));
    return await untilEnded(agent, assembly);
  } finally {
    await store.close();
  }
}

/** State that ends with the process, where checkpointing is off. */
const forgetful: Store = {
  open: () => Promise.resolve({ rows: [], quarantined: [], damage: null }),
  write: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

async function openStore(store: Store, log: AgentLog): Promise<Row[]> {
  const { rows, quarantined, damage } = await store.open();
  if (damage) log.error(`Saved state was damaged: ${damage}`);
  for (const { key, reason } of quarantined)
    log.warn(`Record ${key} cannot be read and was set aside: ${reason}`);
  return rows;
}

async function untilEnded(agent: Agent, { config, clock, log }: Assembly): Promise<number> {
  const onSignal = (signal: string) => {
    log.info('Asked to stop; tasks go on running', { signal });
    agent.stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  agent.start();
  const { close } = await openDoor(agent, { config, clock, log });
  const { code, reason } = await agent.ended;
  await close();
  if (reason) log.error(reason);
  return code;
}

/** Opens the introspection endpoint. Where it cannot be, the agent runs without it. */
async function openDoor(
  agent: Agent,
  { config, clock, log }: Pick<Assembly, 'config' | 'clock' | 'log'>,
): Promise<{ close(): Promise<void> }> {
  const { address, port } = config.introspection;
  const nothing = { close: () => Promise.resolve() };
  if (port === 0) return nothing;
  const failed = (reason: unknown) => log.warn(`Introspection failed: ${String(reason)}`);
  const source = introspect({ ...agent, version: agentText, limits: waitLimits(config) });
  try {
    return await openIntrospection({ address, port, source, clock, failed });
  } catch (error) {
    log.warn((error as Error).message);
    return nothing;
  }
}
