// Prints what the built agent costs: boot, tasks to RUNNING on an Engine that answers at once, memory.
// `metrics [TASKS]` prints the same while it counts for Prometheus, and what a scrape takes then;
// `flight [TASKS] [PAIRS]` what the flight record costs of it.
import { benchFlight } from './bench-flight.ts';
import { memoryOf, onStage, type Stage } from './stage.ts';

const scrapes = 20;

const elapsed = (from: number) => performance.now() - from;

async function bench({ plane, agent, run, told }: Stage, count: number): Promise<void> {
  const from = performance.now();
  await plane.connected();
  console.log(`boot until ACS is connected    ${elapsed(from).toFixed(0)} ms`);
  console.log(`memory, idle                   ${memoryOf(agent)}`);
  const begin = performance.now();
  run(count);
  await plane.until(({ unacknowledged }) => unacknowledged.length === 0);
  console.log(`${count} tasks acknowledged         ${elapsed(begin).toFixed(0)} ms`);
  await told('RUNNING');
  const ms = elapsed(begin);
  console.log(
    `${count} tasks RUNNING              ${ms.toFixed(0)} ms, ${((count * 1_000) / ms).toFixed(0)} a second`,
  );
  console.log(`memory, ${count} tasks              ${memoryOf(agent)}`);
}

async function benchScrapes(): Promise<void> {
  const times: number[] = [];
  let bytes = 0;
  for (let i = 0; i < scrapes; i++) {
    const from = performance.now();
    bytes = (await (await fetch('http://127.0.0.1:51680/metrics')).text()).length;
    times.push(elapsed(from));
  }
  const median = times.sort((one, other) => one - other)[scrapes / 2] ?? 0;
  console.log(
    `${scrapes} scrapes of ${(bytes / 1e3).toFixed(0)} kB            median ${median.toFixed(1)} ms, longest ${times.at(-1)?.toFixed(1)} ms`,
  );
}

const [first, ...more] = process.argv.slice(2);
if (first === 'flight')
  await benchFlight({ count: Number(more[0] ?? 1_000), pairs: Number(more[1] ?? 10) });
else if (first === 'metrics')
  await onStage({ ECS_ENABLE_PROMETHEUS_METRICS: 'true' }, async (stage) => {
    await bench(stage, Number(more[0] ?? 200));
    await benchScrapes();
  });
else await onStage({}, (stage) => bench(stage, Number(first ?? 200)));
