import { expect } from 'chai';
import {
  type Behaviour,
  behaviourOf,
  type HealthCheck,
  verdictOf,
} from '../../../../transport/sim/engine/behaviour.ts';
import { commands } from '../../../support/engine-plans.ts';

describe('what a simulated container does', () => {
  const heedless = { onTerm: null, cannotStart: null };
  const cases: [says: string, command: string[], does: Partial<Behaviour>][] = [
    ['exits at once', commands.exit(3), { ...heedless, endsAfterMs: 0, exitCode: 3 }],
    ['sleeps', commands.sleep(60), { ...heedless, endsAfterMs: 60_000, exitCode: 0 }],
    [
      'sleeps, then exits',
      ['sh', '-c', 'sleep 1.5; exit 4'],
      { ...heedless, endsAfterMs: 1_500, exitCode: 4 },
    ],
    ['runs until SIGTERM', commands.untilTerm, { endsAfterMs: null, onTerm: 0 }],
    [
      'ignores SIGTERM for ever',
      ['sh', '-c', "trap '' TERM; while :; do sleep 1; done"],
      { endsAfterMs: null, onTerm: null },
    ],
    [
      'runs until SIGTERM, then exits with the code of its trap',
      ['sh', '-c', "trap 'exit 7' TERM; while :; do sleep 1; done"],
      { endsAfterMs: null, onTerm: 7 },
    ],
    [
      'does something again and again',
      ['sh', '-c', 'while true; do date; sleep 5; done'],
      { ...heedless, endsAfterMs: null },
    ],
    ['sleeps for ever', ['sleep', 'infinity'], { ...heedless, endsAfterMs: null }],
    ['sleeps for minutes', ['sleep', '2m'], { ...heedless, endsAfterMs: 120_000 }],
    ['serves, and ends by SIGTERM', ['nginx', '-g', 'daemon off;'], { onTerm: 143 }],
    ['succeeds', ['/bin/busybox', 'true'], { ...heedless, endsAfterMs: 0, exitCode: 0 }],
    ['fails', ['false'], { ...heedless, endsAfterMs: 0, exitCode: 1 }],
    ['runs its image’s own command', [], { endsAfterMs: null, onTerm: 143 }],
  ];
  for (const [says, command, does] of cases) {
    it(says, () => {
      expect(behaviourOf(command)).to.include({ cannotStart: null, ...does });
    });
  }

  it('cannot start a program that is not there, in the words of runc', () => {
    expect(behaviourOf(commands.missing).cannotStart).to.equal(
      'failed to create shim task: OCI runtime create failed: runc create failed: ' +
        'unable to start container process: exec: "/no/such/program": ' +
        'stat /no/such/program: no such file or directory: unknown',
    );
  });
});

describe('what a simulated health check comes to', () => {
  const second = 1e9;
  const cases: [says: string, check: HealthCheck, ...verdict: [health: string, afterS: number]][] =
    [
      ['healthy by the first probe', { Test: ['CMD', 'true'], Interval: 5 * second }, 'healthy', 5],
      ['healthy where its command is not known', { Test: ['CMD', 'curl', 'x'] }, 'healthy', 30],
      [
        'healthy in spite of what it does else',
        { Test: ['CMD-SHELL', 'curl x || exit 1'] },
        'healthy',
        30,
      ],
      ['unhealthy by the third probe', { Test: ['CMD-SHELL', 'exit 1'] }, 'unhealthy', 90],
      [
        'unhealthy by the last of its retries',
        { Test: ['CMD', '/bin/busybox', 'false'], Interval: second, Retries: 2 },
        'unhealthy',
        2,
      ],
      [
        'unhealthy no sooner than the start period allows',
        { Test: ['CMD', 'false'], Interval: second, Retries: 2, StartPeriod: 10 * second },
        'unhealthy',
        12,
      ],
    ];
  for (const [says, check, health, afterS] of cases) {
    it(says, () => {
      expect(verdictOf(check)).to.deep.equal({ health, afterMs: afterS * 1_000 });
    });
  }

  it('nothing where nothing is checked', () => {
    for (const check of [undefined, {}, { Test: [] }, { Test: ['NONE'] }])
      expect(verdictOf(check)).to.equal(null);
  });
});
