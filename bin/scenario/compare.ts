/** One line of what is expected beside one of what was seen; null where there is none. */
export interface Pair {
  expected: string | null;
  seen: string | null;
  isSame: boolean;
}

/** Whether a line is as a file says it: `…` in it stands for any text. */
export function matches(expected: string, seen: string): boolean {
  const [first = '', ...rest] = expected.split('…');
  if (rest.length === 0) return expected === seen;
  const last = rest.pop() ?? '';
  if (seen.length < first.length + last.length) return false;
  if (!seen.startsWith(first) || !seen.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = seen.indexOf(part, from);
    if (at < 0 || at + part.length > seen.length - last.length) return false;
    from = at + part.length;
  }
  return true;
}

/** A line that stands for any number of lines. */
const anyLines = '…';

/** What is expected, the first line for any number of lines so often that there are `count`. */
function stretched(expected: string[], count: number): string[] {
  const at = expected.indexOf(anyLines);
  if (at < 0) return expected;
  const others = [expected.slice(0, at), expected.slice(at + 1)] as const;
  const missing = Math.max(0, count - expected.length + 1);
  return [...others[0], ...Array<string>(missing).fill(anyLines), ...others[1]];
}

/** What is expected in order beside what was seen in order. */
export function beside(lines: string[], seen: string[]): Pair[] {
  const expected = stretched(lines, seen.length);
  return Array.from({ length: Math.max(expected.length, seen.length) }, (_, at) => {
    const [wanted, had] = [expected[at] ?? null, seen[at] ?? null];
    return {
      expected: wanted,
      seen: had,
      isSame: wanted !== null && had !== null && matches(wanted, had),
    };
  });
}

/**
 * How far lines are as expected: `yes`; `not yet`, where more may come; `never`, where one is another
 * or there are too many.
 */
export function verdictOf(lines: string[], seen: string[]): 'yes' | 'not yet' | 'never' {
  const expected = stretched(lines, seen.length);
  const isThere = seen.every((line, at) => matches(expected[at] ?? '', line));
  if (isThere && seen.length === expected.length) return 'yes';
  if (lines.includes(anyLines)) return 'not yet';
  return isThere && seen.length < expected.length ? 'not yet' : 'never';
}
