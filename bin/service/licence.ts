import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AgentError } from '../../machines/names/errors.ts';

const line = `${'='.repeat(80)}\n`;

/** Those of this agent, from the files beside its executable: wherever it was started. */
export const ownLicence = (): Promise<string> =>
  licenceText(dirname(realpathSync(process.argv[1] ?? '.')));

/**
 * The licence of the agent, and those of what is in it, from files of this folder. Rejects with code
 * `LICENCE_MISSING`.
 */
export async function licenceText(folder: string): Promise<string> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  try {
    // A NOTICE is there only where somebody has to be named.
    const notice = await read('NOTICE').catch(() => null);
    const texts = [await read('LICENSE'), notice, await read('THIRD-PARTY')];
    return texts.filter((text) => text !== null).join(line);
  } catch (error) {
    throw new AgentError(
      'LICENCE_MISSING',
      `The licences are not beside the executable: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
