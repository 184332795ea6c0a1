import type { Agent } from '../../actors/agent.ts';
import { dumpOf } from '../../actors/dump.ts';
import { introspect } from '../../actors/introspection.ts';
import { logTransitions } from '../../actors/recorder.ts';
import { type Saved, sortRows } from '../../actors/restore.ts';
import { mayResume } from '../../machines/agent/decide.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { LevelStore } from '../../persistence/level.ts';
import type { Store } from '../../persistence/store.ts';
import { realClock } from '../../transport/host/clock.ts';
import type { Clock } from '../../transport/host/port.ts';
import { openIntrospection } from '../../transport/http/introspection.ts';
import { type InstanceMetadata, instanceMetadata } from '../../transport/http/metadata.ts';
import type { IntrospectionSource } from '../../transport/http/port.ts';
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';
import { beginLife, type Life } from '../service/life.ts';
import { type AgentLog, openLog, plainLog } from '../service/log.ts';
import { lowerOomScore, memoryNow } from '../service/memory.ts';
import { agentText, agentVersion } from '../version.ts';
import { type Assembly, assemble, connectEngine, waitLimits } from './assemble.ts';
import type { Flags } from './flags.ts';
import { withLevels } from './levels.ts';

/** What the agent's command is given. */
export interface AgentCall {
  flags: Flags;
  /** Words that follow the flags, which none is made of. */
  ignored: string[];
}

/** What stays the same while the agent of this process runs. */
interface Run {
  config: Config;
  flags: Flags;
  log: AgentLog;
  clock: Clock;
  life: Life;
}

/**
 * `ecs-agent`: the agent itself, until it is asked to stop. Answers the exit code that a supervisor
 * of the Amazon ECS agent knows: 0 after a signal, 1 for what may pass, 5 for what will not.
 */
export async function agentCommand(call: AgentCall, environment: Environment): Promise<number> {
  const clock = realClock();
  let log = openLog(plainLog, clock);
  const life = beginLife({ clock, log: () => log });
  let code: number = exitCodes.error;
  try {
    const { config, warnings } = settingsFor(call, environment);
    log = openLog(config.log, clock);
    for (const warning of warnings) log.warn(warning);
    code = await run({ config, flags: call.flags, log, clock, life });
  } catch (error) {
    tellFailure(log, error);
  }
  code = await life.leave(code);
  await log.close();
  // The service manager of Windows would start again what it takes for a failure.
  return call.flags.windowsService && code === exitCodes.terminal ? exitCodes.clean : code;
}

function settingsFor({ flags, ignored }: AgentCall, environment: Environment) {
  const platform = process.platform === 'win32' ? 'windows' : 'linux';
  if (flags.windowsService && platform !== 'windows')
    throw new AgentError('NOT_WINDOWS', 'The flag -windows-service is for Windows: leave it out');
  const levels = withLevels(environment, flags);
  const { config, warnings } = readConfig(levels.environment, platform);
  const more = [
    ...levels.warnings,
    ...(ignored.length > 0
      ? [`Flags end at ${JSON.stringify(ignored[0])}: it and what follows is passed over`]
      : []),
    ...(flags.insecure ? ['The flag -k is set: no TLS certificate is verified'] : []),
  ];
  return { config, warnings: [...more, ...warnings] };
}

function tellFailure(log: AgentLog, error: unknown): void {
  const { message, code } = error as Error & { code?: unknown };
  log.error(message, typeof code === 'string' ? { code } : {});
}

async function run({ config, flags, log, clock, life }: Run): Promise<number> {
  log.info('Starting the ECS agent', { version: agentVersion, cluster: config.cluster });
  const kept = process.platform === 'linux' ? lowerOomScore() : null;
  if (kept) log.debug('The out-of-memory score cannot be lowered', { error: kept });
  const store = config.checkpoint ? new LevelStore(config.dataDirectory) : forgetful;
  const saved = await openStore(store, log);
  try {
    const refusal = mayResume(saved.identity, config.cluster);
    if (refusal) {
      log.error(refusal.reason);
      return refusal.code;
    }
    const { insecure, metadataBlackholed } = flags;
    const metadata = metadataBlackholed ? null : await metadataFor(config, clock);
    const region = config.region || metadata?.region || '';
    if (region === '')
      throw new ConfigError(
        'The AWS region is not known: set AWS_DEFAULT_REGION, as no EC2 metadata service answers',
      );
    const identity = metadata?.identity ?? null;
    const assembly = {
      ...{ config: { ...config, region }, identity, store, log, clock, saved },
      ...{ insecure, metadataBlackholed },
    };
    if (life.ending.aborted) return exitCodes.clean;
    const agent = assemble(assembly, connectEngine(assembly));
    if (log.hears('info')) logTransitions(agent.system, log, log.hears('debug') ? 'debug' : 'info');
    return await untilEnded(agent, { config, flags, log, clock, life });
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

/** Runs an agent whose region, if the host had to tell it, is in the configuration. */
async function untilEnded(agent: Agent, { config, clock, log, life }: Run): Promise<number> {
  const looked = { ...agent, version: agentText, limits: waitLimits(config), clock };
  life.ending.addEventListener('abort', () => agent.stop(), { once: true });
  life.dump = () => {
    log.critical('What the agent does follows', memoryNow());
    for (const { message, fields } of dumpOf(looked)) log.critical(message, fields);
  };
  agent.start();
  const { close } = await openDoor(introspect(looked), { config, clock, log });
  const { code, reason } = await agent.ended;
  // Not waited for: a client that holds its request open must not keep the agent.
  void close();
  if (reason) log.error(reason);
  return code;
}

/** Opens the introspection endpoint. Where it cannot be, the agent runs without it. */
async function openDoor(
  source: IntrospectionSource,
  { config, clock, log }: Pick<Assembly, 'config' | 'clock' | 'log'>,
): Promise<{ close(): Promise<void> }> {
  const { address, port } = config.introspection;
  const nothing = { close: () => Promise.resolve() };
  if (port === 0) return nothing;
  const failed = (reason: unknown) => log.warn(`Introspection failed: ${String(reason)}`);
  try {
    return await openIntrospection({ address, port, source, clock, failed });
  } catch (error) {
    log.warn((error as Error).message);
    return nothing;
  }
}
