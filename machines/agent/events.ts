import type { AdmissionContext } from '../admission/model.ts';
import type { CleanupRules } from '../image/model.ts';
import type { Stamp } from '../names/effects.ts';
import type { Acknowledgement, Payload } from '../session/model.ts';
import type { TaskRules } from '../task/decide.ts';
import type { TaskInput } from '../task/events.ts';
import type { TaskPlan } from '../task/model.ts';
import type { AgentIdentity } from './model.ts';

export type AgentEvent =
  | { type: 'agent.start'; at: number }
  | { type: 'agent.stop'; at: number }
  | { type: 'instance.registered'; at: number }
  | { type: 'session.connected' }
  | { type: 'session.disconnected' }
  /** `known` holds the ARNs of the payload's tasks that the agent has already. */
  | { type: 'payload.received'; payload: Payload; known: string[]; at: number }
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
  rules: TaskRules;
  /** What the host has, and what the tasks of an earlier run hold of it. */
  admission: AdmissionContext;
  cleanup: CleanupRules;
  /** Whether ECS is told what its tasks use and how the instance is. */
  telemetry: boolean;
}

/** What the Engine and the host showed when the agent booted. */
export type Booted = Stamp & {
  /** Whether tasks can have a cgroup of their own here. */
  taskLimits: boolean;
};
export type Registered = Stamp & { containerInstanceArn: string };
