import { expect } from 'chai';
import { readingBreaches } from './readings.ts';
import { listed, productSources } from './source.ts';

const breaches = (path: string, text: string): string => listed(readingBreaches({ path, text }));

describe('clock, chance and environment', () => {
  it('are read only in their own files', () => {
    expect(listed(productSources().flatMap(readingBreaches))).to.equal('');
  });

  const forbidden = [
    'const at = Date.now();',
    'const clock = { now: Date.now };',
    'const at = new Date();',
    'const at = new Date;',
    'const at = Date();',
    'const at = performance.now();',
    'setTimeout(wake, 5);',
    'socket.setTimeout(5);',
    'setInterval(wake, 5);',
    'setImmediate(wake);',
    'const signal = AbortSignal.timeout(5);',
    "import { setTimeout as wait } from 'node:timers/promises';",
    'const at = process.hrtime.bigint();',
    'const roll = Math.random();',
    'const id = crypto.randomUUID();',
    'const id = randomBytes(8);',
    `const text = \`\${{ at: Date.now() }} ms\`;`,
    'const home = process.env.HOME;',
    'const { env } = process;',
    "import { env } from 'node:process';",
  ];
  for (const text of forbidden)
    it(`are not read elsewhere by: ${text}`, () => {
      expect(breaches('actors/task.ts', `// why\n${text}\n`)).to.match(
        /^actors\/task\.ts:2: reads/,
      );
    });

  it('may each be read in one place', () => {
    expect(breaches('transport/host/clock.ts', 'setTimeout(wake, Date.now());')).to.equal('');
    expect(breaches('transport/host/clock.ts', 'Math.random();')).not.to.equal('');
    expect(breaches('transport/host/random.ts', 'Math.random();')).to.equal('');
    expect(breaches('transport/host/random.ts', 'Date.now();')).not.to.equal('');
    expect(breaches('bin/config/read.ts', 'process.env;')).to.equal('');
    expect(breaches('bin/commands/run.ts', 'process.env;')).not.to.equal('');
  });

  it('are not read by a date of a given time, nor by a comment, a text or a type', () => {
    const text = `// Date.now()
      const at: Date = new Date(given);
      const said = 'setTimeout(' + \`Math.random \${new Date(0)}\`;
      const pattern = /Date.now'/;`;
    expect(breaches('actors/task.ts', text)).to.equal('');
  });
});
