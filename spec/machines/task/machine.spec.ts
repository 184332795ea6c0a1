import type { ContainerChange } from '../../../machines/container/model.ts';
import { containerActorId, outboxActorId } from '../../../machines/names/arn.ts';
import type { TaskReport } from '../../../machines/report/model.ts';
import type { TaskInput } from '../../../machines/task/events.ts';
import { taskMachine } from '../../../machines/task/machine.ts';
import type { TaskContext, TaskStatus } from '../../../machines/task/model.ts';
import { begins, chart, everythingWasTaken, spawns, tells, when } from '../../support/chart.ts';
import {
  change,
  known,
  report,
  story,
  taskContext,
  taskInput,
  told,
} from '../../support/chart-contexts.ts';

const task = chart(taskMachine);
const system = [outboxActorId(story)];

/** The task in a state, with these containers. */
const at = (
  state: string,
  containers: TaskContext['containers'][string][],
  more: Partial<TaskContext> = {},
) =>
  when(task, state, taskContext(containers, more), {
    children: containers.map(({ name }) => containerActorId(story, name)),
    system,
  });
const accepted = (more: Partial<TaskInput> = {}) => begins(task, taskInput(more), { system });

/** The containers by name, as the context holds them. */
const containers = (...all: TaskContext['containers'][string][]) => ({
  containers: Object.fromEntries(all.map((container) => [container.name, container])),
});

const changed = (name: string, status: ContainerChange['status'], more = {}) => ({
  type: 'container.changed' as const,
  change: change(name, status, more),
});
const stop = (at: number) => ({ type: 'task.stop' as const, at });

const beginsContainer = (name: string) =>
  spawns(containerActorId(story, name), 'container', {
    taskArn: story,
    name,
    pullBehavior: 'default',
    at: 1_000,
  });
const tellsContainer = (name: string, type: string, at: number) =>
  tells(containerActorId(story, name), { type: `container.${type}`, at });
const tellsOutbox = (
  type: 'task.changed' | 'containers.changed',
  status: TaskStatus,
  more: Partial<TaskReport> = {},
  at = 2_000,
) => tells(outboxActorId(story), { type, report: report(status, more), at });

