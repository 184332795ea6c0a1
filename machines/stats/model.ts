/** A counter of 64 bits; a `bigint` where a number would lose digits of it. */
export type Count = number | bigint;

/** The counters of a container's networks, all of them together. */
export interface NetworkCounts {
  rxBytes: Count;
  rxPackets: Count;
  rxErrors: Count;
  rxDropped: Count;
  txBytes: Count;
  txPackets: Count;
  txErrors: Count;
  txDropped: Count;
}

/** What a container uses, as the Engine told it at one moment. Counters grow from its start on. */
export interface UsageSample {
  /** When it was taken, by the Engine's clock: whole seconds of the epoch, and nanoseconds. */
  at: { s: number; ns: number };
  /** Time on all CPUs of the host, divided by their number, in nanoseconds. */
  cpuNs: number;
  memoryBytes: number;
  storage: { readBytes: Count; writtenBytes: Count };
  /** Null where the Engine tells of no network. */
  network: NetworkCounts | null;
  /** How often its restart policy has started it again; null where it has none. */
  restarts: number | null;
}

/** A sample in its window, with what follows from it and the one before. */
export interface WindowEntry extends Omit<UsageSample, 'memoryBytes'> {
  memoryMiB: number;
  /** Percent of the whole host; null for a first sample. */
  cpuPercent: number | null;
  /** Bytes a second; null for a first sample, and where one of the two has no network. */
  rxRate: number | null;
  txRate: number | null;
}

/** The samples of one container that have not been published, and the one before them. */
export interface Window {
  /** The last that was published: what differences begin from. Null before the first publishing. */
  before: WindowEntry | null;
  entries: WindowEntry[];
}

/** `CWStatsSet` of the telemetry service's model. */
export interface StatsSet {
  min: number;
  max: number;
  sum: number;
  sampleCount: number;
}

/** `ULongStatsSet` of the same: what does not fit into 63 bits is told beside it. */
export interface LongStatsSet {
  min: Count;
  max: Count;
  sum: Count;
  sampleCount: number;
  overflowMin: Count;
  overflowMax: Count;
  overflowSum: Count;
}

/** What of a container is published: a set that cannot be made is null. */
export interface ContainerSets {
  cpu: StatsSet | null;
  memory: StatsSet | null;
  storage: { read: LongStatsSet; written: LongStatsSet } | null;
  network: NetworkSets | null;
  /** How often it was started again since the last publishing; null where it has no such policy. */
  restarts: number | null;
}

/** The network's counters, and bytes a second; a rate that cannot be made is null. */
export interface NetworkSets {
  counters: Record<keyof NetworkCounts, LongStatsSet>;
  rxRate: StatsSet | null;
  txRate: StatsSet | null;
}

/** A task definition's revision, as telemetry names it with each task. */
export interface MeasuredTask {
  arn: string;
  family: string;
  version: string;
}

/** What of one task is published: containers whose sets cannot be made are left out. */
export interface TaskUsage extends MeasuredTask {
  containers: { name: string; sets: ContainerSets }[];
}

/** What the health checks of one task's containers say. `since` is epoch ms. */
export interface TaskHealth extends MeasuredTask {
  containers: { name: string; status: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'; since: number }[];
}

/** What is measured of all tasks, for those who publish it. */
export interface Measurements {
  /**
   * What has not been published yet, which counts as published from now on. `idle`: no container is
   * measured at all.
   */
  usage(): { idle: boolean; tasks: TaskUsage[] };
  /** What health checks say now; tasks without any are left out. */
  health(): TaskHealth[];
}
