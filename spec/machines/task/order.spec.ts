import { expect } from 'chai';
import type { ContainerEvent } from '../../../machines/container/events.ts';
import type { Condition, Dependency } from '../../../machines/container/model.ts';
import { newTask, taskInput } from '../../../machines/task/decide.ts';
import type { KnownContainer, TaskContext } from '../../../machines/task/model.ts';
import { orders } from '../../../machines/task/order.ts';
import { container, task, wanted } from '../../support/builders.ts';

const rules = {
  pullBehavior: 'default',
  pullUpfront: false,
  taskLimits: false,
  cleanupWaitMs: 0,
  cleanupJitterMs: 0,
} as const;
const now = 9_000;

/** What containers depend on, such as `{ app: ['db:START'] }`. */
type Graph = Record<string, string[]>;
const dependencies = (texts: string[]): Dependency[] =>
  texts.map((text) => {
    const [name = '', condition] = text.split(':');
    return { container: name, condition: condition as Condition };
  });

/** A task of these containers at its beginning, but for what is given of the task and of each. */
function taskOf(
  graph: Graph,
  known: Record<string, Partial<KnownContainer>> = {},
  more: Partial<TaskContext> = {},
): TaskContext {
  const plans = Object.entries(graph).map(([name, on]) =>
    container(name, { image: `${name}:1`, dependsOn: dependencies(on), healthChecked: true }),
  );
  const context = { ...newTask(taskInput(wanted(task('t', plans)), rules, 1_000)), ...more };
  const containers = Object.entries(context.containers).map(([name, each]) => [
    name,
    { ...each, ...known[name] },
  ]);
  return { ...context, containers: Object.fromEntries(containers) };
}

const allow = (upTo: 'resolve' | 'pull' | 'create' | 'start'): ContainerEvent => ({
  type: 'container.allow',
  upTo,
  at: now,
});
const stop: ContainerEvent = { type: 'container.stop', at: now };

/** What is told to each, and that the task's view of them changes by this and nothing else. */
function expectOrders(
  context: TaskContext,
  told: Record<string, ContainerEvent>,
  changes: Record<string, Partial<KnownContainer>>,
): TaskContext {
  const next = orders(context, now);
  expect(next.orders).to.deep.equal(Object.entries(told).map(([to, event]) => ({ to, event })));
  const containers = Object.entries(context.containers).map(([name, each]) => [
    name,
    { ...each, ...changes[name] },
  ]);
  expect(next.containers).to.deep.equal(Object.fromEntries(containers));
  return { ...context, containers: next.containers };
}

const running = { status: 'RUNNING', reached: 'RUNNING', startedAt: 5_000, told: 'start' } as const;
const ended = { ...running, status: 'STOPPED' } as const;
const onDb: Graph = { app: ['db:START'], db: [] };
const cgroup = (status: 'NONE' | 'CREATED' | 'REMOVED') => ({
  resources: [{ kind: 'cgroup' as const, name: 'cgroup', status }],
});

