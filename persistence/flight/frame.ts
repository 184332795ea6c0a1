import { crc32 } from 'node:zlib';

/** The most lines of one piece: what damage within it costs. */
const linesOfPiece = 500;

const head = /^F1 (\d+) ([0-9a-f]{8})$/;

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** Writes lines as pieces, each with a head of its own: `F1 <number of lines> <crc32>`. */
export function framed(lines: string[]): string {
  let text = '';
  for (let at = 0; at < lines.length; at += linesOfPiece) {
    const piece = lines.slice(at, at + linesOfPiece);
    const body = `${piece.join('\n')}\n`;
    text += `F1 ${piece.length} ${sumOf(body)}\n${body}`;
  }
  return text;
}

/** Whether a text has at least one head of a piece. */
export const isFramed = (text: string): boolean => /^F1 \d+ [0-9a-f]{8}$/m.test(text);

/** Reads the pieces of a text, and leaves out what is damaged. Never throws. */
export function unframed(text: string): { lines: string[]; damaged: number } {
  const rows = text.split('\n');
  if (rows.at(-1) === '') rows.pop();
  const lines: string[] = [];
  let damaged = 0;
  let isLost = false;
  for (let at = 0; at < rows.length; ) {
    const piece = rows[at] === '' ? [] : pieceAt(rows, at);
    if (piece) for (const line of piece) lines.push(line);
    else if (!isLost) damaged += 1;
    isLost = piece === null;
    at += 1 + (piece?.length ?? 0);
  }
  return { lines, damaged };
}

function pieceAt(rows: string[], at: number): string[] | null {
  const [, count, sum] = head.exec(rows[at] ?? '') ?? [];
  if (count === undefined || at + Number(count) >= rows.length) return null;
  const piece = rows.slice(at + 1, at + 1 + Number(count));
  return sumOf(`${piece.join('\n')}\n`) === sum ? piece : null;
}
