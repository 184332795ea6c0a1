import type { TaskPlan } from '../task/model.ts';

/** What a task takes of its host while it is not stopped. */
export interface Needs {
  /** 1024 to a vCPU. */
  cpuUnits: number;
  memoryMiB: number;
  tcpPorts: number[];
  udpPorts: number[];
}

/** A task that has been let in, and has not stopped. */
export interface Holder {
  taskArn: string;
  needs: Needs;
}

/** A task that waits for what it needs. */
export interface Waiting extends Holder {
  /** When it began to wait, epoch ms. */
  since: number;
  /** Since when later tasks have been let past it; null if none has. */
  overtakenSince: number | null;
}

/**
 * What the host has and who holds what. `reserved` are the ports no task may use. Its lists are in
 * the order of arrival.
 */
export interface AdmissionContext {
  capacity: { cpuUnits: number; memoryMiB: number };
  reserved: { tcpPorts: number[]; udpPorts: number[] };
  holders: Holder[];
  waiting: Waiting[];
  /** When it was last decided who is let in, epoch ms. */
  at: number;
}

/** What a waiting task is short of: one entry a resource, with the tasks that hold it. */
export interface Shortage {
  resource: 'CPU' | 'MEMORY' | 'PORTS_TCP' | 'PORTS_UDP';
  /** How much it needs: units, MiB, or port numbers. */
  needs: number[];
  /** How much is free of CPU or memory; null for ports. */
  free: number | null;
  /** Whose holding keeps it waiting: ARNs of holders, and of waiting tasks with a reservation. */
  heldBy: string[];
  /** True where the host itself can never give it. */
  never: boolean;
}

/** The parts of a plan that say what a task needs. */
export type PlanOfNeeds = Pick<TaskPlan, 'cpu' | 'memoryMiB' | 'networkMode' | 'containers'>;
