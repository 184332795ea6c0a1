import type { AdmissionContext } from '../admission/model.ts';
import type { CleanupRules } from '../image/model.ts';
import type { Stamp } from '../names/effects.ts';
import type { ForAgent } from '../session/events.ts';
import type { Acknowledgement } from '../session/model.ts';
import type { TaskRules } from '../task/decide.ts';
import type { TaskInput } from '../task/events.ts';
import type { TaskPlan } from '../task/model.ts';
import type { AgentIdentity, EnabledWatches } from './model.ts';

export type AgentEvent =
  | { type: 'agent.start'; at: number }
  | { type: 'agent.stop'; at: number }
  | { type: 'instance.registered'; at: number }
  | { type: 'session.connected'; at: number }
  | { type: 'session.disconnected'; at: number }
  /** Payloads, manifests and what comes of them. */
  | ForAgent
  /** Everything that happened before the commit was asked for is on disk. */
  | { type: 'committed'; acknowledgements: Acknowledgement[] }
  /** Containers of this instance run that no record knew: tasks to take over as they are. */
  | { type: 'tasks.found'; tasks: TaskPlan[]; at: number }
  /** A task's actor threw; `task` is what takes its place, to stop what it left running. */
  | { type: 'task.crashed'; actorId: string; task: TaskInput };

/** What the agent asks of its journal: to tell it when all of this turn is on disk. */
export type JournalCommand = { type: 'commit'; acknowledgements: Acknowledgement[] };

export interface AgentInput {
  identity: AgentIdentity;
  makesCluster: boolean;
  rules: TaskRules;
  /** Whether ECS may replace this agent by a new version. */
  updatesEnabled: boolean;
  /** What the host has, and what the tasks of an earlier run hold of it. */
  admission: AdmissionContext;
  cleanup: CleanupRules;
  watching: EnabledWatches;
  /** Whether ECS is told what its tasks use and how the instance is. */
  telemetry: boolean;
}

/** What the Engine and the host showed when the agent booted. */
export type Booted = Stamp & {
  /** Whether tasks can have a cgroup of their own here. */
  taskLimits: boolean;
};
/** What the instance metadata service told; null where it told nothing. */
export type Lifecycle = Stamp & { lifecycle: string | null };
export type Registered = Stamp & { containerInstanceArn: string };
