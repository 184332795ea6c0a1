import type { Clock } from '../../host/port.ts';

/** So many turns of the event loop within so long: nothing is left to be done in one of them. */
const leisureRules = { turns: 3, withinMs: 1 };

/**
 * Settles as soon as the process has nothing better to do, at `until` (epoch milliseconds) at the
 * latest. Whoever waits looks once in each turn of the event loop: many in a row while it is idle,
 * and few while it is busy.
 */
export function leisure(clock: Clock, until: number): Promise<void> {
  return new Promise((resolve) => {
    let since = clock.now();
    let turns = 0;
    const look = () => {
      const now = clock.now();
      turns += 1;
      if (now - since > leisureRules.withinMs) {
        since = now;
        turns = 0;
      }
      if (turns === leisureRules.turns || now >= until) resolve();
      else clock.afterTurn(look);
    };
    clock.afterTurn(look);
  });
}
