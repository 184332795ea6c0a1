import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { AgentError } from '../../machines/names/errors.ts';
import { realClock } from '../../transport/host/clock.ts';
import { allFaultKinds } from '../simulation/plan/faults.ts';
import type { Plan } from '../simulation/plan/plan.ts';
import { type Regression, regressionOf } from '../simulation/regression.ts';
import type { Violation } from '../simulation/rules/invariants.ts';
import { drawPlan, type Outcome, simulate } from '../simulation/run.ts';
import { runSeeds, runSeedsApart, type Seeds } from '../simulation/seeds.ts';
import { shrink } from '../simulation/shrink.ts';

/** A seed that breaks a rule. */
interface Failed {
  seed: number;
  violation: Violation;
}

/** From so many seeds on, every kind of fault must have struck. */
const enoughSeeds = 1_000;

const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/**
 * `ecs-agent simulate`: runs the whole agent in virtual time among faults, all by a seed, and tells
 * which rules it broke. Answers 0 if it broke none.
 */
export async function simulateCommand(words: string[]): Promise<number> {
  const { seeds, jobs, trace, lines, plan } = optionsOf(words);
  if (plan !== null) return replay(JSON.parse(readFileSync(plan, 'utf8')) as Plan);
  if (trace) return replay(drawPlan(seeds.from, seeds));
  if (lines) {
    await runSeeds(seeds, (outcome) => write(JSON.stringify(outcome)));
    return 0;
  }
  const clock = realClock();
  const began = clock.now();
  const tally = new Tally();
  const run =
    jobs === 1
      ? runSeeds
      : (all: Seeds, tell: (outcome: Outcome) => void) => runSeedsApart(all, jobs, tell);
  await run(seeds, (outcome) => tally.add(outcome));
  const least: Plan[] = [];
  for (const failed of tally.failed) least.push(await tellFailure(failed, seeds));
  await writeScenario(least);
  const never = tally.tellFaults(seeds);
  const seconds = Math.max(1, clock.now() - began) / 1_000;
  const rate = Math.round(tally.minutes / seconds);
  write(
    `${tally.seeds} seeds, ${tally.failed.length} violations; ` +
      `${Math.round(tally.minutes)} simulated minutes in ${Math.round(seconds)} s, ${rate} a second`,
  );
  return tally.failed.length === 0 && never.length === 0 ? 0 : 1;
}

/** Runs one plan, and tells everything that happens in it: the same plan, the same bytes. */
async function replay(plan: Plan): Promise<number> {
  const { violation } = await simulate(plan, write);
  if (!violation) return 0;
  write(`${violation.rule}: ${violation.what}`);
  return 1;
}

/** Tells what broke, how to see it again, and the least plan that breaks the same rule. */
async function tellFailure({ seed, violation }: Failed, size: Seeds): Promise<Plan> {
  const { tasks, minutes } = size;
  write(`seed ${seed} after ${violation.at} ms: ${violation.rule}: ${violation.what}`);
  write(
    `  replay it: ecs-agent simulate --seeds ${seed} --tasks ${tasks} --minutes ${minutes} --trace`,
  );
  const least = await shrink(
    drawPlan(seed, size),
    async (plan) => (await simulate(plan)).violation?.rule === violation.rule,
  );
  write('  what is left of it when it is shrunk, to be run with ecs-agent simulate --plan FILE:');
  write(JSON.stringify(least));
  return least;
}

/** Writes the first of these plans that fails as a scenario as well, else the first of all. */
async function writeScenario(plans: Plan[]): Promise<void> {
  let best: Regression | undefined;
  for (const plan of plans) {
    const regression = await regressionOf(plan);
    best = regression.fails ? regression : (best ?? regression);
    if (best.fails) break;
  }
  if (!best) return;
  const { file, text, fails } = best;
  const how = fails ? 'which fails as well' : 'which does not fail, as no step says what broke';
  try {
    writeFileSync(file, text);
    write(`told as a scenario, ${how}: ecs-agent scenario run ${file}`);
  } catch (error) {
    write(`told as a scenario, ${how}; ${file} cannot be written: ${(error as Error).message}`);
    write(text);
  }
}

/** What came of all seeds. */
class Tally {
  seeds = 0;
  minutes = 0;
  readonly failed: Failed[] = [];
  readonly #struck = new Map<string, number>();

  add(outcome: Outcome): void {
    this.seeds += 1;
    this.minutes += outcome.minutes;
    const { violation } = outcome;
    if (violation) this.failed.push({ seed: outcome.seed, violation });
    for (const [kind, times] of Object.entries(outcome.struck))
      this.#struck.set(kind, (this.#struck.get(kind) ?? 0) + times);
  }

  /** Tells how often each kind of fault struck; answers those that should have and did not. */
  tellFaults({ from, to }: Seeds): string[] {
    write('How often each kind of fault struck:');
    for (const kind of allFaultKinds)
      write(`  ${String(this.#struck.get(kind) ?? 0).padStart(8)}  ${kind}`);
    if (to - from + 1 < enoughSeeds) return [];
    const never = allFaultKinds.filter((kind) => !this.#struck.has(kind));
    if (never.length > 0) write(`never struck: ${never.join(', ')}`);
    return never;
  }
}

function optionsOf(words: string[]) {
  try {
    const { values } = parseArgs({
      args: words,
      options: {
        seeds: { type: 'string', default: '1..100' },
        minutes: { type: 'string', default: '60' },
        tasks: { type: 'string', default: '20' },
        jobs: { type: 'string', default: String(availableParallelism()) },
        trace: { type: 'boolean', default: false },
        lines: { type: 'boolean', default: false },
        plan: { type: 'string' },
      },
    });
    const [from, to] = rangeOf(values.seeds);
    const [tasks, minutes, jobs] = [values.tasks, values.minutes, values.jobs].map(countOf);
    return {
      seeds: { from, to, tasks: tasks ?? 20, minutes: minutes ?? 60 },
      jobs: Math.min(jobs ?? 1, to - from + 1),
      trace: values.trace,
      lines: values.lines,
      plan: values.plan ?? null,
    };
  } catch (error) {
    throw new AgentError('USAGE', `simulate: ${(error as Error).message}`);
  }
}

function rangeOf(text: string): [number, number] {
  const [, first, last] = /^(\d+)(?:\.\.(\d+))?$/.exec(text) ?? [];
  if (first === undefined) throw new Error(`--seeds must be like 1..100, not ${text}`);
  return [Number(first), Number(last ?? first)];
}

function countOf(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${text} is not a number of that`);
  return Number(text);
}
