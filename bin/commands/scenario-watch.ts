import { watchFile } from 'node:fs';

/** How often files are looked at. */
const intervalMs = 300;

/** Runs again whenever one of the files has changed, until the process ends. */
export function watchFiles(files: string[], run: () => Promise<unknown>): Promise<never> {
  let last: Promise<unknown> = Promise.resolve();
  const again = () => {
    last = last.then(run);
  };
  for (const file of files)
    watchFile(file, { interval: intervalMs }, (now, before) => {
      if (now.mtimeMs !== before.mtimeMs) again();
    });
  return new Promise(() => {});
}
