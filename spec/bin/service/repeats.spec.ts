import { expect } from 'chai';
import type { Line } from '../../../bin/service/lines.ts';
import { counted, Repeats } from '../../../bin/service/repeats.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

describe('lines that come again', () => {
  let clock: SimClock;
  let repeats: Repeats;
  let written: string[];
  beforeEach(() => {
    clock = new SimClock(0);
    written = [];
    repeats = new Repeats(clock, ({ message, fields, at }) => {
      const said = [message, ...Object.entries(fields).map((pair) => pair.join('='))].join(' ');
      written.push(`${at / 1_000} ${said}`);
    });
  });

  const say = (message: string, more: Partial<Line> = {}) =>
    repeats.say({ level: 'error', message, fields: {}, at: clock.now(), ...more });

  it('are counted for a minute, and told once with their number', async () => {
    say('Engine gone');
    await clock.advance(10_000);
    say('Engine gone');
    say('Engine gone');
    expect(written).to.deep.equal(['0 Engine gone']);
    await clock.advance(50_000);
    expect(written).to.deep.equal(['0 Engine gone', '60 Engine gone repeated=2']);
  });

  it('take one line a minute, however often they come', async () => {
    for (let second = 0; second < 180; second++) {
      say('Engine gone');
      await clock.advance(1_000);
    }
    expect(written).to.deep.equal([
      '0 Engine gone',
      '60 Engine gone repeated=59',
      '120 Engine gone repeated=60',
      '180 Engine gone repeated=60',
    ]);
  });

  it('are news again after a minute of silence', async () => {
    say('Engine gone');
    await clock.advance(60_000);
    say('Engine gone');
    expect(written).to.deep.equal(['0 Engine gone', '60 Engine gone']);
  });

  it('differ where their level or a field differs', () => {
    say('Engine gone');
    say('Engine gone', { level: 'warn' });
    say('Engine gone', { fields: { attempt: 2 } });
    expect(written).to.have.length(3);
  });

  it('are told at the end, if they were counted', () => {
    say('Engine gone');
    say('Engine gone');
    say('Once');
    repeats.flush();
    expect(written).to.deep.equal(['0 Engine gone', '0 Once', '0 Engine gone repeated=1']);
  });

  it('are remembered up to two hundred: the oldest is told and forgotten', async () => {
    say('Oldest');
    say('Oldest');
    for (let n = 0; n < 200; n++) say(`Other ${n}`);
    expect(written.at(-1)).to.equal('0 Oldest repeated=1');
    say('Oldest');
    expect(written.at(-1)).to.equal('0 Oldest');
    await clock.advance(120_000);
    expect(written).to.have.length(203);
  });
});

describe('a log through which lines are counted', () => {
  it('has each line as it was said, and once a minute how often it came again', async () => {
    const clock = new SimClock(0);
    const written: unknown[][] = [];
    const write =
      (level: string) =>
      (...said: unknown[]) =>
        written.push([level, ...said]);
    const log = { ...{ debug: write('debug'), info: write('info') }, warn: write('warn') };
    const { warn, error, info } = counted({ ...log, error: write('error') }, clock);
    info('Begun', { at: 1 });
    for (let times = 0; times < 3; times++) error('Engine gone');
    warn('Engine gone');
    await clock.advance(60_000);
    expect(written).to.deep.equal([
      ['info', 'Begun', { at: 1 }],
      ['error', 'Engine gone'],
      ['warn', 'Engine gone'],
      ['error', 'Engine gone', { repeated: 2 }],
    ]);
  });
});
