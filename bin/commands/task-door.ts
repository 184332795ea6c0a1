import type { Agent } from '../../actors/agent.ts';
import { Faults } from '../../actors/faults.ts';
import { askingTask, serve } from '../../actors/served.ts';
import type { AgentContext } from '../../machines/agent/model.ts';
import { agentApi } from '../../transport/agentapi/api.ts';
import { noAuditLog, openAuditLog } from '../../transport/audit/log.ts';
import type { AuditPort } from '../../transport/audit/port.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { tagReader, taskProtection } from '../../transport/ecs/for-tasks.ts';
import { realRandom } from '../../transport/host/random.ts';
import type { OpenServer } from '../../transport/http/server.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import { openTaskServer, type TaskServerOptions } from '../../transport/tmds/server.ts';
import { credentialsFrom } from '../../transport/wire/credentials.ts';
import { userAgent } from '../version.ts';
import type { Assembly } from './assemble.ts';

/** What the task metadata server is put together from, besides the agent. */
export type TaskServerParts = Assembly & { docker: EnginePort };

/** Only what leads 169.254.170.2 here reaches it: no other host, and no other address of this one. */
const address = '127.0.0.1';
/** The audit log as the Amazon ECS agent rotates it. */
const rotation = { by: { kind: 'size' as const, mostBytes: 5_000_000 }, kept: 24 };
/** How long to wait before listening is tried again: at first, and at most. */
const waitsMs = { first: 1_000, longest: 60_000 };

/**
 * Opens the server that tasks ask for credentials and metadata, as soon as its port is free, and ends
 * the faults that an earlier agent left. Closing it ends those of this one.
 */
export function openTaskDoor(agent: Agent, parts: TaskServerParts): { close(): Promise<void> } {
  const { config, clock, log, store, saved } = parts;
  const faults = new Faults({ network: hostNetwork(), store, system: agent.system, clock, log });
  void faults.begin(saved.faults);
  if (config.taskServer.port === 0) return { close: () => faults.close() };
  const audit = auditOf(agent, parts);
  const options: TaskServerOptions = {
    ...{ address, clock, audit, ...config.taskServer },
    source: sourceOf(agent, parts),
    agentApi: agentApi({
      ...{ clock, faults, taskOf: askingTask(agent) },
      cluster: () => agentContext(agent).cluster,
      protection: taskProtection(upstream(parts)),
    }),
    failed: (reason) => log.warn(`The task metadata server failed: ${String(reason)}`),
  };
  const server = untilOpen(options, parts);
  return {
    close: async () => {
      await server.close();
      await faults.close();
      audit.close();
    },
  };
}

/** Tries until it listens, as tasks are without credentials until then, or is closed. */
function untilOpen(options: TaskServerOptions, { clock, log }: TaskServerParts) {
  let open: Promise<OpenServer | null>;
  let cancel = () => {};
  let isClosed = false;
  const attempt = (waitMs: number) => {
    open = openTaskServer(options).catch((error: Error) => {
      log.error(error.message);
      const next = Math.min(waitsMs.longest, 2 * waitMs);
      if (!isClosed) cancel = clock.at(clock.now() + waitMs, () => attempt(next));
      return null;
    });
  };
  attempt(waitsMs.first);
  return {
    close: async () => {
      isClosed = true;
      cancel();
      await (await open)?.close();
    },
  };
}

const agentContext = ({ system }: Agent) =>
  system.get('agent').getSnapshot().context as AgentContext;

const upstream = ({ config: { backendHost: endpoint, region } }: TaskServerParts) => ({
  ...{ endpoint, region, userAgent },
});

function sourceOf(agent: Agent, parts: TaskServerParts) {
  const { clock, config, docker } = parts;
  const credentials = credentialsFrom(config.keys);
  return serve({
    ...{ ...agent, clock, docker },
    place: () => ({ availabilityZone: '', availabilityZoneId: '', vpcId: '' }),
    samples: { sample: () => null, samples: () => new Map() },
    tags: tagReader({ ...upstream(parts), credentials, clock, random: realRandom }),
  });
}

function auditOf(agent: Agent, { config, clock, log }: TaskServerParts): AuditPort {
  const { file: path, disabled } = config.audit;
  if (disabled) return noAuditLog;
  return openAuditLog({
    ...{ path, rotation, clock },
    keeper: () => agentContext(agent),
    echo: (text) => process.stdout.write(text),
    warn: (message) => log.warn(message),
  });
}