describe('a task', () => {
  describe('that was accepted', () => {
    const two = {
      containers: [
        { name: 'web', essential: true },
        { name: 'log', essential: false },
      ],
    };

    it('begins all its containers', () => {
      accepted(two).comesTo(
        'pending',
        taskContext([known('web', 'NONE'), known('log', 'NONE', { essential: false })]),
        [
          beginsContainer('web'),
          beginsContainer('log'),
          tellsContainer('web', 'start', 1_000),
          tellsContainer('log', 'start', 1_000),
        ],
      );
    });

    it('is stopped at once when it is refused, with the reason and without containers', () => {
      const refusal = 'TaskNotSupportedError: this agent does not support volumes';
      accepted({ refusal }).comesTo(
        'stopped',
        taskContext([], { desired: 'STOPPED', reason: refusal }),
        [tellsOutbox('task.changed', 'STOPPED', { reason: refusal }, 1_000)],
      );
    });

    it('stops its containers when ECS wants it stopped already', () => {
      accepted({ desired: 'STOPPED' }).comesTo(
        'stopping',
        taskContext([known('main', 'NONE')], { desired: 'STOPPED' }),
        [beginsContainer('main'), tellsContainer('main', 'stop', 1_000)],
      );
    });

    it('halts containers that may run although nothing is known of them', () => {
      const reason = 'TaskStateError: the task failed inside the agent';
      accepted({ desired: 'STOPPED', reason, mayBeRunning: true }).comesTo(
        'stopping',
        taskContext([known('main', 'NONE')], { desired: 'STOPPED', reason, mayBeRunning: true }),
        [
          beginsContainer('main'),
          tellsContainer('main', 'halt', 1_000),
          tellsContainer('main', 'stop', 1_000),
        ],
      );
    });
  });

  describe('that is pending', () => {
    const web = known('web', 'CREATED');
    const log = known('log', 'CREATED', { essential: false });

    it('keeps to itself how far its containers have come before they run', () => {
      at('pending', [known('web', 'NONE')])
        .gets(changed('web', 'PULLED', { pullStartedAt: 1_100, pullStoppedAt: 1_900 }))
        .stays({
          ...containers({
            ...known('web', 'PULLED', { pullStartedAt: 1_100, pullStoppedAt: 1_900 }),
            at: 2_000,
          }),
          knownAt: 2_000,
        });
    });

    it('tells of a container that runs while another does not yet', () => {
      at('pending', [web, log])
        .gets(changed('web', 'RUNNING', { runtimeId: 'c0ffee' }))
        .stays(
          {
            ...containers(known('web', 'RUNNING', { runtimeId: 'c0ffee', at: 2_000 }), log),
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'RUNNING', { runtimeId: 'c0ffee' })],
            }),
          ],
        );
    });

    it('runs once all its containers run, and tells of the task then', () => {
      const pulled = { pullStartedAt: 1_100, pullStoppedAt: 1_900 };
      at('pending', [known('web', 'RUNNING'), known('log', 'CREATED', pulled)])
        .gets(changed('log', 'RUNNING', pulled))
        .comesTo(
          'running',
          {
            ...containers(
              known('web', 'RUNNING'),
              known('log', 'RUNNING', { ...pulled, at: 2_000 }),
            ),
            knownAt: 2_000,
          },
          [
            tellsOutbox('task.changed', 'RUNNING', {
              ...pulled,
              containers: [told('web', 'RUNNING'), told('log', 'RUNNING')],
            }),
          ],
        );
    });

    it('runs once all others run when a container that is not essential has ended', () => {
      at('pending', [known('web', 'RUNNING'), log])
        .gets(changed('log', 'STOPPED', { exitCode: 1 }))
        .comesTo(
          'running',
          {
            ...containers(
              known('web', 'RUNNING'),
              known('log', 'STOPPED', { essential: false, exitCode: 1, at: 2_000 }),
            ),
            knownAt: 2_000,
          },
          [
            tellsOutbox('task.changed', 'RUNNING', {
              containers: [told('web', 'RUNNING'), told('log', 'STOPPED', { exitCode: 1 })],
            }),
          ],
        );
    });

    it('stops the others when an essential container has ended', () => {
      at('pending', [web, log])
        .gets(changed('web', 'STOPPED', { reason: 'CannotStartContainerError: no' }))
        .comesTo(
          'stopping',
          {
            ...containers(
              known('web', 'STOPPED', { reason: 'CannotStartContainerError: no', at: 2_000 }),
              log,
            ),
            desired: 'STOPPED',
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'STOPPED', { reason: 'CannotStartContainerError: no' })],
            }),
            tellsContainer('log', 'stop', 2_000),
          ],
        );
    });

    it('is stopped when its only container has ended', () => {
      at('pending', [web])
        .gets(changed('web', 'STOPPED', { reason: 'CannotCreateContainerError: no' }))
        .comesTo(
          'stopped',
          {
            ...containers(
              known('web', 'STOPPED', { reason: 'CannotCreateContainerError: no', at: 2_000 }),
            ),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('task.changed', 'STOPPED', {
              containers: [told('web', 'STOPPED', { reason: 'CannotCreateContainerError: no' })],
              executionStoppedAt: 2_000,
            }),
          ],
        );
    });

    it('stops its containers when ECS wants it stopped', () => {
      at('pending', [web, log])
        .gets(stop(2_000))
        .comesTo('stopping', { desired: 'STOPPED', knownAt: 2_000 }, [
          tellsContainer('web', 'stop', 2_000),
          tellsContainer('log', 'stop', 2_000),
        ]);
    });
  });

  describe('that runs', () => {
    const web = known('web', 'RUNNING');
    const log = known('log', 'RUNNING', { essential: false });

    it('runs on when a container that is not essential ends, and tells of that', () => {
      at('running', [web, log])
        .gets(changed('log', 'STOPPED', { exitCode: 1 }))
        .stays(
          {
            ...containers(web, { ...log, status: 'STOPPED', exitCode: 1, at: 2_000 }),
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'RUNNING', {
              containers: [told('web', 'RUNNING'), told('log', 'STOPPED', { exitCode: 1 })],
            }),
          ],
        );
    });

    it('stops the others when an essential container ends, and then is stopped', () => {
      const webEnded = { ...web, status: 'STOPPED' as const, exitCode: 0, at: 2_000 };
      const logEnded = { ...log, status: 'STOPPED' as const, exitCode: 143, at: 3_000 };
      at('running', [web, log])
        .gets(changed('web', 'STOPPED', { exitCode: 0 }))
        .comesTo(
          'stopping',
          {
            ...containers(webEnded, log),
            desired: 'STOPPED',
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'RUNNING', {
              containers: [told('web', 'STOPPED', { exitCode: 0 }), told('log', 'RUNNING')],
            }),
            tellsContainer('log', 'stop', 2_000),
          ],
        )
        .gets(changed('log', 'STOPPED', { exitCode: 143, at: 3_000 }))
        .comesTo('stopped', { ...containers(webEnded, logEnded), knownAt: 3_000 }, [
          tellsOutbox(
            'task.changed',
            'STOPPED',
            {
              containers: [
                told('web', 'STOPPED', { exitCode: 0 }),
                told('log', 'STOPPED', { exitCode: 143 }),
              ],
              executionStoppedAt: 2_000,
            },
            3_000,
          ),
        ]);
    });

    it('is stopped when the last of its containers ends', () => {
      const done = known('init', 'STOPPED', { essential: false, exitCode: 0 });
      at('running', [web, done])
        .gets(changed('web', 'STOPPED', { exitCode: 0 }))
        .comesTo(
          'stopped',
          {
            ...containers({ ...web, status: 'STOPPED', exitCode: 0, at: 2_000 }, done),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('task.changed', 'STOPPED', {
              containers: [
                told('web', 'STOPPED', { exitCode: 0 }),
                told('init', 'STOPPED', { exitCode: 0 }),
              ],
              executionStoppedAt: 2_000,
            }),
          ],
        );
    });

    it('stops those of its containers that have not ended when ECS wants it stopped', () => {
      at('running', [web, known('init', 'STOPPED', { essential: false, exitCode: 0 })])
        .gets(stop(2_000))
        .comesTo('stopping', { desired: 'STOPPED', knownAt: 2_000 }, [
          tellsContainer('web', 'stop', 2_000),
        ]);
    });
  });

  describe('that is being stopped', () => {
    const web = known('web', 'RUNNING');
    const log = known('log', 'RUNNING');

    it('waits for the last of its containers, and tells of the others', () => {
      const stopped = { ...log, status: 'STOPPED' as const, exitCode: 143, at: 2_000 };
      at('stopping', [web, log], { desired: 'STOPPED' })
        .gets(changed('log', 'STOPPED', { exitCode: 143 }))
        .stays({ ...containers(web, stopped), executionStoppedAt: 2_000, knownAt: 2_000 }, [
          tellsOutbox('containers.changed', 'PENDING', {
            containers: [told('web', 'RUNNING'), told('log', 'STOPPED', { exitCode: 143 })],
          }),
        ]);
    });

    it('tells that it ran when the stop came while its last container was being started', () => {
      const late = { ...known('log', 'CREATED'), status: 'RUNNING' as const, at: 2_000 };
      at('stopping', [web, known('log', 'CREATED')], { desired: 'STOPPED' })
        .gets(changed('log', 'RUNNING'))
        .stays({ ...containers(web, late), knownAt: 2_000 }, [
          tellsOutbox('task.changed', 'RUNNING', {
            containers: [told('web', 'RUNNING'), told('log', 'RUNNING')],
          }),
        ]);
    });

    it('tells of a container that started late without the others', () => {
      const late = { ...known('log', 'CREATED'), status: 'RUNNING' as const, at: 2_000 };
      at('stopping', [known('web', 'PULLED'), known('log', 'CREATED')], { desired: 'STOPPED' })
        .gets(changed('log', 'RUNNING'))
        .stays({ ...containers(known('web', 'PULLED'), late), knownAt: 2_000 }, [
          tellsOutbox('containers.changed', 'PENDING', { containers: [told('log', 'RUNNING')] }),
        ]);
    });

    it('keeps a step of a container that ECS is not told of', () => {
      const created = { ...log, status: 'CREATED' as const, at: 2_000 };
      at('stopping', [web, known('log', 'PULLED')], { desired: 'STOPPED' })
        .gets(changed('log', 'CREATED'))
        .stays({ ...containers(web, created), knownAt: 2_000 });
    });

    it('takes no second wish to stop for news, and no earlier time', () => {
      at('stopping', [web], { desired: 'STOPPED' }).gets(stop(500)).stays();
    });
  });

  it('that is stopped keeps what comes late, and tells no more', () => {
    const late = { runtimeId: 'c0ffee', exitCode: 143 };
    at('stopped', [known('web', 'STOPPED')], { desired: 'STOPPED', executionStoppedAt: 1_000 })
      .gets(changed('web', 'STOPPED', late))
      .stays({ ...containers(known('web', 'STOPPED', { ...late, at: 2_000 })), knownAt: 2_000 });
  });

  everythingWasTaken(task);
});
