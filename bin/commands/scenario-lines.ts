import { styleText } from 'node:util';
import type { Failure } from '../scenario/play.ts';

/** How lines are written. */
export interface Page {
  /** How many characters a line may have. */
  columns: number;
  colours: boolean;
}

/**
 * A failure as lines: where it is and what it is about, and below that what was expected beside what
 * was seen, each line with its number in the file.
 */
export function failureLines({ place, says, pairs }: Failure, page: Page): string[] {
  const numbers = pairs.map(({ line }) => (line === null ? '' : String(line)));
  const margin = Math.max(4, ...numbers.map(({ length }) => length));
  const width = Math.max(20, Math.floor((page.columns - margin - 9) / 2));
  const row = (mark: string, number: string, [left, right]: [string, string]) =>
    `  ${mark} ${number.padStart(margin)}  ${left.padEnd(width)}  ${right}`.trimEnd();
  const rows = pairs.flatMap(({ expected, seen, isSame }, at) => {
    const [left, right] = [wrapped(expected ?? '–', width), wrapped(seen ?? '–', width)];
    const height = Math.max(left.length, right.length);
    return Array.from({ length: height }, (_, line) => {
      const mark = isSame || line > 0 ? ' ' : '✗';
      const text = row(mark, line === 0 ? (numbers[at] ?? '') : '', [
        left[line] ?? '',
        right[line] ?? '',
      ]);
      return isSame ? text : paint('red', text, page);
    });
  });
  return [
    `${place.file}:${place.line}:${place.column}: ${says}`,
    paint('dim', row(' ', 'line', ['expected', 'seen']), page),
    ...rows,
  ];
}

/** Text in lines of a width, broken at spaces where there are any. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let left = text;
  while (left.length > width) {
    const space = left.lastIndexOf(' ', width);
    const end = space > 0 ? space : width;
    lines.push(left.slice(0, end));
    left = left.slice(end).trimStart();
  }
  return [...lines, left];
}

const paint = (style: 'red' | 'dim', text: string, { colours }: Page): string =>
  colours ? styleText(style, text, { validateStream: false }) : text;
