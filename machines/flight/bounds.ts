import { actorOfLine } from './entry.ts';
import { taskIdIn } from './told.ts';

/** How much of the flight record is kept. */
export interface FlightBounds {
  /** Most entries of one actor of a task, and of one that lives as long as the agent. */
  ofTaskActor: number;
  ofOther: number;
  /** Most characters of all entries together. */
  characters: number;
}

/** What the bounds are where nothing else is said: some forty entries each of a thousand tasks fit. */
export const flightBounds: FlightBounds = {
  ofTaskActor: 100,
  ofOther: 500,
  characters: 4 * 1_048_576,
};

/**
 * What of a record's lines, oldest first, is within its bounds: the latest of each actor. Where these
 * are still too many, tasks that have ended go whole, the one that ended first before the others, and
 * then the oldest lines of all.
 */
export function withinBounds(
  lines: string[],
  isLiving: (taskId: string) => boolean,
  bounds: FlightBounds,
): string[] {
  const latest = latestOfEach(lines, bounds);
  const excess = lengthOf(latest) - bounds.characters;
  if (excess <= 0) return latest;
  const gone = endedFirst(latest, isLiving, excess);
  const left = latest.filter((line) => !gone.has(taskIdIn(actorOfLine(line))));
  let over = lengthOf(left) - bounds.characters;
  let from = 0;
  while (over > 0) over -= (left[from++]?.length ?? 0) + 1;
  return left.slice(from);
}

/** How many characters these lines take, with their ends. */
export const lengthOf = (lines: string[]): number =>
  lines.reduce((sum, { length }) => sum + length + 1, 0);

function latestOfEach(lines: string[], { ofTaskActor, ofOther }: FlightBounds): string[] {
  const counts = new Map<string, number>();
  const kept: string[] = [];
  for (let at = lines.length - 1; at >= 0; at--) {
    const line = lines[at] ?? '';
    const actor = actorOfLine(line);
    const count = (counts.get(actor) ?? 0) + 1;
    counts.set(actor, count);
    if (count <= (taskIdIn(actor) === '' ? ofOther : ofTaskActor)) kept.push(line);
  }
  return kept.reverse();
}

/** The tasks that have to go so that there are so many characters less; as many as there are. */
function endedFirst(
  lines: string[],
  isLiving: (taskId: string) => boolean,
  excess: number,
): Set<string> {
  const lengths = new Map<string, number>();
  for (const line of lines) {
    const taskId = taskIdIn(actorOfLine(line));
    if (taskId === '' || isLiving(taskId)) continue;
    const length = (lengths.get(taskId) ?? 0) + line.length + 1;
    // Anew at its end, so that their order is that of their last lines.
    lengths.delete(taskId);
    lengths.set(taskId, length);
  }
  const gone = new Set<string>();
  let over = excess;
  for (const [taskId, length] of lengths) {
    if (over <= 0) break;
    gone.add(taskId);
    over -= length;
  }
  return gone;
}
