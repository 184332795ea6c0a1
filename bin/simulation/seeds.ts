import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { drawPlan, type Outcome, simulate } from './run.ts';

/** Which simulations to run. */
export interface Seeds {
  from: number;
  to: number;
  tasks: number;
  minutes: number;
}

/** Runs one seed after the other. */
export async function runSeeds(seeds: Seeds, tell: (outcome: Outcome) => void): Promise<void> {
  for (let seed = seeds.from; seed <= seeds.to; seed++) tell(await simulate(drawPlan(seed, seeds)));
}

/**
 * The same in several processes of this executable at a time, which tell what came of each seed in
 * a line of JSON. Rejects if one of them ends otherwise than in good order.
 */
export async function runSeedsApart(
  seeds: Seeds,
  jobs: number,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  const each = Math.ceil((seeds.to - seeds.from + 1) / jobs);
  const starts = Array.from({ length: jobs }, (_, at) => seeds.from + at * each);
  await Promise.all(
    starts
      .filter((from) => from <= seeds.to)
      .map((from) => runApart({ ...seeds, from, to: Math.min(seeds.to, from + each - 1) }, tell)),
  );
}

function runApart(seeds: Seeds, tell: (outcome: Outcome) => void): Promise<void> {
  const { from, to, tasks, minutes } = seeds;
  const size = ['--tasks', String(tasks), '--minutes', String(minutes)];
  const words = ['simulate', '--lines', '--seeds', `${from}..${to}`, ...size];
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1] ?? '', ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => tell(JSON.parse(line)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`The simulation of seeds ${from}..${to} ended with ${code ?? signal}`));
    });
  });
}
