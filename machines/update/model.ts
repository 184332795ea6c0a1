import type { UpdateRequest } from '../session/model.ts';

export type { UpdateRequest };

/** A new version that is being fetched, or was; `messageId` is of the order that began it. */
export interface StagedUpdate extends Omit<UpdateRequest, 'update'> {
  location: string;
  signature: string;
}

/** A download of it, and when it began. */
export type Download = StagedUpdate & { since: number };

/** What the updater remembers. */
export interface UpdateContext {
  /** Whether ECS may replace this agent at all. */
  enabled: boolean;
  staged: StagedUpdate | null;
}
