import type { Publication } from '../machines/telemetry/model.ts';

/** How many publications of a kind wait while the telemetry service is away: five minutes' worth. */
const mostOfKind = 15;

/**
 * What the telemetry service has not been told yet. In memory only, and the oldest are kept: what
 * happened when the service went away is worth more than what goes on while it is.
 */
export class Backlog {
  #waiting: Publication[] = [];

  /** Answers whether there was room for it. */
  add(publication: Publication): boolean {
    const alike = this.#waiting.filter(({ kind }) => kind === publication.kind);
    if (alike.length >= mostOfKind) return false;
    this.#waiting.push(publication);
    return true;
  }

  /** Takes out the oldest. */
  take(): Publication | undefined {
    return this.#waiting.shift();
  }
}
