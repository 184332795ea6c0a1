/** An order of ECS to fetch a new version of the agent, or to start the one that was fetched. */
export interface UpdateRequest {
  messageId: string;
  clusterArn: string;
  containerInstanceArn: string;
  /** Where it is and its SHA-256 in hex, either '' where it is missing; null where nothing is said. */
  update: { location: string; signature: string } | null;
}

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
