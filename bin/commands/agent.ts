import { type Agent, createAgent } from '../../actors/agent.ts';
import { recordTransitions } from '../../actors/recorder.ts';
import { type Saved, sortRows } from '../../actors/restore.ts';
import { mayResume } from '../../machines/agent/decide.ts';
import { exitCodes } from '../../machines/agent/model.ts';
import { LevelStore } from '../../persistence/level.ts';
import type { Store } from '../../persistence/store.ts';
import { acsClient } from '../../transport/acs/client.ts';
import { connectDocker } from '../../transport/docker/client.ts';
import { ecsClient } from '../../transport/ecs/client.ts';
import { realClock } from '../../transport/host/clock.ts';
import { realHost } from '../../transport/host/host.ts';
import type { Clock } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import { type InstanceMetadata, instanceMetadata } from '../../transport/http/metadata.ts';
import { credentialsFrom } from '../../transport/wire/credentials.ts';
import { type Config, ConfigError, readConfig } from '../config/config.ts';
import type { Environment } from '../config/variables.ts';
import { type AgentLog, openLog } from '../service/log.ts';
import { agentHash, agentVersion, userAgent } from '../version.ts';

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
    const agent = assemble({ ...config, region }, metadata, { store, log, clock, saved });
    if (config.logLevel === 'debug')
      recordTransitions(agent.system, (transition) => log.debug('Transition', { ...transition }));
    return await untilEnded(agent, log);
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

function assemble(
  config: Config,
  metadata: InstanceMetadata | null,
  { store, log, clock, saved }: { store: Store; log: AgentLog; clock: Clock; saved: Saved },
): Agent {
  const random = realRandom;
  const host = realHost();
  const { cluster, region } = config;
  const credentials = credentialsFrom(config.keys);
  const endpoint = config.backendHost;
  const ports = {
    clock,
    random,
    host,
    store,
    log,
    docker: connectDocker({ dockerHost: config.dockerHost, clock, cluster, region, host }),
    ecs: ecsClient({ endpoint, region, credentials, userAgent, clock }),
    acs: acsClient({ region, credentials, agentVersion, agentHash, clock, random }),
  };
  return createAgent(ports, settingsOf(config, metadata), saved);
}

function settingsOf(config: Config, metadata: InstanceMetadata | null) {
  return {
    cluster: config.cluster,
    pullBehavior: config.pullBehavior,
    stopTimeoutMs: config.stopTimeoutMs,
    identity: metadata?.identity ?? null,
    reservedMemoryMiB: config.reservedMemoryMiB,
    reservedTcpPorts: config.reservedTcpPorts,
    reservedUdpPorts: config.reservedUdpPorts,
    capabilities: {
      loggingDrivers: config.loggingDrivers,
      privilegedDisabled: config.privilegedDisabled,
      external: config.external,
      custom: config.instanceAttributes,
    },
  };
}

async function untilEnded(agent: Agent, log: AgentLog): Promise<number> {
  const onSignal = (signal: string) => {
    log.info('Asked to stop; tasks go on running', { signal });
    agent.stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  agent.start();
  const { code, reason } = await agent.ended;
  if (reason) log.error(reason);
  return code;
}
