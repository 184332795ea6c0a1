import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from '../../actors/agent.ts';
import { dumpOf } from '../../actors/dump.ts';
import { connected, introspect } from '../../actors/introspection.ts';
import { logTransitions } from '../../actors/recorder.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { FlightFile } from '../../persistence/flight/file.ts';
import { MemoryFlightLog } from '../../persistence/flight/memory.ts';
import { LevelStore } from '../../persistence/level.ts';
import type { Row, Store } from '../../persistence/store.ts';
import { realClock } from '../../transport/host/clock.ts';
import { openIntrospection } from '../../transport/http/introspection.ts';
import type { IntrospectionSource } from '../../transport/http/port.ts';
import { type Config, readConfig } from '../config/config.ts';
import { gatherSources, readLocalConfig } from '../config/load.ts';
import { type Metrics, metricsOf } from '../metrics/metrics.ts';
import { writeDump } from '../service/dump.ts';
import { ownLicence } from '../service/licence.ts';
import { beginLife, type Life } from '../service/life.ts';
import { type AgentLog, openLog, plainLog } from '../service/log.ts';
import { clearStart, lowerOomScore, memoryNow } from '../service/memory.ts';
import type { Environment, Platform } from '../variables/variables.ts';
import { agentVersion } from '../version.ts';
import { type Assembly, assemble, connectEngine, looksAt } from './assemble.ts';
import { callsOf } from './calls.ts';
import type { Flags } from './flags.ts';
import { reachInstance } from './instance.ts';
import { withLevels } from './levels.ts';
import { resume } from './resume.ts';
import { openTaskDoor, type TaskServerParts } from './task-door.ts';

/** What the agent's command is given. */
export interface AgentCall {
  flags: Flags;
  /** Words that follow the flags, which none is made of. */
  ignored: string[];
}

/** What stays the same while the agent of this process runs. */
interface Run extends Pick<Assembly, 'config' | 'metadata' | 'clock' | 'environment'> {
  flags: Flags;
  log: AgentLog;
  life: Life;
}

const platform: Platform = process.platform === 'win32' ? 'windows' : 'linux';

/**
 * `ecs-agent`: the agent itself, until it is asked to stop. Answers the exit code that a supervisor
 * of the Amazon ECS agent knows: 0 after a signal, 1 for what may pass, 5 for what will not.
 */
export async function agentCommand(call: AgentCall, environment: Environment): Promise<number> {
  const clock = realClock();
  const { flags } = call;
  let log = openLog(plainLog, clock);
  const life = beginLife({ clock, log: () => log });
  let code: number = exitCodes.error;
  try {
    const levels = levelsFor(call, environment);
    const { config } = readLocalConfig(levels.environment, platform);
    log = openLog(config.log, clock);
    for (const warning of levels.warnings) log.warn(warning);
    const begun = { flags, environment: levels.environment, log, clock, life };
    const outside = await unlessEnding(life, lookAround(config, begun));
    code = outside === null ? exitCodes.clean : await run({ ...begun, ...outside });
  } catch (error) {
    tellFailure(log, error);
  }
  code = await life.leave(code);
  await log.close();
  // The service manager of Windows would start again what it takes for a failure.
  return flags.windowsService && code === exitCodes.terminal ? exitCodes.clean : code;
}

function levelsFor({ flags, ignored }: AgentCall, environment: Environment) {
  if (flags.windowsService && platform !== 'windows')
    throw new AgentError('NOT_WINDOWS', 'The flag -windows-service is for Windows: leave it out');
  const levels = withLevels(environment, flags);
  const more =
    ignored.length > 0
      ? [`Flags end at ${JSON.stringify(ignored[0])}: it and what follows is passed over`]
      : [];
  return { ...levels, warnings: [...levels.warnings, ...more] };
}

/** The whole configuration, and the metadata of the instance that has a part in it. */
async function lookAround(
  config: Config,
  { flags, environment = {}, log, clock }: Omit<Run, 'config' | 'metadata'>,
): Promise<Pick<Run, 'config' | 'metadata'>> {
  log.info('Starting the ECS agent', { version: agentVersion, cluster: config.cluster });
  const metadataDisabled = config.metadataDisabled || flags.metadataBlackholed;
  const metadata = await reachInstance({ ...config, metadataDisabled }, { clock, log });
  const { sources, warnings } = await gatherSources(environment, platform, { metadata });
  const read = readConfig(environment, platform, sources);
  for (const warning of [...warnings, ...read.warnings]) log.warn(warning);
  return { config: { ...read.config, metadataDisabled }, metadata };
}

