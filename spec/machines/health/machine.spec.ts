import { expect } from 'chai';
import * as decide from '../../../machines/health/decide.ts';
import { healthMachine } from '../../../machines/health/machine.ts';
import type {
  CheckName,
  Finding,
  Findings,
  HealthContext,
} from '../../../machines/health/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  starts,
  stops,
  when,
} from '../../support/chart.ts';

const health = chart(healthMachine);
const at = (state: string, more: Partial<HealthContext> = {}) =>
  when(health, state, { ...decide.newHealth(1_000), ...more });

const ok: Finding = { status: 'OK', reason: '' };
const impaired = (reason: string): Finding => ({ status: 'IMPAIRED', reason });
const found = (more: Partial<Findings> = {}): Findings => ({
  ContainerRuntime: ok,
  ACS: ok,
  TCS: ok,
  Disk: ok,
  EventLoop: ok,
  ...more,
});
const unasked = (deadline: number) => starts('silence', 'timer', { deadline });
const check = (
  type: CheckName,
  finding: Finding,
  [changedAt, previouslyAt, checkedAt]: number[],
) => ({
  type,
  ...finding,
  changedAt,
  previouslyAt,
  checkedAt,
});
const all = (finding: Finding, times: number[]) =>
  decide.newHealth(0).checks.map(({ type }) => check(type, finding, times));

describe('the health of the instance', () => {
  it('is not known before the first checks', () => {
    begins(health, { at: 1_000 }).comesTo(
      'resting',
      {
        checks: all({ status: 'INITIALIZING', reason: '' }, [1_000, 1_000, 1_000]) as never,
        run: 0,
        told: -1,
        isAsked: false,
      },
      [unasked(121_000)],
    );
  });

  it('is checked when ACS asks, which makes a run to tell ECS of', () => {
    at('resting')
      .gets({ type: 'checks.asked' })
      .comesTo('checking', { isAsked: true }, [stops('silence'), starts('check', 'check')])
      .gets(done('check', { findings: found(), at: 5_000, roll: 0 }))
      .comesTo(
        'resting',
        { checks: all(ok, [5_000, 1_000, 5_000]) as never, run: 1, isAsked: false },
        [unasked(125_000)],
      )
      .gets({ type: 'status.told', run: 1 })
      .stays({ told: 1 });
  });

  it('is checked where ACS is silent, which ECS is not told of', () => {
    at('resting')
      .gets(done('silence', { at: 121_000, roll: 0 }))
      .comesTo('checking', {}, [starts('check', 'check')])
      .gets(done('check', { findings: found(), at: 121_000, roll: 0 }))
      .comesTo('resting', { checks: all(ok, [121_000, 1_000, 121_000]) as never }, [
        unasked(241_000),
      ]);
  });

  it('is told to ECS where ACS asks while it is checked', () => {
    at('checking').gets({ type: 'checks.asked' }).stays({ isAsked: true });
  });

  everythingWasTaken(health);
});

describe('the checks of the health', () => {
  it('keep when their status changed, and what could not be told', () => {
    const before = { ...decide.newHealth(1_000), checks: all(ok, [2_000, 3_000, 4_000]) as never };
    const full = impaired('full');
    const { checks = [] } = decide.withFindings(before, found({ Disk: full, TCS: null }), 9_000);
    expect(checks).to.deep.equal([
      check('ContainerRuntime', ok, [2_000, 4_000, 9_000]),
      check('ACS', ok, [2_000, 4_000, 9_000]),
      check('TCS', ok, [2_000, 4_000, 9_000]),
      check('Disk', full, [9_000, 4_000, 9_000]),
      check('EventLoop', ok, [2_000, 4_000, 9_000]),
    ]);
  });

  const GiB = 1_073_741_824;
  const touch = (more: Partial<decide.Touch>) =>
    decide.serviceFinding('TCS', { isConnected: false, hasConnected: true, attempts: 0, ...more });
  const cases: [string, Finding | null, Finding | null][] = [
    ['an Engine that answers', decide.runtimeFinding(null), ok],
    [
      'an Engine that does not',
      decide.runtimeFinding('no answer within 2 s'),
      impaired('The Docker Engine does not answer: no answer within 2 s'),
    ],
    ['a service that is connected', touch({ isConnected: true, attempts: 3 }), ok],
    ['a service that is only connected anew', touch({}), ok],
    [
      'a service that has yet to be connected',
      touch({ hasConnected: false }),
      { status: 'INITIALIZING', reason: '' },
    ],
    ['a service that is away', touch({ attempts: 1 }), impaired('TCS is not connected')],
    ['a disk of which nothing is known', decide.diskFinding(null), null],
    ['a disk with room', decide.diskFinding({ totalBytes: 100 * GiB, freeBytes: 5 * GiB }), ok],
    [
      'a disk without',
      decide.diskFinding({ totalBytes: 100 * GiB, freeBytes: 4 * GiB }),
      impaired('The disk of the Docker Engine is 96 % full'),
    ],
    ['an event loop that was not watched yet', decide.eventLoopFinding(null), null],
    ['a quick event loop', decide.eventLoopFinding(999), ok],
    [
      'a slow one',
      decide.eventLoopFinding(1_500.4),
      impaired('The agent was busy for 1500 ms on end'),
    ],
  ];
  for (const [what, finding, expected] of cases)
    it(`call ${what} ${expected?.status ?? 'neither well nor ill'}`, () => {
      expect(finding).to.deep.equal(expected);
    });
});
