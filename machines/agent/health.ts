import type { Health } from './model.ts';

/** What the health of an agent hangs on: tasks go on without ECS, but none can come or be stopped. */
export interface Touch {
  registered: boolean;
  connected: boolean;
  /** Since when ACS is not connected, epoch ms; null while it is. */
  awaySince: number | null;
}

/** How long ACS may be away: connections are renewed every half hour, and networks fail for a while. */
export const awayWithinMs = 5 * 60_000;

/** Whether the agent does its work at `now`, in a sentence for those who watch over it. */
export function healthOf({ registered, connected, awaySince }: Touch, now: number): Health {
  if (!registered)
    return { healthy: false, sentence: 'The container instance is not registered with ECS yet' };
  if (connected) return { healthy: true, sentence: 'ACS is connected' };
  const awayMs = now - (awaySince ?? now);
  const seconds = Math.floor(awayMs / 1_000);
  return {
    healthy: awayMs < awayWithinMs,
    sentence: `ACS has not been connected for ${seconds} seconds`,
  };
}
