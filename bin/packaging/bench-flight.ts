import { cpuSecondsOf, onStage } from './stage.ts';

/** By this time after the last task runs, all that was recorded of it is written. */
const settleMs = 1_000;

/** Prints the CPU time of the agent with and without its flight record, in pairs of runs by turns. */
export async function benchFlight({
  count,
  pairs,
}: {
  count: number;
  pairs: number;
}): Promise<void> {
  const without: number[] = [];
  const recorded: number[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    const first = pair % 2 === 1 ? [without, recorded] : [recorded, without];
    for (const runs of first)
      runs.push(
        await cpuSecondsFor(count, runs === without ? { ECS_BENCH_WITHOUT_FLIGHT: 'true' } : {}),
      );
    console.log(
      `pair ${String(pair).padStart(2)}  without ${shown(without.at(-1))}  with ${shown(recorded.at(-1))}`,
    );
  }
  const [base, full] = [median(without), median(recorded)];
  const percent = ((full / base - 1) * 100).toFixed(1);
  console.log(`CPU time for ${count} tasks, median of ${pairs}`);
  console.log(`without the flight record      ${shown(base)}`);
  console.log(`with it                        ${shown(full)}, ${percent} % more`);
}

async function cpuSecondsFor(count: number, environment: Record<string, string>): Promise<number> {
  let seconds = 0;
  await onStage(environment, async ({ plane, agent, run, told }) => {
    await plane.connected();
    run(count);
    await told('RUNNING');
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    seconds = cpuSecondsOf(agent);
  });
  return seconds;
}

const shown = (seconds = 0): string => `${seconds.toFixed(2)} s`;

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
