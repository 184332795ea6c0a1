import type { PullBehavior } from '../container/model.ts';
import type { Stamp } from '../names/effects.ts';
import type { Acknowledgement, Payload } from '../session/model.ts';
import type { TaskInput } from '../task/events.ts';
import type { AgentIdentity } from './model.ts';

export type AgentEvent =
  | { type: 'agent.start'; at: number }
  | { type: 'agent.stop'; at: number }
  | { type: 'session.connected' }
  | { type: 'session.disconnected' }
  /** `known` holds the ARNs of the payload's tasks that the agent has already. */
  | { type: 'payload.received'; payload: Payload; known: string[]; at: number }
  /** Everything that happened before the commit was asked for is on disk. */
  | { type: 'committed'; acknowledgements: Acknowledgement[] }
  /** A task's actor threw; `task` is what takes its place, to stop what it left running. */
  | { type: 'task.crashed'; actorId: string; task: TaskInput };

/** What the agent asks of its journal: to tell it when all of this turn is on disk. */
export type JournalCommand = { type: 'commit'; acknowledgements: Acknowledgement[] };

export interface AgentInput {
  identity: AgentIdentity;
  pullBehavior: PullBehavior;
}

export type Registered = Stamp & { containerInstanceArn: string };