describe('what a task tells its containers', () => {
  it('lets those start at once that depend on nothing, and tells them no more', () => {
    const context = taskOf({ a: [], b: [] });
    const next = expectOrders(
      context,
      { a: allow('start'), b: allow('start') },
      { a: { told: 'start' }, b: { told: 'start' } },
    );
    expectOrders(next, {}, {});
  });

  describe('before its resources are made', () => {
    it('lets them settle their images, whatever they depend on', () => {
      const next = expectOrders(
        taskOf(onDb, {}, cgroup('NONE')),
        { app: allow('resolve'), db: allow('resolve') },
        { app: { told: 'resolve' }, db: { told: 'resolve' } },
      );
      expectOrders(next, {}, {});
    });

    it('lets them go on once the resources are there', () => {
      const known = { db: { told: 'resolve' } } as const;
      expectOrders(
        taskOf({ db: [] }, known, cgroup('CREATED')),
        { db: allow('start') },
        { db: { told: 'start' } },
      );
    });

    it('lets none go on whose resources are gone', () => {
      expectOrders(taskOf({ db: [] }, { db: { told: 'resolve' } }, cgroup('REMOVED')), {}, {});
    });
  });

  describe('where one depends on another', () => {
    it('lets it settle its image meanwhile', () => {
      expectOrders(
        taskOf(onDb),
        { app: allow('resolve'), db: allow('start') },
        { app: { told: 'resolve' }, db: { told: 'start' } },
      );
    });

    const upfront = { pullUpfront: true };
    const early: [string, Partial<KnownContainer>][] = [
      ['at its beginning', {}],
      ['once its resources are made', { told: 'resolve' }],
      ['once its image is settled', { told: 'resolve', status: 'MANIFEST_PULLED' }],
    ];
    for (const [when, app] of early)
      it(`lets it pull its image meanwhile ${when}, where images are pulled upfront`, () => {
        const next = expectOrders(
          taskOf(onDb, { app, db: { told: 'start' } }, upfront),
          { app: allow('pull') },
          { app: { told: 'pull' } },
        );
        expect(next.containers.app?.held).to.equal('');
      });

    it('lets it go no further than its image where images are pulled upfront', () => {
      const app = { told: 'pull', status: 'PULLED' } as const;
      const hold = { on: dependencies(['db:START']), until: null, otherwise: '' };
      expectOrders(
        taskOf(onDb, { app, db: { told: 'start' } }, upfront),
        { app: { type: 'container.hold', hold, at: now } },
        { app: { held: 'db:START@null' } },
      );
    });

    it('tells it nothing more until its image is settled', () => {
      expectOrders(taskOf(onDb, { app: { told: 'resolve' }, db: { told: 'start' } }), {}, {});
    });

    it('tells it once for what it waits, and until when', () => {
      const graph = { app: ['db:HEALTHY', 'log:START'], db: [], log: [] };
      const db = { ...running, startTimeoutS: 8 };
      const app = { status: 'MANIFEST_PULLED', told: 'resolve' } as const;
      const hold = {
        on: dependencies(['db:HEALTHY', 'log:START']),
        until: 13_000,
        otherwise:
          'dependency graph: container ordering dependency [db(db:1) (RUNNING->RUNNING)] for target [app(app:1) (MANIFEST_PULLED->RUNNING)] has timed out.',
      };
      const next = expectOrders(
        taskOf(graph, { app, db, log: { told: 'start' } }),
        { app: { type: 'container.hold', hold, at: now } },
        { app: { held: 'db:HEALTHY,log:START@13000' } },
      );
      expectOrders(next, {}, {});
    });

    it('tells it anew when it waits for less, or has an end to wait for', () => {
      const graph = { app: ['db:HEALTHY', 'log:START'], db: [], log: [] };
      const app = {
        status: 'MANIFEST_PULLED',
        told: 'resolve',
        held: 'db:HEALTHY,log:START@null',
      } as const;
      const hold = { on: dependencies(['db:HEALTHY']), until: null, otherwise: '' };
      expectOrders(
        taskOf(graph, { app, db: running, log: running }),
        { app: { type: 'container.hold', hold, at: now } },
        { app: { held: 'db:HEALTHY@null' } },
      );
    });

    const steps: [Partial<KnownContainer>, 'pull' | 'create' | 'start'][] = [
      [{ told: 'nothing' }, 'pull'],
      [{ told: 'resolve' }, 'pull'],
      [{ told: 'resolve', status: 'MANIFEST_PULLED' }, 'pull'],
      [{ told: 'pull', status: 'PULLED' }, 'create'],
      [{ told: 'create', status: 'CREATED' }, 'start'],
    ];
    for (const [app, step] of steps)
      it(`lets it ${step} when all is ready, it is ${app.status ?? 'NONE'} and was told ${app.told}`, () => {
        const held = { ...app, held: 'db:START@null' };
        expectOrders(
          taskOf(onDb, { app: held, db: running }),
          { app: allow(step) },
          { app: { told: step, held: '' } },
        );
      });

    it('does not tell it twice to take a step', () => {
      const app = { told: 'pull', status: 'MANIFEST_PULLED' } as const;
      expectOrders(taskOf(onDb, { app, db: running }), {}, {});
    });

    it('lets it wait again when what was ready is so no more', () => {
      const graph = { app: ['db:HEALTHY'], db: [] };
      const app = { told: 'pull', status: 'PULLED' } as const;
      const hold = { on: dependencies(['db:HEALTHY']), until: null, otherwise: '' };
      expectOrders(
        taskOf(graph, { app, db: { ...running, health: 'UNHEALTHY' } }),
        { app: { type: 'container.hold', hold, at: now } },
        { app: { held: 'db:HEALTHY@null' } },
      );
    });

    it('tells it that it can never start, and then no more', () => {
      const because =
        'dependency graph: failed to resolve container ordering dependency [db(db:1) (PULLED->STOPPED)] for target [app(app:1) (NONE->RUNNING)] because dependency will never start';
      const db = { status: 'STOPPED', reached: 'PULLED', told: 'start' } as const;
      const next = expectOrders(
        taskOf(onDb, { db }),
        { app: { type: 'container.fail', because, at: now } },
        { app: { told: 'fail', desired: 'STOPPED' } },
      );
      expectOrders(next, {}, {});
    });

    it('leaves one alone that may start, whatever becomes of the other', () => {
      expectOrders(taskOf(onDb, { app: { ...running }, db: ended }), {}, {});
    });
  });

  describe('when it stops', () => {
    const stopping = { desired: 'STOPPED' } as const;
    const told = { told: 'stop', desired: 'STOPPED' } as const;

    it('stops all at once that nothing depends on', () => {
      expectOrders(
        taskOf({ a: [], b: [] }, { a: running, b: { told: 'fail' } }, stopping),
        { a: stop, b: stop },
        { a: told, b: told },
      );
    });

    it('stops a container when those that depend on it have ended', () => {
      const graph = { a: ['b:CREATE'], b: ['c:HEALTHY'], c: [] };
      const all = { a: running, b: running, c: running };
      const first = expectOrders(taskOf(graph, all, stopping), { a: stop }, { a: told });
      expectOrders(first, {}, {});
      const second = { ...all, a: { ...ended, told: 'stop' } } as const;
      expectOrders(taskOf(graph, second, stopping), { b: stop }, { b: told });
      const third = { ...second, b: ended } as const;
      expectOrders(taskOf(graph, third, stopping), { c: stop }, { c: told });
    });

    it('waits for all that depend on it', () => {
      const graph = { a: ['c:START'], b: ['c:START'], c: [] };
      const known = { a: { ...ended }, b: { ...running, told: 'stop' }, c: running } as const;
      expectOrders(taskOf(graph, known, stopping), {}, {});
    });

    it('keeps one from starting again that has to wait, and tells it so once', () => {
      const restartPolicy = { ignoredExitCodes: [], attemptPeriodS: 60 };
      const known = { a: { ...running, told: 'stop' }, c: { ...running, restartPolicy } } as const;
      const next = expectOrders(
        taskOf({ a: ['c:START'], c: [] }, known, stopping),
        { c: { type: 'container.retire', at: now } },
        { c: { told: 'retire' } },
      );
      expectOrders(next, {}, {});
      const alone = { ...known, a: ended, c: { ...known.c, told: 'retire' } } as const;
      expectOrders(taskOf({ a: ['c:START'], c: [] }, alone, stopping), { c: stop }, { c: told });
    });

    it('tells those nothing that have ended', () => {
      expectOrders(taskOf({ a: [] }, { a: ended }, stopping), {}, {});
    });
  });
});
