import { open } from 'node:fs';
import { beginLife } from '../../../bin/service/life.ts';
import { openLog, plainLog } from '../../../bin/service/log.ts';
import { realClock } from '../../../transport/host/clock.ts';

/**
 * A process that lives as the agent does, and does what its first word says; the second is a path for
 * it. It ends when it is asked to, or when something makes it.
 */
const [, , what, path = ''] = process.argv;
const clock = realClock();
const log = openLog(plainLog, clock);
const life = beginLife({ clock, log: () => log });
const keepAlive = setInterval(() => {}, 1_000);

const kept: unknown[] = [];
const leak = (): void => {
  kept.push(Array.from({ length: 20_000 }, (_, n) => ({ n })));
  setTimeout(leak, 1);
};

const deeds: Record<string, () => void> = {
  wait: () => {},
  // Goes on after it was asked to stop, until SIGUSR2.
  linger: () => {},
  throw: () => {
    setTimeout(() => {
      throw Object.assign(new Error('a fault\nof this program'), { code: 'SPEC_FAULT' });
    });
  },
  reject: () => void Promise.reject('no error'),
  leak,
  // Nobody writes to the pipe, so a thread of the pool waits for ever.
  hang: () => open(path, 'r', () => {}),
};
const released = new Promise((resolve) => process.once('SIGUSR2', resolve));
deeds[what ?? '']?.();
log.info('Begun');

await new Promise((resolve) => life.ending.addEventListener('abort', resolve));
if (what === 'linger') await released;
clearInterval(keepAlive);
const code = await life.leave(what === 'wait' ? 7 : 0);
await log.close();
process.exit(code);
