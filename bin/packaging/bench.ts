// Prints what the built agent costs: boot, tasks to RUNNING on an Engine that answers at once, memory.
// `flight [TASKS] [PAIRS]` prints what the flight record costs of it.
import { benchFlight } from './bench-flight.ts';
import { type BenchStage, memoryOf, onStage } from './bench-stage.ts';

const elapsed = (from: number) => performance.now() - from;

async function bench({ plane, agent, run, running }: BenchStage, count: number): Promise<void> {
  const from = performance.now();
  await plane.connected();
  console.log(`boot until ACS is connected    ${elapsed(from).toFixed(0)} ms`);
  console.log(`memory, idle                   ${memoryOf(agent)}`);
  const begin = performance.now();
  run(count);
  await plane.until(({ unacknowledged }) => unacknowledged.length === 0);
  console.log(`${count} tasks acknowledged         ${elapsed(begin).toFixed(0)} ms`);
  await running();
  const ms = elapsed(begin);
  console.log(
    `${count} tasks RUNNING              ${ms.toFixed(0)} ms, ${((count * 1_000) / ms).toFixed(0)} a second`,
  );
  console.log(`memory, ${count} tasks              ${memoryOf(agent)}`);
}

const [first, ...more] = process.argv.slice(2);
if (first === 'flight')
  await benchFlight({ count: Number(more[0] ?? 1_000), pairs: Number(more[1] ?? 10) });
else await onStage({}, (stage) => bench(stage, Number(first ?? 200)));
