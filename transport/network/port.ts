import type { Links } from '../../machines/fault/model.ts';
import type { Signal } from '../../machines/names/ending.ts';

/** How a command ended. */
export interface Ran {
  /** Null where it could not be run at all. */
  code: number | null;
  output: string;
  /** What it said of what went wrong; '' for nothing. */
  said: string;
}

/** The network of this host, as the system's own tools see it and change it. */
export interface NetworkPort {
  /** Runs a command. Rejects only after `signal` has aborted, which ends the command. */
  run(argv: readonly string[], signal: Signal): Promise<Ran>;
  /** The interfaces of the default routes; null where there is none. */
  links(): Promise<Links | null>;
}
