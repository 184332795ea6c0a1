/** What the health of a container instance is looked at by. ECS knows `ContainerRuntime` only. */
export type CheckName = 'ContainerRuntime' | 'ACS' | 'TCS' | 'Disk' | 'EventLoop';

export type CheckStatus = 'INITIALIZING' | 'OK' | 'IMPAIRED';

/** What one look has found; `reason` is a sentence for people, '' where all is well. */
export interface Finding {
  status: CheckStatus;
  reason: string;
}

/** What each look has found; null where that could not be told, and what was known stays. */
export type Findings = Record<CheckName, Finding | null>;

/** One check of the instance's health and what it says. Times are epoch ms. */
export interface Check extends Finding {
  type: CheckName;
  /** When the status changed last; at first, when the check came to be. */
  changedAt: number;
  /** When the check was made last, and when the time before that. */
  checkedAt: number;
  previouslyAt: number;
}

export interface HealthContext {
  checks: Check[];
  /** How often ACS has asked for the checks, and which of these runs ECS was told of last. */
  run: number;
  told: number;
  /** Whether the checks under way are made because ACS asked for them. */
  isAsked: boolean;
}
