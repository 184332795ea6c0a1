import type { AdmissionContext } from '../admission/model.ts';
import type { CleanupRules } from '../image/model.ts';
import type { Failure } from '../names/errors.ts';
import type { TaskRules } from '../task/decide.ts';

/** Exit codes of the agent's process, as a supervisor of the Amazon ECS agent knows them. */
export const exitCodes = {
  /** Asked to stop; do not start again. */
  clean: 0,
  /** Failed for now; start again. */
  error: 1,
  /** Failed for good; starting again cannot help. */
  terminal: 5,
  /** A new version is here; start that. */
  update: 42,
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
  /** The EC2 instance that it was registered as; null off EC2, and where nobody could tell. */
  ec2InstanceId: string | null;
  /** Whether no cluster was configured, so that the default one is made where it is missing. */
  makesCluster: boolean;
  rules: TaskRules;
  /** Whether ECS may replace this agent by a new version. */
  updatesEnabled: boolean;
  /** How the admission of tasks begins. */
  admission: AdmissionContext;
  /** How the remains of tasks are removed. */
  cleanup: CleanupRules;
  /** Whether ECS is told what its tasks use and how the instance is. */
  telemetry: boolean;
  /** ARNs of the latest tasks that could not be understood: ECS is told of each once. */
  refused: string[];
  /** The highest place in the order of payloads and manifests that was seen. */
  seqNum: number;
  /** The place of the latest manifest that was accepted. */
  manifestSeqNum: number;
  /** The message id of that manifest, until ECS has said which tasks it leaves out are to stop. */
  manifestId: string | null;
  watching: EnabledWatches;
  /** Of the step of the start that is under way: when it began, and its tries that failed. */
  begunAt: number;
  attempts: number;
  trouble: Failure | null;
  /** Where its Auto Scaling group wants the instance; null while that is not told. */
  lifecycle: string | null;
  /** Since when ACS is not connected, since the registration at most; null while it is. */
  awaySince: number | null;
  /** When sessions crashed lately. */
  crashes: number[];
  exit: AgentExit;
}

/** What the agent looks at its EC2 instance for. */
export interface EnabledWatches {
  /** Whether it registers only once its Auto Scaling group has the instance in service. */
  warmPool: boolean;
  /** Whether it drains an instance that EC2 is about to interrupt. */
  spot: boolean;
}

/** What the agent tells the process of while it runs. */
export type AgentEmitted = {
  type: 'start.delayed';
  /** Why a step of the start has to be tried again, and for how long it is. */
  because: string;
  withinMs: number;
};

/** Whether the agent does its work, in a sentence. */
export interface Health {
  healthy: boolean;
  sentence: string;
}

/** The agent's own record: what must survive a restart of the process. */
export interface AgentIdentity {
  cluster: string;
  containerInstanceArn: string | null;
  ec2InstanceId: string | null;
  /** The place of the latest manifest that was accepted; records of earlier versions have none. */
  manifestSeqNum?: number;
}

/** The range of Docker Engine API versions the Engine speaks, texts such as `1.41`. */
export interface EngineApi {
  apiVersion: string;
  minApiVersion: string;
}

/** Which Windows a host has. */
export interface WindowsEdition {
  /** Its build, e.g. 20348. */
  build: number;
  /** `InstallationType` of its registry, e.g. `Server Core`. */
  installation: string;
}
