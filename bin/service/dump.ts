import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DumpLine } from '../../actors/dump.ts';
import { lineOf } from './lines.ts';

/** What a dump is made of. */
export interface Dump {
  /** Epoch milliseconds. */
  at: number;
  /** What every actor does and waits for. */
  present: DumpLine[];
  /** The lines of the flight record. */
  record: string[];
}

/**
 * Writes a dump into a folder, over an earlier one, and answers its path: what is so now in lines that
 * begin with `#`, and what happened before as the flight record has it.
 */
export async function writeDump(folder: string, { at, present, record }: Dump): Promise<string> {
  const path = join(folder, 'agent.dump');
  const now = present.map(
    ({ message, fields }) => `# ${lineOf('logfmt', { level: 'info', message, fields, at })}`,
  );
  await writeFile(`${path}.new`, `${[...now, ...record].join('\n')}\n`, { mode: 0o600 });
  await rename(`${path}.new`, path);
  return path;
}
