import type { AdmissionContext } from '../admission/model.ts';
import type { CleanupRules } from '../image/model.ts';
import type { TaskRules } from '../task/decide.ts';

/** Exit codes of the agent's process, as a supervisor of the Amazon ECS agent knows them. */
export const exitCodes = {
  /** Asked to stop; do not start again. */
  clean: 0,
  /** Failed for now; start again. */
  error: 1,
  /** Failed for good; starting again cannot help. */
  terminal: 5,
} as const;

/** How the agent ended: the process's exit code, and one line for the log where it failed. */
export interface AgentExit {
  code: (typeof exitCodes)[keyof typeof exitCodes];
  reason: string;
}

/** What the agent remembers of itself. Its tasks are actors of their own. */
export interface AgentContext {
  /** Name or ARN as configured. */
  cluster: string;
  /** Given by ECS at the first registration, and kept for ever after. */
  containerInstanceArn: string | null;
  rules: TaskRules;
  /** How the admission of tasks begins. */
  admission: AdmissionContext;
  /** How the remains of tasks are removed. */
  cleanup: CleanupRules;
  /** Whether ECS is told what its tasks use and how the instance is. */
  telemetry: boolean;
  /** ARNs of the latest tasks that could not be understood: ECS is told of each once. */
  refused: string[];
  /** Tries to register, and when the first of them failed. */
  attempts: number;
  registeringSince: number | null;
  /** When sessions crashed lately. */
  crashes: number[];
  exit: AgentExit;
}

/** The agent's own record: what must survive a restart of the process. */
export interface AgentIdentity {
  cluster: string;
  containerInstanceArn: string | null;
}

/** The range of Docker Engine API versions the Engine speaks, texts such as `1.41`. */
export interface EngineApi {
  apiVersion: string;
  minApiVersion: string;
}
