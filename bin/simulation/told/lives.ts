import type { Strike } from '../run.ts';
import { before, type Moment } from './faults.ts';

/** What ends a life of the agent, and what becomes then of what it had not yet saved. */
const ends: Partial<Record<Strike['kind'], 'stopped' | 'kept' | 'lost'>> = {
  'agent.ended': 'stopped',
  'agent.stopped': 'stopped',
  'agent.killed': 'kept',
  'agent.killed in a call': 'kept',
  'agent.killed after a commit': 'kept',
  'agent.killed before a commit': 'lost',
  'agent.killed with an unsynced disk': 'lost',
};

/** The lives of the agent: it is killed or ends, and is begun again, each when it was. */
export function livesOf(strikes: Strike[]): Moment[] {
  let isUp = true;
  return strikes.flatMap((strike): Moment[] => {
    const { at, kind } = strike;
    const end = ends[kind];
    if (isUp ? !end : kind !== 'agent.begun') return [];
    isUp = !end;
    if (!end) return [{ at, step: { start: 'agent' } }];
    if (end === 'stopped') return [{ at, step: { stop: 'agent' } }];
    const crash: Moment = { at, step: { crash: 'agent' } };
    return end === 'lost' ? [{ at: before(strike), step: { store: 'waits' } }, crash] : [crash];
  });
}
