import type { ContainerStatus, Dependency, Health } from '../container/model.ts';

/** What of a container others may depend on, and what is told of it where it keeps them waiting. */
export interface DependedOn {
  name: string;
  image: string;
  status: ContainerStatus;
  /** The furthest status before `STOPPED`. */
  reached: ContainerStatus;
  desired: 'RUNNING' | 'STOPPED';
  exitCode: number | null;
  /** When its process first started, epoch ms; null if it never has. */
  startedAt: number | null;
  health: Health;
  healthChecked: boolean;
  startTimeoutS: number | null;
}

/** A container with what it depends on. */
export interface Depending extends DependedOn {
  dependsOn: Dependency[];
}

/**
 * Whether a container may take its next step: it may, it waits for what `on` names, or it never can.
 * A wait with an end fails at `until` (epoch ms) with the text `otherwise`.
 */
export type Verdict =
  | { is: 'ready' }
  | { is: 'waiting'; on: Dependency[]; until: number | null; otherwise: string }
  | { is: 'impossible'; because: string };
