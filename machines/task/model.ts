import type { Needs } from '../admission/model.ts';
import type {
  ContainerChange,
  ContainerPlan,
  ContainerStatus,
  PullBehavior,
  Step,
} from '../container/model.ts';
import type { ResourcePlan, ResourceStatus } from '../resource/model.ts';

/**
 * How far a task has come: pending until every container runs, stopped when none will any more.
 * `MANIFEST_PULLED` is told to ECS as pending, once, for the digests of its images.
 */
export type TaskStatus = 'PENDING' | 'MANIFEST_PULLED' | 'RUNNING' | 'STOPPED';

/** A volume of a task that its containers mount. */
export type VolumePlan =
  | { kind: 'bind'; name: string; sourcePath: string }
  | {
      kind: 'docker';
      name: string;
      driver: string;
      driverOpts: Record<string, string>;
      labels: Record<string, string>;
      /** `task`: made for this task and removed with it. `shared`: outlives it. */
      scope: 'task' | 'shared';
      /** Whether a shared volume that does not exist is made. */
      autoprovision: boolean;
      /** Its name in the Engine, if another agent made it. */
      dockerName?: string;
    };

/** What never changes about a task: the payload's task, translated from the wire, stored once. */
export interface TaskPlan {
  arn: string;
  family: string;
  /** Revision of the task definition, a decimal number as text. */
  version: string;
  /** Network mode as the payload names it; '' means Docker's default bridge. */
  networkMode: string;
  /** vCPUs and MiB for the task as a whole; null where there is no limit. */
  cpu: number | null;
  memoryMiB: number | null;
  containers: ContainerPlan[];
  volumes: VolumePlan[];
  /** Whose processes and whose shared memory its containers see; '' for each container its own. */
  pidMode: '' | 'host' | 'task';
  ipcMode: '' | 'host' | 'task' | 'none';
  /** Id (never the keys) under which the task role's credentials are vended; null for no role. */
  roleCredentialsId: string | null;
  /** The same for the execution role, with which the agent itself acts for the task. */
  executionCredentialsId: string | null;
  /** Why the task cannot be prepared, in the words of ECS; null if it can. */
  fault: string | null;
  /** Features the task needs and this agent does not have, in words; such a task is refused. */
  unsupported: string[];
  /** What only its metadata shows; absent where ECS does not say. */
  launchType?: string;
  serviceName?: string;
  /** Whether its containers may have faults injected into their network. */
  faultInjection?: boolean;
}

/** A task as a payload names it: its plan and what ECS wants of it. */
export interface TaskArrival {
  plan: TaskPlan;
  desired: 'RUNNING' | 'STOPPED';
  /** A random number in [0, 1) that came with the task, for spreading its reports in time. */
  roll: number;
}

/** A task of a payload that could not be understood. `arn` is null where even that is missing. */
export interface RefusedTask {
  arn: string | null;
  reason: string;
}

/** What of a container's plan its task must know to guide it. */
export type PlannedContainer = Pick<
  ContainerPlan,
  | 'name'
  | 'image'
  | 'essential'
  | 'internal'
  | 'dependsOn'
  | 'startTimeoutS'
  | 'healthChecked'
  | 'restartPolicy'
> & { needsRole: boolean };

/** The latest of a container, and what its task has told it. */
export type KnownContainer = ContainerChange &
  PlannedContainer & {
    /** The furthest status before `STOPPED`. */
    reached: ContainerStatus;
    desired: 'RUNNING' | 'STOPPED';
    told: 'nothing' | Step | 'fail' | 'retire' | 'stop';
    /** What it was last told to wait for, as one word; '' for nothing. */
    held: string;
  };

/** What is known of a task's containers when its actor begins. */
export type Beginning = 'fresh' | 'halted' | 'adopted';

/** What a task's actor remembers. */
export interface TaskContext {
  arn: string;
  desired: 'RUNNING' | 'STOPPED';
  /** The task's own reason; '' where the containers' reasons say all. */
  reason: string;
  /** By name, in the order of the task definition. */
  containers: Record<string, KnownContainer>;
  resources: (ResourcePlan & { status: ResourceStatus })[];
  /** What it takes of the host. */
  needs: Needs;
  /**
   * How it begins: `fresh`, with nothing done for it; `halted`, its containers may be running although
   * nothing is known of them, and are to stop; `adopted`, they run, and go on.
   */
  begins: Beginning;
  pullBehavior: PullBehavior;
  /** Whether images are pulled before what a container depends on is ready. */
  pullUpfront: boolean;
  /** How long its remains are kept after it has stopped. */
  cleanupAfterMs: number;
  /** Whether ECS has been told of the digests of its images. */
  manifestTold: boolean;
  /** Whether ECS knows that it has stopped, or will never take it. */
  settled: boolean;
  /** When the first essential container was seen stopped. */
  executionStoppedAt: number | null;
  knownAt: number;
  /** How often in a row its remains could not be removed. */
  attempts: number;
}
