import { type LogSettings, openLog, plainLog } from '../../../bin/service/log.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

/**
 * A process that speaks to the log: `SETTINGS LINES`, where the settings are JSON. It says one line of
 * each level, then LINES more, closes the log, says one line too many, and exits at once.
 */
const [, , settings = '{}', lines = '0'] = process.argv;
const log = openLog(
  { ...plainLog, ...(JSON.parse(settings) as Partial<LogSettings>) },
  new SimClock(Date.UTC(2026, 5, 30, 17, 2, 14, 567)),
);
log.debug('Asked');
log.info('Loading "configuration"', { key: 'v w', num: 1, is: true, none: null });
log.warn('Two\nlines');
log.error('Failed', { code: 'DOCKER_TIMEOUT' });
log.critical('The agent ends');
for (let n = 0; n < Number(lines); n++) {
  log.info('More', { n });
  if (n % 10 === 0) await new Promise(setImmediate); // lets a failing sink fail meanwhile
}
await log.close();
log.error('Too late');
await new Promise(setImmediate);
process.stderr.write('closed');
process.exit(0);
