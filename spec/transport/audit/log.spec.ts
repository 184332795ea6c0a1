import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Rotation } from '../../../transport/audit/file.ts';
import { openAuditLog } from '../../../transport/audit/log.ts';
import type { AuditPort } from '../../../transport/audit/port.ts';
import { SimClock } from '../../../transport/sim/clock.ts';

const hourMs = 3_600_000;

describe('the audit log', () => {
  let folder: string;
  let clock: SimClock;
  let echoed: string;
  let warned: string[];
  let log: AuditPort;

  const open = ({
    rotation = { by: { kind: 'size', mostBytes: 1_000 }, kept: 2 },
    path = join(folder, 'log', 'audit.log'),
  }: {
    rotation?: Rotation;
    path?: string;
  } = {}) => {
    log = openAuditLog({
      path,
      rotation,
      clock,
      keeper: () => ({ cluster: 'prod', containerInstanceArn: null }),
      echo: (text) => {
        echoed += text;
      },
      warn: (message) => warned.push(message),
    });
  };
  const write = (userAgent: string) =>
    log.write({
      status: 200,
      remote: { address: '10.0.0.1', port: 1 },
      path: '/v2/credentials',
      userAgent,
      taskArn: null,
      event: 'GetCredentials',
    });
  const names = () => readdirSync(join(folder, 'log')).sort();
  const agentsIn = (name: string) =>
    readFileSync(join(folder, 'log', name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('"')[3]);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'audit-'));
    clock = new SimClock(new Date(2026, 5, 1, 14, 30).getTime());
    echoed = '';
    warned = [];
  });
  afterEach(() => {
    log.close();
    rmSync(folder, { recursive: true });
  });

  it('has a line in its file before the asker is answered', () => {
    open();
    write('a');
    expect(agentsIn('audit.log')).to.deep.equal(['a']);
  });

  it('tells standard output the same lines, all of a turn at once', async () => {
    open();
    write('a');
    write('b');
    expect(echoed).to.equal('');
    await clock.settle();
    expect(echoed).to.equal(readFileSync(join(folder, 'log', 'audit.log'), 'utf8'));
  });

  it('sets a full file aside under the next number, and keeps the newest', () => {
    open({ rotation: { by: { kind: 'size', mostBytes: 1 }, kept: 2 } });
    for (const agent of ['a', 'b', 'c', 'd', 'e']) write(agent);
    expect(names()).to.deep.equal(['audit.log', 'audit.log.3', 'audit.log.4']);
    expect(agentsIn('audit.log')).to.deep.equal(['e']);
    expect(agentsIn('audit.log.4')).to.deep.equal(['d']);
  });

  it('counts on from what an earlier run set aside, and leaves other files alone', () => {
    open({ rotation: { by: { kind: 'size', mostBytes: 1 }, kept: 2 } });
    write('a');
    for (const name of ['audit.log.9', 'audit.log.10', 'audit.log.old', 'other.log.1'])
      writeFileSync(join(folder, 'log', name), '');
    write('b');
    expect(names()).to.deep.equal([
      ...['audit.log', 'audit.log.10', 'audit.log.11', 'audit.log.old', 'other.log.1'],
    ]);
    expect(agentsIn('audit.log.11')).to.deep.equal(['a']);
  });

  it('sets a file aside when its hour has passed, under that hour of local time', async () => {
    open({ rotation: { by: { kind: 'hour' }, kept: 1 } });
    write('a');
    write('b');
    await clock.advance(hourMs);
    write('c');
    expect(names()).to.deep.equal(['audit.log', 'audit.log.2026-06-01-14']);
    expect(agentsIn('audit.log.2026-06-01-14')).to.deep.equal(['a', 'b']);
    await clock.advance(hourMs);
    write('d');
    expect(names()).to.deep.equal(['audit.log', 'audit.log.2026-06-01-15']);
  });

  it('keeps both files of an hour that comes twice', async () => {
    open({ rotation: { by: { kind: 'hour' }, kept: 5 } });
    write('a');
    writeFileSync(join(folder, 'log', 'audit.log.2026-06-01-14'), 'the first\n');
    await clock.advance(hourMs);
    write('b');
    expect(names()).to.deep.equal([
      ...['audit.log', 'audit.log.2026-06-01-14', 'audit.log.2026-06-01-14-2'],
    ]);
  });

  it('begins a line of its own after one that a full disk has cut', () => {
    open();
    write('a');
    log.close();
    appendFileSync(join(folder, 'log', 'audit.log'), 'half a li');
    write('b');
    expect(readFileSync(join(folder, 'log', 'audit.log'), 'utf8')).to.match(/\nhalf a li\n2026/);
  });

  it('goes on without a file that cannot be written, and says so once a minute', async () => {
    writeFileSync(join(folder, 'log'), 'not a folder');
    open();
    write('a');
    write('b');
    await clock.advance(60_000);
    write('c');
    expect(warned).to.have.length(2);
    expect(warned[0]).to.match(/^The audit log .*audit\.log cannot be written: /);
    await clock.settle();
    expect(echoed.split('\n')).to.have.length(4);
    rmSync(join(folder, 'log'));
    write('d');
    expect(agentsIn('audit.log')).to.deep.equal(['d']);
  });
});
