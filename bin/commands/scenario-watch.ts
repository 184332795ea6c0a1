import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';

/**
 * Runs again whenever one of the files has changed, one run after the other; answers what ends that.
 * Their folders are watched, as editors put a new file in the place of the old one.
 */
export function watchFiles(files: string[], run: () => Promise<unknown>): () => void {
  let last: Promise<unknown> = Promise.resolve();
  let isDue = false;
  const again = () => {
    if (isDue) return;
    isDue = true;
    last = last.then(() => {
      isDue = false;
      return run();
    });
  };
  const watchers = files.map((file) =>
    watch(dirname(resolve(file)), (_, name) => {
      if (name === basename(file)) again();
    }),
  );
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
