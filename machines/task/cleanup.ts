/** A task that has stopped and whose remains are still there. */
export interface StoppedTask {
  arn: string;
  family: string;
  /** Epoch ms. */
  stoppedAt: number;
}

/**
 * The stopped tasks whose remains go before their time where the disk runs full, those that stopped
 * first in front. The latest of each family stays: its logs are the ones that people look for.
 */
export function overstaying(tasks: StoppedTask[]): string[] {
  const inOrder = [...tasks].sort((one, other) => one.stoppedAt - other.stoppedAt);
  const latest = new Map(inOrder.map(({ family, arn }) => [family, arn]));
  return inOrder.filter(({ family, arn }) => latest.get(family) !== arn).map(({ arn }) => arn);
}
