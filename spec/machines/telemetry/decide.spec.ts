import { expect } from 'chai';
import { newHealth } from '../../../machines/health/decide.ts';
import type { Measurements, TaskHealth, TaskUsage } from '../../../machines/stats/model.ts';
import { publicationsOf, statusesOf } from '../../../machines/telemetry/decide.ts';

const named = { arn: 'arn:task', family: 'web', version: '7' };
const usage: TaskUsage = { ...named, containers: [] };
const health: TaskHealth = {
  ...named,
  containers: [{ name: 'main', status: 'HEALTHY', since: 1_000 }],
};
const measured = (idle: boolean, tasks: TaskUsage[], checked: TaskHealth[] = []): Measurements => ({
  usage: () => ({ idle, tasks }),
  health: () => checked,
});
const ids = { usage: 'u', health: 'h' };

describe('what is published', () => {
  const cases: [string, Measurements, object[]][] = [
    [
      'is a sign of idleness where nothing is measured',
      measured(true, []),
      [{ kind: 'usage', messageId: 'u', idle: true, tasks: [] }],
    ],
    [
      'is the figures of all tasks',
      measured(false, [usage, usage]),
      [{ kind: 'usage', messageId: 'u', idle: false, tasks: [usage, usage] }],
    ],
    ['is nothing where no figure is ready', measured(false, []), []],
    [
      'is health with an id of its own',
      measured(false, [], [health]),
      [{ kind: 'health', messageId: 'h', tasks: [health] }],
    ],
    [
      'is health where metrics are off, too',
      measured(true, [], [health]),
      [
        { kind: 'usage', messageId: 'u', idle: true, tasks: [] },
        { kind: 'health', messageId: 'h', tasks: [health] },
      ],
    ],
  ];
  for (const [what, figures, publications] of cases)
    it(what, () => {
      expect(publicationsOf(figures, ids)).to.deep.equal(publications);
    });
});

describe('what ECS is told of the instance', () => {
  it('is the container runtime only, with the time of the check before the latest', () => {
    const context = { ...newHealth(1_000), run: 2, told: 1 };
    const checks = context.checks.map((check) => ({
      ...check,
      status: 'OK' as const,
      changedAt: 2_000,
      previouslyAt: 5_000,
      checkedAt: 9_000,
    }));
    expect(statusesOf({ ...context, checks })).to.deep.equal([
      { type: 'ContainerRuntime', status: 'OK', changedAt: 2_000, updatedAt: 5_000 },
    ]);
  });

  it('is that the check has yet to be made, before the first run', () => {
    expect(statusesOf(newHealth(1_000))).to.deep.equal([
      { type: 'ContainerRuntime', status: 'INITIALIZING', changedAt: 1_000, updatedAt: 1_000 },
    ]);
  });

  it('is nothing where the latest run has been told', () => {
    expect(statusesOf({ ...newHealth(1_000), run: 3, told: 3 })).to.equal(null);
  });
});