/** Null as soon as the process is asked to end. */
function unlessEnding<Answer>(life: Life, work: Promise<Answer>): Promise<Answer | null> {
  const ending = new Promise<null>((resolve) => {
    life.ending.addEventListener('abort', () => resolve(null), { once: true });
  });
  return Promise.race([work, ending]);
}

function tellFailure(log: AgentLog, error: unknown): void {
  const { message, code } = error as Error & { code?: unknown };
  log.error(message, typeof code === 'string' ? { code } : {});
}

async function run(begun: Run): Promise<number> {
  const { config, metadata, flags, log, life } = begun;
  const kept = platform === 'linux' ? lowerOomScore() : null;
  if (kept) log.debug('The out-of-memory score cannot be lowered', { error: kept });
  const metrics = await metricsOf(begun);
  const { ports: meter } = metrics;
  const store = config.checkpoint ? new LevelStore(config.dataDirectory, meter.medium) : forgetful;
  const rows = await openStore(store, log);
  const flightLog = config.checkpoint
    ? new FlightFile(config.dataDirectory)
    : new MemoryFlightLog();
  try {
    const ec2InstanceId = await metadata.instanceId();
    const resumed = await resume({ store, rows, log }, { cluster: config.cluster, ec2InstanceId });
    if ('exit' in resumed) {
      log.error(resumed.exit.reason);
      return resumed.exit.code;
    }
    const { insecure } = flags;
    const known = { ec2InstanceId, saved: resumed.saved };
    const assembly = { ...begun, ...known, insecure, store, meter, flightLog };
    if (life.ending.aborted) return exitCodes.clean;
    const engine = connectEngine(assembly);
    const calls = callsOf(assembly, engine.host);
    const agent = assemble(assembly, engine, { way: calls });
    if (log.hears('info')) logTransitions(agent.system, log, log.hears('debug') ? 'debug' : 'info');
    return await untilEnded(agent, { ...assembly, metrics, docker: engine.docker, calls });
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

async function untilEnded(
  agent: Agent,
  parts: Run & TaskServerParts & { metrics: Metrics },
): Promise<number> {
  const { config, clock, log, life, metrics } = parts;
  const looked = looksAt(agent, { config, clock });
  life.ending.addEventListener('abort', () => agent.stop(), { once: true });
  life.dump = () => void dump(looked, { config, clock, log });
  metrics.follow(agent);
  agent.start();
  const tasksDoor = openTaskDoor(agent, parts);
  const { close } = await openDoor(introspect(looked), { config, clock, log });
  const served = await metrics.serve(agent);
  void clearStart(connected(agent), clock).catch(() => {});
  const { code, reason } = await agent.ended;
  // Not waited for: a client that holds its request open must not keep the agent.
  void close();
  await tasksDoor.close();
  void served.close();
  if (reason) log.error(reason);
  return code;
}

/** Tells the log what is so, and writes that with what happened before into a file. */
async function dump(
  looked: Parameters<typeof dumpOf>[0] & Pick<Agent, 'flight'>,
  { config, clock, log }: Pick<Run, 'config' | 'clock' | 'log'>,
): Promise<void> {
  log.critical('What the agent does follows', memoryNow());
  const present = dumpOf(looked);
  for (const { message, fields } of present) log.critical(message, fields);
  try {
    const folder = config.checkpoint
      ? config.dataDirectory
      : await mkdtemp(join(tmpdir(), 'ecs-agent-dump-'));
    const record = await looked.flight.lines();
    const file = await writeDump(folder, { at: clock.now(), present, record });
    log.critical('This and the flight record are in a file', { file, entries: record.length });
  } catch (error) {
    log.critical('The flight record is not dumped', { error: (error as Error).message });
  }
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
    return await openIntrospection({ address, port, source, licence: ownLicence, clock, failed });
  } catch (error) {
    log.warn((error as Error).message);
    return nothing;
  }
}
