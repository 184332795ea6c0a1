import type { WindowsEdition } from '../../machines/agent/model.ts';

/** Ends a wait that was asked for with {@link Clock.at}; ending it twice is harmless. */
export type Cancel = () => void;

/** The one source of time. Times are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Runs `wake` at `time`, or soon if that is past. One timer of the platform serves all waits. */
  at(time: number, wake: () => void): Cancel;
  /** Runs `work` once the present turn of the event loop has ended. */
  afterTurn(work: () => void): void;
}

/** The one source of chance. */
export interface Random {
  /** A number in [0, 1). */
  roll(): number;
  /** A random UUID (version 4). */
  uuid(): string;
}

/** What the agent knows of the machine it runs on. */
export interface HostFacts {
  platform: 'linux' | 'windows';
  /** As ECS names it: `x86_64`, `arm64`, ... */
  cpuArchitecture: string;
  /** 1024 to a logical CPU. */
  cpuUnits: number;
  memoryMiB: number;
  /** Which Windows it has; null on Linux, and where it cannot be told. */
  windows: WindowsEdition | null;
  /** Whether it reaches others over IPv6 only. */
  ipv6Only: boolean;
}

/** The machine the agent runs on. */
export interface HostPort {
  facts(): HostFacts;
  /**
   * The first of `count` contiguous ports of the dynamic range that nothing listens on now.
   * Rejects with code `HOST_PORTS_EXHAUSTED`.
   */
  freePorts(request: { count: number; protocol: 'tcp' | 'udp' }): Promise<number>;
  /** How full the file system of a folder is; null where that cannot be told. */
  disk(path: string): Promise<{ totalBytes: number; freeBytes: number } | null>;
  /** Where cloud-init found its data at boot, in its words; null where it does not say. */
  cloudInit(): Promise<string | null>;
  /** The longest turn of the event loop since it was last asked for; null the first time. */
  eventLoopLagMs(): number | null;
}
