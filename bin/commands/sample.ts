import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AgentError } from '../../machines/names/errors.ts';
import type { ImagePort } from '../../transport/docker/port.ts';
import { page } from '../samples/site.ts';

/** The image of the sample task: a page, and a program that serves a folder. */
export const sampleImage = 'ecs-agent-sample:web';

/**
 * Makes the sample image in the Engine. Its program is esbuild's, which the project installs to
 * build itself: for Linux it is one static executable, and it can serve a folder. So the first run
 * needs no registry. Throws `SAMPLE_UNAVAILABLE` where esbuild for Linux is not installed.
 */
export async function makeSampleImage(engine: ImagePort, startAt: string): Promise<void> {
  const program = findUpwards(startAt, `node_modules/@esbuild/linux-${process.arch}/bin/esbuild`);
  if (program === null)
    throw new AgentError(
      'SAMPLE_UNAVAILABLE',
      'The sample image is made of esbuild for Linux, which is not installed here: name a task definition of your own',
    );
  const [repository = '', tag = ''] = sampleImage.split(':');
  await engine.importImage({
    repository,
    tag,
    files: [
      { path: 'serve', mode: 0o755, body: readFileSync(program) },
      { path: 'www/index.html', mode: 0o644, body: Buffer.from(page) },
    ],
    changes: ['ENTRYPOINT ["/serve"]'],
  });
}

/** The file `name` in `folder` or the nearest folder above it that has it. */
function findUpwards(folder: string, name: string): string | null {
  const path = join(folder, name);
  if (existsSync(path)) return path;
  return dirname(folder) === folder ? null : findUpwards(dirname(folder), name);
}
