/**
 * A value in the flight record: a name, a word of the agent's own, a number, or several of these. What
 * a task was given (environment, commands, credentials) and what others have written (texts of errors)
 * never is one.
 */
export type FlightValue =
  | string
  | number
  | boolean
  | null
  | FlightValue[]
  | { [name: string]: FlightValue };

/** Named values, in the words of the charts, e.g. `{ exitCode: 3, attempts: 1 }`. */
export type FlightFacts = { [name: string]: FlightValue };

/** One thing that happened to one actor. Entries are in the order in which things happened. */
export interface FlightEntry {
  /** Epoch milliseconds. */
  at: number;
  /** `task/<id>`, `container/<id>/<name>`, `session`, …; `agent.process` for the process that it is. */
  actor: string;
  /**
   * Type of the event. `begun` for a new actor, `resumed` for one that was restored, `''` for what a
   * state goes on to by itself; an effect ends with `done.<id>` or `failed.<id>`.
   */
  event: string;
  /** States in one word each, e.g. `preparing.pulling.calling`; equal where it stayed in its state. */
  from: string;
  to: string;
  /** What the event told, as far as it may be kept. */
  told: FlightFacts;
  /** What of the actor's context became different, and what it is now. */
  became: FlightFacts;
}
