import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import type { Random } from '../../transport/host/port.ts';
import { simRandom } from '../../transport/sim/random.ts';
import type { Events } from './events.ts';
import { ends, type Placed, type Stage, untilTerm } from './stage.ts';

/** A task of the loop, and what must have become of it. */
interface Subject {
  task: Placed;
  /** By container; null where chance decides whether it starts at all. */
  codes: Record<string, number | null>;
}

/** A number for a loop, or the one of `INTEROP_SEED` to see a loop again. */
export const newSeed = (): number =>
  Number(process.env.INTEROP_SEED ?? Math.floor(Math.random() * 2 ** 32));

/**
 * Kills the agent with SIGKILL again and again, at moments of chance between its boot and its rest,
 * while tasks are placed, start, run, end by themselves and are stopped. Then lets it finish, and looks
 * at what it told, and at what the Engine says that was done.
 */
export async function killLoop(
  stage: Stage,
  { kills, tasks, seed }: { kills: number; tasks: number; seed: number },
): Promise<void> {
  const chance = simRandom(seed);
  const events = await stage.events();
  try {
    const subjects: Subject[] = [];
    const stops: Promise<void>[] = [];
    for (let kill = 0; kill < kills; kill++) {
      // All are placed in the first two thirds.
      const due = Math.min(tasks, Math.ceil(((kill + 1) / kills) * 1.5 * tasks));
      while (subjects.length < due) subjects.push(place(stage, { chance, kills, stops }));
      stage.start();
      // A boot takes some 300 ms: about one in four does not get as far as the control plane.
      await passed(100 + chance.roll() * 900);
      await stage.kill();
    }
    stage.start();
    await Promise.all(stops);
    for (const { task } of subjects) await task.told('STOPPED');
    for (const subject of subjects) await check(subject, events);
    await nothingIsLeft(stage);
  } finally {
    events.close();
  }
}

/** Places a task of the next kind. */
function place(
  stage: Stage,
  { chance, kills, stops }: { chance: Random; kills: number; stops: Promise<void>[] },
): Subject {
  const code = 1 + Math.floor(chance.roll() * 100);
  const later = Math.round(chance.roll() * kills * 0.5);
  switch (Math.floor(chance.roll() * 8)) {
    case 0:
      return subject(stage, { main: ends(code, later) }, { main: code });
    case 1:
    case 2:
    case 3:
      // One that has ended before the call that starts it is answered must not be started again.
      return subject(stage, { main: ends(code) }, { main: code });
    case 4: {
      const side = untilTerm(code + 1);
      return subject(stage, { main: ends(code, later + 1), side }, { main: code, side: code + 1 });
    }
    case 5:
    case 6: {
      const stopped = subject(stage, { main: untilTerm(code) }, { main: code });
      const stop = async () => {
        await stopped.task.told('RUNNING');
        await passed(500 + later * 1_000);
        stopped.task.stop();
      };
      stops.push(stop());
      return stopped;
    }
    default: {
      const hasty = subject(stage, { main: untilTerm(code) }, { main: null });
      const stop = async () => {
        await passed(chance.roll() * 2_000);
        hasty.task.stop();
      };
      stops.push(stop());
      return hasty;
    }
  }
}

const subject = (
  stage: Stage,
  commands: Record<string, string[]>,
  codes: Subject['codes'],
): Subject => ({
  task: stage.run(
    Object.entries(commands).map(([name, command]) => ({ name, memory: 16, command })),
  ),
  codes,
});

/** Each container was made and started once, and ECS was told how it ended: never two things. */
async function check({ task, codes }: Subject, events: Events): Promise<void> {
  const ends = task.reports().filter(({ status }) => status === 'STOPPED');
  for (const [name, code] of Object.entries(codes)) {
    const done = events.of(task.arn, name);
    const count = (action: string) => done.filter((one) => one.action === action).length;
    const told = ends.map(({ containers }) => containers.find((one) => one.name === name));
    const what = `${name} of ${task.id}`;
    // One that was stopped at once may never have been made, or never started.
    const least = code === null ? 0 : 1;
    expect(count('create'), `creates of ${what}`).to.be.within(least, 1);
    expect(count('start'), `starts of ${what}`).to.be.within(least, count('create'));
    const died = done.find(({ action }) => action === 'die')?.exitCode ?? null;
    if (code !== null) expect(died, `exit code of ${what}`).to.equal(code);
    for (const each of told)
      expect(each?.exitCode ?? null, `exit code told of ${what}`).to.equal(died);
  }
}

/** The remains of stopped tasks go after a short while, and nothing else is there. */
async function nothingIsLeft(stage: Stage): Promise<void> {
  while ((await stage.containers()).length > 0) await passed(200);
}
