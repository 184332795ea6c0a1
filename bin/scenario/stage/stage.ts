import { AgentError } from '../../../machines/names/errors.ts';
import type { Acknowledgement } from '../../../machines/session/model.ts';
import type { Explanation } from '../../../transport/http/port.ts';
import type { Step } from '../model.ts';

/** What is done to an agent; looks and waits are the player's own. */
export type Deed = Exclude<Step, { see: unknown } | { wait: unknown }>;

/** All that was seen since the scenario began, in order, a line each. */
export interface Seen {
  submitted: string[];
  acknowledged: string[];
  asked: string[];
  happened: string[];
  answered: string[];
  logged: string[];
}

/** How long looks wait. */
export interface Patience {
  /** Where the look does not say. */
  usualMs: number;
  /** At least, whatever the look says: real time is not exact. */
  leastMs: number;
}

/** Where a scenario is played: an agent, its control plane and its Engine, virtual or real. */
export interface Stage {
  readonly seen: Seen;
  readonly patience: Patience;
  /** Whether lines of what is asked of the Engine, `inspect main` for one, are the same each time. */
  isRepeatable(asked: string): boolean;
  /** In ms of its own time. */
  now(): number;
  advance(ms: number): Promise<void>;
  /** Lets time pass until it holds; answers whether it did within so many ms. */
  until(holds: () => boolean, limitMs: number): Promise<boolean>;
  /** Starts the agent for the first time, and lets it connect. */
  begin(): Promise<void>;
  /** Does one deed. Throws {@link NotHere} for one that is beyond this stage. */
  act(deed: Deed): Promise<void>;
  /** The state of an actor in one word; undefined where there is none. */
  stateOf(actorId: string): string | undefined;
  /** Why a task is as it is; null for the agent itself. */
  explain(task: string | null): Explanation[];
  /** The state of `TASK/CONTAINER`: `running`, `exited 3`, … */
  container(name: string): string;
  /** How the agent ended; null while it runs. */
  exitCode(): number | null;
  close(): Promise<void>;
}

/** A step that cannot be had on this stage. */
export class NotHere extends AgentError {
  constructor(what: string) {
    super('SCENARIO_NOT_HERE', `${what} cannot be had on a real Engine`);
  }
}

/** The names that acknowledgements have on the wire. */
const acknowledgementNames: Record<Acknowledgement['kind'], string> = {
  payload: 'AckRequest',
  received: 'AckRequest',
  nack: 'NackRequest',
  credentials: 'IAMRoleCredentialsAckRequest',
  heartbeat: 'HeartbeatAckRequest',
  stopVerification: 'TaskStopVerificationMessage',
};

/** What was sent over ACS in one line, `tasks` telling the names of tasks by their ARN. */
export function acknowledged(
  said: Acknowledgement,
  nameOf: (taskArn: string) => string = (arn) => arn,
): string {
  const line = `${acknowledgementNames[said.kind]} ${said.messageId}`;
  if (said.kind === 'nack') return `${line} (${said.reason})`;
  if (said.kind === 'credentials') return `${line} ${said.credentialsId}`;
  if (said.kind !== 'stopVerification') return line;
  return `${line}: ${said.stopCandidates.map(({ taskArn }) => nameOf(taskArn)).join(', ')}`;
}
