import type { Agent } from '../../actors/agent.ts';
import { Faults } from '../../actors/faults.ts';
import { askingTask, type Place, serve } from '../../actors/served.ts';
import type { AgentContext } from '../../machines/agent/model.ts';
import { agentApi } from '../../transport/agentapi/api.ts';
import type { FaultPort, ProtectionPort } from '../../transport/agentapi/port.ts';
import type { Rotation } from '../../transport/audit/file.ts';
import { noAuditLog, openAuditLog } from '../../transport/audit/log.ts';
import type { AuditPort } from '../../transport/audit/port.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { tagReader, taskProtection } from '../../transport/ecs/for-tasks.ts';
import type { Clock } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import type { OpenServer } from '../../transport/http/server.ts';
import { hostNetwork } from '../../transport/network/network.ts';
import type { TaskServerSource } from '../../transport/tmds/port.ts';
import {
  openTaskServer,
  type TaskAnswers,
  type TaskServerOptions,
} from '../../transport/tmds/server.ts';
import type { Config } from '../config/config.ts';
import { optimizeSooner } from '../service/memory.ts';
import type { Assembly } from './assemble.ts';
import type { callsOf } from './calls.ts';

/** What the task metadata server is put together from, besides the agent. */
export interface TaskServerParts
  extends Pick<Assembly, 'config' | 'clock' | 'log' | 'store' | 'saved'> {
  docker: EnginePort;
  /** The way of the agent's own calls. */
  calls: ReturnType<typeof callsOf>;
}

/** Only what leads 169.254.170.2 here reaches it: no other host, and no other address of this one. */
const address = '127.0.0.1';
/** How long to wait before listening is tried again: at first, and at most. */
const waitsMs = { first: 1_000, longest: 60_000 };
/** An agent that was asked so often for credentials may take memory to answer faster. */
const manyRequests = 1_000;
/** How long requests under way are waited for at the end. */
const closeWithinMs = 1_000;

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
  const { port } = config.taskServer;
  const { credentials } = parts.calls.common;
  const answers = answersFor(agent, {
    ...{ ...parts, faults, audit },
    tags: tagReader({ ...upstream(parts), credentials, clock, random: realRandom }),
    protection: taskProtection(upstream(parts)),
  });
  const server = untilOpen({ ...answers, address, port }, parts);
  return {
    close: async () => {
      const closed = server.close().then(() => audit.close());
      // A task that holds its request open must not keep the agent.
      await Promise.all([faults.close(), Promise.race([closed, later(clock, closeWithinMs)])]);
    },
  };
}

const later = (clock: Clock, afterMs: number): Promise<void> =>
  new Promise((resolve) => void clock.at(clock.now() + afterMs, resolve));

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

const upstream = ({ config: { backendHost: endpoint, region }, calls }: TaskServerParts) => ({
  ...{ endpoint, region, wire: calls.calls },
  ...{ userAgent: calls.userAgent, ipv6Only: calls.ipv6Only },
});

/** What tasks are answered from, besides the agent itself. */
export interface AnswerParts extends Pick<TaskServerParts, 'config' | 'clock' | 'log'> {
  docker: Pick<EnginePort, 'inspect'>;
  tags: TaskServerSource['tags'];
  protection: ProtectionPort;
  faults: FaultPort;
  audit: AuditPort;
}

/** What this agent answers its tasks, wherever their questions come in. */
export function answersFor(agent: Agent, parts: AnswerParts): TaskAnswers {
  const { config, clock, log, faults, protection, audit } = parts;
  return {
    ...{ rates: config.taskServer.rates, clock, audit },
    source: sourceOf(agent, parts),
    agentApi: agentApi({
      ...{ clock, faults, taskOf: askingTask(agent), protection },
      cluster: () => agentContext(agent).cluster,
    }),
    failed: (reason) => log.warn(`The task metadata server failed: ${String(reason)}`),
  };
}

function sourceOf(agent: Agent, { clock, config, docker, tags }: AnswerParts) {
  const source = serve({
    ...{ ...agent, clock, docker, tags },
    place: () => placeShown(agent.place(), config),
  });
  let asked = 0;
  return {
    ...source,
    credentials: (id: string) => {
      asked += 1;
      if (asked === manyRequests) optimizeSooner();
      return source.credentials(id);
    },
  };
}

/** Where tasks are told that they run. */
function placeShown({ vpcId, ...zone }: Place, { taskServer, external }: Config): Place {
  const hidden = { availabilityZone: '', availabilityZoneId: '' };
  return { ...(taskServer.zoneHidden ? hidden : zone), vpcId: external ? '' : vpcId };
}

/** The audit log makes room as the agent's own does, but always: by the hour, where not by size. */
const rotationOf = ({ rollover, maxFileSizeMb, maxRollCount }: Config['log']): Rotation => ({
  by:
    rollover === 'size' ? { kind: 'size', mostBytes: maxFileSizeMb * 1_000_000 } : { kind: 'hour' },
  kept: maxRollCount,
});

function auditOf(agent: Agent, { config, clock, log }: TaskServerParts): AuditPort {
  const { file: path, disabled } = config.audit;
  if (disabled) return noAuditLog;
  return openAuditLog({
    ...{ path, rotation: rotationOf(config.log), clock },
    keeper: () => agentContext(agent),
    echo: (text) => process.stdout.write(text),
    warn: (message) => log.warn(message),
  });
}
