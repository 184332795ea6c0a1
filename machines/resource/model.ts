import type { Failure } from '../names/errors.ts';

/** What a task needs besides its containers. */
export type ResourceKind = 'cgroup' | 'volume';

/** Names one resource of a task: the kind, and for a volume its name in the task. */
export interface ResourcePlan {
  kind: ResourceKind;
  name: string;
}

export type ResourceStatus = 'NONE' | 'CREATED' | 'FAILED' | 'REMOVED';

/** What a resource's actor remembers, all of it plain JSON. */
export interface ResourceContext extends ResourcePlan {
  taskArn: string;
  failure: Failure | null;
  attempts: number;
  /** What the latest of these tries met. */
  trouble: Failure | null;
  /** When its status last changed. */
  knownAt: number;
}

/** What a resource tells its task whenever its status changes. */
export interface ResourceChange extends ResourcePlan {
  status: ResourceStatus;
  /** Why it failed, as ECS is told of it; '' where it did not. */
  reason: string;
  at: number;
}

/** Names a resource in an effect's input; the effect looks up the rest. */
export interface ResourceKey extends ResourcePlan {
  taskArn: string;
  /** When the effect was begun, epoch ms. */
  since: number;
}
