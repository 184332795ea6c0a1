import { reportMachine } from '../../../machines/report/machine.ts';
import type { OutboxContext, TaskReport } from '../../../machines/report/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  starts,
  stops,
  when,
} from '../../support/chart.ts';
import { failure, outboxContext, report, story, told } from '../../support/chart-contexts.ts';

const outbox = chart(reportMachine);
const at = (state: string, more: Partial<OutboxContext> = {}) =>
  when(outbox, state, outboxContext(more));

const stamp = { at: 2_000, roll: 0 };
const taskChanged = (report: TaskReport) => ({ type: 'task.changed' as const, report, at: 2_000 });
const containersChanged = (report: TaskReport) => ({
  type: 'containers.changed' as const,
  report,
  at: 2_000,
});

const logStopped = report('RUNNING', { containers: [told('log', 'STOPPED')] });
const running = report('RUNNING', { containers: [told('web', 'RUNNING')] });
const stopped = report('STOPPED', { containers: [told('web', 'STOPPED')] });
const knowsRunning = { status: 'RUNNING' as const, containers: { web: 'RUNNING' as const } };
const knowsStopped = { status: 'STOPPED' as const, containers: { web: 'STOPPED' as const } };

const throttled = failure('ECS_THROTTLED', { retry: true });
const submits = starts('submit', 'submit', { taskArn: story });
/** Ten seconds and half of twenty, as the outbox's roll is a half. */
const ticks = starts('tick', 'timer', { deadline: 22_000 });

describe('the outbox of a task', () => {
  it('begins with nothing to tell', () => {
    begins(outbox, { taskArn: story, roll: 0.5 }).comesTo('idle', outboxContext());
  });

  it('tells a change of the task at once, until ECS has accepted it', () => {
    at('idle')
      .gets(taskChanged(running))
      .comesTo('sending', { queue: [running] }, [submits])
      .gets(done('submit', stamp))
      .comesTo('idle', { queue: [], sent: knowsRunning });
  });

  it('ends once ECS has accepted that its task stopped', () => {
    at('idle', { sent: knowsRunning })
      .gets(taskChanged(stopped))
      .comesTo('sending', { queue: [stopped] }, [submits])
      .gets(done('submit', stamp))
      .comesTo('settled', { queue: [], sent: knowsStopped, settled: true });
  });

  it('ends when ECS will never take that its task stopped', () => {
    at('sending', { queue: [stopped], attempts: 3, sent: knowsRunning })
      .gets(failed('submit', failure('ECS_INVALID')))
      .comesTo('settled', { queue: [], attempts: 0, settled: true });
  });

  it('does not tell ECS what it knows', () => {
    at('idle', { sent: knowsRunning }).gets(taskChanged(running)).comesTo('idle');
  });

  it('tells nothing of a task that ECS knows to be stopped', () => {
    at('idle', { sent: knowsStopped, attempts: 0 })
      .gets(taskChanged(report('STOPPED', { containers: [told('log', 'STOPPED')] })))
      .comesTo('idle');
  });

  it('tells of a report only what ECS does not know', () => {
    const both = report('RUNNING', {
      containers: [told('web', 'RUNNING'), told('log', 'STOPPED')],
    });
    at('idle', { sent: knowsRunning })
      .gets(taskChanged(both))
      .comesTo('sending', { queue: [logStopped] }, [submits]);
  });

  describe('that collects container changes', () => {
    it('lets the first of them wait for company', () => {
      at('idle')
        .gets(containersChanged(logStopped))
        .comesTo('collecting', { collected: logStopped }, [ticks]);
    });

    it('keeps the latest of them, and does not wait longer for it', () => {
      at('collecting', { collected: running })
        .gets(containersChanged(logStopped))
        .stays({ collected: logStopped });
    });

    it('tells them at the tick', () => {
      at('collecting', { collected: logStopped })
        .gets(done('tick', stamp))
        .comesTo('sending', { queue: [logStopped], collected: null }, [submits]);
    });

    it('tells a change of the task at once, which carries them along', () => {
      at('collecting', { collected: logStopped })
        .gets(taskChanged(stopped))
        .comesTo('sending', { queue: [stopped], collected: null }, [stops('tick'), submits]);
    });
  });

  describe('that tells ECS', () => {
    it('has one call under way, and keeps the next change for later', () => {
      at('sending', { queue: [running] })
        .gets(taskChanged(stopped))
        .stays({ queue: [running, stopped] })
        .gets(done('submit', stamp))
        .comesTo('sending', { queue: [stopped], sent: knowsRunning }, [submits]);
    });

    it('lets container changes wait for the next tick', () => {
      at('sending', { queue: [running] })
        .gets(containersChanged(logStopped))
        .stays({ collected: logStopped })
        .gets(done('submit', stamp))
        .comesTo('collecting', { queue: [], sent: knowsRunning }, [ticks]);
    });

    it('passes over what ECS knows by now', () => {
      at('sending', { queue: [running, running, running] })
        .gets(done('submit', stamp))
        .comesTo('idle', { queue: [], sent: knowsRunning });
    });

    it('passes over all that comes after the end', () => {
      at('sending', { queue: [stopped, running], collected: logStopped })
        .gets(done('submit', stamp))
        .comesTo('settled', { queue: [running], sent: knowsStopped, settled: true });
    });

    it('drops what ECS will never take, without counting it as told', () => {
      at('sending', { queue: [running, stopped], attempts: 3 })
        .gets(failed('submit', failure('ECS_INVALID')))
        .comesTo('sending', { queue: [stopped], attempts: 0 }, [submits]);
    });

    it('tries again a while after a failure, later each time', () => {
      at('sending', { queue: [running] })
        .gets(failed('submit', throttled))
        .comesTo('backingOff', { attempts: 1, trouble: throttled }, [
          starts('retry', 'timer', { deadline: 3_000 }),
        ])
        .gets(done('retry', { at: 3_000, roll: 0 }))
        .comesTo('sending', {}, [submits])
        .gets(failed('submit', { ...throttled, at: 3_000, roll: 0.5 }))
        .comesTo('backingOff', { attempts: 2, trouble: { ...throttled, at: 3_000, roll: 0.5 } }, [
          starts('retry', 'timer', { deadline: 4_430 }),
        ]);
    });

    it('forgets its failures once ECS accepts', () => {
      at('sending', { queue: [running], attempts: 7, trouble: throttled })
        .gets(done('submit', stamp))
        .comesTo('idle', { queue: [], attempts: 0, trouble: null, sent: knowsRunning });
    });
  });

  describe('that waits to try again', () => {
    it('keeps a change of the task for later, in order', () => {
      at('backingOff', { queue: [running], collected: logStopped, attempts: 1 })
        .gets(taskChanged(stopped))
        .stays({ queue: [running, stopped], collected: null });
    });

    it('collects container changes', () => {
      at('backingOff', { queue: [running], attempts: 1 })
        .gets(containersChanged(logStopped))
        .stays({ collected: logStopped });
    });
  });

  everythingWasTaken(outbox);
});
