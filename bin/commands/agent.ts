import type { Agent } from '../../actors/agent.ts';
import { introspect } from '../../actors/introspection.ts';
import { recordTransitions } from '../../actors/recorder.ts';
import { type Saved, sortRows } from '../../actors/restore.ts';
import { mayResume } from '../../machines/agent/decide.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { LevelStore } from '../../persistence/level.ts';
import type { Store } from '../../persistence/store.ts';
import { realClock } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';
import { openIntrospection } from '../../transport/http/introspection.ts';
import { type InstanceMetadata, instanceMetadata } from '../../transport/http/metadata.ts';
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';
import { type AgentLog, openLog } from '../service/log.ts';
import { agentText, agentVersion } from '../version.ts';
import { type Assembly, assemble, connectEngine, waitLimits } from './assemble.ts';
import { openTaskDoor, type TaskServerParts } from './task-door.ts';

/**
 * `ecs-agent`: the agent itself, until it is asked to stop. Answers the exit code that a supervisor
 * of the Amazon ECS agent knows: 0 after a signal, 1 for what may pass, 5 for what will not.
 */
export async function agentCommand(_: string[], environment: Environment): Promise<number> {
  const clock = realClock();
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  let log = openLog({ level: 'info', file: null, clock });
  try {
    const { config, warnings } = readConfig(environment, platform);
    log = openLog({ level: config.logLevel, file: config.logFile, clock });
    for (const warning of warnings) log.warn(warning);
    return await run(config, log, clock);
  } catch (error) {
    const { message, code } = error as Error & { code?: unknown };
    log.error(message, typeof code === 'string' ? { code } : {});
    return exitCodes.error;
  } finally {
    await log.close();
  }
}

async function run(config: Config, log: AgentLog, clock: Clock): Promise<number> {
  log.info('Starting the ECS agent', { version: agentVersion, cluster: config.cluster });
  const store = config.checkpoint ? new LevelStore(config.dataDirectory) : forgetful;
  const saved = await openStore(store, log);
  try {
    const refusal = mayResume(saved.identity, config.cluster);
    if (refusal) {
      log.error(refusal.reason);
      return refusal.code;
    }
    const metadata = await metadataFor(config, clock);
    const region = config.region || metadata?.region || '';
    if (region === '')
      throw new ConfigError(
        'The AWS region is not known: set AWS_DEFAULT_REGION, as no EC2 metadata service answers',
      );
    const identity = metadata?.identity ?? null;
    const assembly = { config: { ...config, region }, identity, store, log, clock, saved };
    const engine = connectEngine(assembly);
    const agent = assemble(assembly, engine);
    if (config.logLevel === 'debug')
      recordTransitions(agent.system, (transition) => log.debug('Transition', { ...transition }));
    return await untilEnded(agent, { ...assembly, docker: engine.docker });
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

async function openStore(store: Store, log: AgentLog): Promise<Saved> {
  const { rows, quarantined, damage } = await store.open();
  if (damage) log.error(`Saved state was damaged: ${damage}`);
  for (const { key, reason } of quarantined)
    log.warn(`Record ${key} cannot be read and was set aside: ${reason}`);
  return sortRows(rows);
}

/** Off EC2 nobody is asked: there the wait would only delay the start. */
async function metadataFor(config: Config, clock: Clock): Promise<InstanceMetadata | null> {
  if (config.external || config.metadataDisabled) return null;
  return instanceMetadata(clock);
}

async function untilEnded(agent: Agent, parts: TaskServerParts): Promise<number> {
  const { log } = parts;
  const onSignal = (signal: string) => {
    log.info('Asked to stop; tasks go on running', { signal });
    agent.stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  agent.start();
  const tasksDoor = openTaskDoor(agent, parts);
  const { close } = await openDoor(agent, parts);
  const { code, reason } = await agent.ended;
  await Promise.all([close(), tasksDoor.close()]);
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
