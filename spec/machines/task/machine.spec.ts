import type { ContainerChange } from '../../../machines/container/model.ts';
import { containerActorId, outboxActorId, resourceActorId } from '../../../machines/names/arn.ts';
import type { TaskReport } from '../../../machines/report/model.ts';
import type { ResourceStatus } from '../../../machines/resource/model.ts';
import type { TaskInput } from '../../../machines/task/events.ts';
import { taskMachine } from '../../../machines/task/machine.ts';
import type { KnownContainer, TaskContext, TaskStatus } from '../../../machines/task/model.ts';
import {
  begins,
  chart,
  done,
  everythingWasTaken,
  failed,
  spawns,
  starts,
  stops,
  tells,
  when,
} from '../../support/chart.ts';
import {
  change,
  failure,
  known,
  noNeeds,
  planned,
  report,
  resourceChange,
  story,
  taskContext,
  taskInput,
  told,
} from '../../support/chart-contexts.ts';

const task = chart(taskMachine);
const volume = { kind: 'volume' as const, name: 'data' };
const cgroup = { kind: 'cgroup' as const, name: 'cgroup' };
const resource = (of: { kind: 'volume' | 'cgroup'; name: string }) => resourceActorId(story, of);
const resources = (...statuses: ResourceStatus[]) =>
  [volume, cgroup]
    .slice(0, statuses.length)
    .map((of, at) => ({ ...of, status: statuses[at] ?? 'NONE' }));

const everybody = [outboxActorId(story), 'admission'];

/** The task in a state, with these containers, and those of its resources that were made. */
const at = (state: string, containers: KnownContainer[], more: Partial<TaskContext> = {}) => {
  const made = (more.resources ?? []).filter(({ status }) => status !== 'NONE').map(resource);
  return when(task, state, taskContext(containers, more), {
    children: containers.map(({ name }) => containerActorId(story, name)),
    system: [...everybody, ...made],
  });
};
const accepted = (more: Partial<TaskInput> = {}) =>
  begins(task, taskInput(more), { system: everybody });

/** The containers by name, as the context holds them. */
const containers = (...all: KnownContainer[]) => ({
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
    needsRole: false,
    restartPolicy: null,
    at: 1_000,
  });
const beginsResource = (of: typeof volume | typeof cgroup) =>
  spawns(resource(of), 'resource', { taskArn: story, ...of, at: 2_000 });
const tellsContainer = (name: string, type: string, at: number, more = {}) =>
  tells(containerActorId(story, name), { type: `container.${type}`, ...more, at });
const allows = (name: string, upTo: string) => tellsContainer(name, 'allow', 2_000, { upTo });
const tellsAdmission = (type: 'request' | 'release', at: number) =>
  tells('admission', {
    type: `admission.${type}`,
    taskArn: story,
    ...(type === 'request' && { needs: noNeeds }),
    at,
  });
const tellsOutbox = (
  type: 'task.changed' | 'containers.changed',
  status: TaskStatus,
  more: Partial<TaskReport> = {},
  at = 2_000,
) => tells(outboxActorId(story), { type, report: report(status, more), at });

/** What a task that has stopped does at once: it frees its place, and waits a minute. */
const ends = (more: Partial<TaskReport> = {}, at = 2_000) => [
  tellsAdmission('release', at),
  tellsOutbox('task.changed', 'STOPPED', more, at),
  starts('keep', 'timer', { deadline: at + 60_000 }),
];
const untouched = (name: string, more: Partial<KnownContainer> = {}) =>
  known(name, 'NONE', { told: 'nothing', ...more });
/** A container that was told to stop. */
const leaving = (of: KnownContainer) => ({
  ...of,
  told: 'stop' as const,
  desired: 'STOPPED' as const,
});
/** The same container after a change at 2 s. */
const now = (of: KnownContainer, more: Partial<KnownContainer>) => ({ ...of, at: 2_000, ...more });
const stopped = { status: 'STOPPED' as const };

describe('a task', () => {
  describe('that was accepted', () => {
    const two = { containers: [planned('web'), planned('log', { essential: false })] };

    it('begins all its containers, and asks for its place on the host', () => {
      accepted(two).comesTo(
        'queued',
        taskContext([untouched('web'), untouched('log', { essential: false })]),
        [beginsContainer('web'), beginsContainer('log'), tellsAdmission('request', 1_000)],
      );
    });

    it('is stopped at once when it is refused, with the reason and without containers', () => {
      const refusal = 'TaskNotSupportedError: this agent does not support secrets';
      accepted({ refusal, resources: [volume] }).comesTo(
        'stopped.keeping',
        taskContext([], { desired: 'STOPPED', reason: refusal }),
        ends({ reason: refusal }, 1_000),
      );
    });

    it('stops its containers, and takes no place, when ECS wants it stopped already', () => {
      accepted({ desired: 'STOPPED' }).comesTo(
        'stopping',
        taskContext([leaving(untouched('main'))], { desired: 'STOPPED' }),
        [beginsContainer('main'), tellsContainer('main', 'stop', 1_000)],
      );
    });

    it('halts containers that may run although nothing is known of them', () => {
      const reason = 'TaskStateError: the task failed inside the agent';
      accepted({ desired: 'STOPPED', reason, begins: 'halted' }).comesTo(
        'stopping',
        taskContext([leaving(untouched('main'))], {
          desired: 'STOPPED',
          reason,
          begins: 'halted',
        }),
        [
          beginsContainer('main'),
          tellsContainer('main', 'halt', 1_000),
          tellsContainer('main', 'stop', 1_000),
        ],
      );
    });
  });

  describe('whose containers were found running', () => {
    it('takes them over, and asks nothing of its host', () => {
      const running = untouched('main', { told: 'start' });
      accepted({ begins: 'adopted' }).comesTo(
        'pending',
        taskContext([running], { begins: 'adopted' }),
        [beginsContainer('main'), tellsContainer('main', 'adopt', 1_000)],
      );
    });
  });

  describe('that is queued', () => {
    it('lets its containers go once the host has what it needs', () => {
      at('queued', [untouched('web'), untouched('log')])
        .gets({ type: 'task.admitted', at: 2_000 })
        .comesTo(
          'pending',
          {
            ...containers(untouched('web', { told: 'start' }), untouched('log', { told: 'start' })),
            knownAt: 2_000,
          },
          [allows('web', 'start'), allows('log', 'start')],
        );
    });

    it('has its resources made then, and settles its images meanwhile', () => {
      at('queued', [untouched('web')], { resources: resources('NONE', 'NONE') })
        .gets({ type: 'task.admitted', at: 2_000 })
        .comesTo(
          'pending',
          { ...containers(untouched('web', { told: 'resolve' })), knownAt: 2_000 },
          [beginsResource(volume), beginsResource(cgroup), allows('web', 'resolve')],
        );
    });

    it('is stopped without waiting any longer when ECS wants it stopped', () => {
      at('queued', [untouched('web')])
        .gets(stop(2_000))
        .comesTo(
          'stopping',
          { ...containers(leaving(untouched('web'))), desired: 'STOPPED', knownAt: 2_000 },
          [tellsContainer('web', 'stop', 2_000)],
        );
    });
  });

  describe('that is pending', () => {
    const web = known('web', 'CREATED');
    const log = known('log', 'CREATED', { essential: false });

    it('keeps to itself how far its containers have come before they run', () => {
      const pulled = { pullStartedAt: 1_100, pullStoppedAt: 1_900 };
      at('pending', [known('web', 'NONE')])
        .gets(changed('web', 'PULLED', pulled))
        .stays({
          ...containers(now(known('web', 'PULLED'), pulled)),
          knownAt: 2_000,
        });
    });

    it('tells once of the digests that were found out, when all are settled', () => {
      const resolved = { digest: 'sha256:d1', digestResolved: true };
      const pause = known('pause', 'MANIFEST_PULLED', { internal: true });
      const webNow = now(known('web', 'MANIFEST_PULLED'), resolved);
      const log = known('log', 'MANIFEST_PULLED', { digest: 'sha256:d2' });
      at('pending', [known('web', 'NONE'), log, pause])
        .gets(changed('web', 'MANIFEST_PULLED', resolved))
        .stays({ ...containers(webNow, log, pause), manifestTold: true, knownAt: 2_000 }, [
          tellsOutbox('task.changed', 'MANIFEST_PULLED', {
            containers: [told('web', 'MANIFEST_PULLED', { digest: 'sha256:d1' })],
          }),
        ])
        .gets(changed('web', 'PULLED', resolved))
        .stays({
          ...containers({ ...webNow, status: 'PULLED', reached: 'PULLED' }, log, pause),
        });
    });

    it('tells of the digest of one image while another is not settled yet', () => {
      const resolved = { digest: 'sha256:d1', digestResolved: true };
      at('pending', [known('web', 'NONE'), known('log', 'NONE')])
        .gets(changed('web', 'MANIFEST_PULLED', resolved))
        .stays(
          {
            ...containers(now(known('web', 'MANIFEST_PULLED'), resolved), known('log', 'NONE')),
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'MANIFEST_PULLED', { digest: 'sha256:d1' })],
            }),
          ],
        );
    });

    it('tells of a container that runs while another does not yet', () => {
      at('pending', [web, log])
        .gets(changed('web', 'RUNNING', { runtimeId: 'c0ffee' }))
        .stays(
          {
            ...containers(now(known('web', 'RUNNING'), { runtimeId: 'c0ffee' }), log),
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'RUNNING', { runtimeId: 'c0ffee' })],
            }),
          ],
        );
    });

    it('keeps to itself that a container runs which is its own', () => {
      const pause = known('pause', 'CREATED', { internal: true });
      at('pending', [web, pause])
        .gets(changed('pause', 'RUNNING'))
        .stays({
          ...containers(web, now(pause, { status: 'RUNNING', reached: 'RUNNING' })),
          knownAt: 2_000,
        });
    });

    it('runs once all its containers run, and tells of the task then', () => {
      const pulled = { pullStartedAt: 1_100, pullStoppedAt: 1_900 };
      at('pending', [known('web', 'RUNNING'), known('log', 'CREATED', pulled)])
        .gets(changed('log', 'RUNNING', pulled))
        .comesTo(
          'running',
          {
            ...containers(known('web', 'RUNNING'), now(known('log', 'RUNNING'), pulled)),
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
            ...containers(known('web', 'RUNNING'), now(log, { ...stopped, exitCode: 1 })),
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
      const reason = 'CannotStartContainerError: no';
      at('pending', [web, log])
        .gets(changed('web', 'STOPPED', { reason }))
        .comesTo(
          'stopping',
          {
            ...containers(now(web, { ...stopped, reason }), leaving(log)),
            desired: 'STOPPED',
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'STOPPED', { reason })],
            }),
            tellsContainer('log', 'stop', 2_000),
          ],
        );
    });

    it('stops the others when a container failed it that it could do without', () => {
      const failure = { reason: 'CannotPullContainerError: no', fatal: true };
      at('pending', [web, log])
        .gets(changed('log', 'STOPPED', failure))
        .comesTo(
          'stopping',
          {
            ...containers(leaving(web), now(log, { ...stopped, ...failure })),
            desired: 'STOPPED',
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('log', 'STOPPED', { reason: failure.reason })],
            }),
            tellsContainer('web', 'stop', 2_000),
          ],
        );
    });

    it('is stopped when its only container has ended', () => {
      const reason = 'CannotCreateContainerError: no';
      at('pending', [web])
        .gets(changed('web', 'STOPPED', { reason }))
        .comesTo(
          'stopped.keeping',
          {
            ...containers(now(web, { ...stopped, reason })),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          ends({
            containers: [told('web', 'STOPPED', { reason })],
            executionStoppedAt: 2_000,
          }),
        );
    });

    it('stops its containers when ECS wants it stopped', () => {
      at('pending', [web, log])
        .gets(stop(2_000))
        .comesTo(
          'stopping',
          { ...containers(leaving(web), leaving(log)), desired: 'STOPPED', knownAt: 2_000 },
          [tellsContainer('web', 'stop', 2_000), tellsContainer('log', 'stop', 2_000)],
        );
    });

    it('lets its containers go on once all its resources are made', () => {
      const waiting = known('web', 'MANIFEST_PULLED', { told: 'resolve' });
      at('pending', [waiting], { resources: resources('NONE', 'CREATED') })
        .gets({ type: 'resource.changed', change: resourceChange('CREATED') })
        .stays(
          {
            ...containers({ ...waiting, told: 'start' }),
            resources: resources('CREATED', 'CREATED'),
            knownAt: 2_000,
          },
          [allows('web', 'start')],
        );
    });

    it('is stopped with the reason when one of them cannot be made', () => {
      const waiting = known('web', 'MANIFEST_PULLED', { told: 'resolve' });
      at('pending', [waiting], { resources: resources('NONE') })
        .gets({
          type: 'resource.changed',
          change: resourceChange('FAILED', { reason: 'VolumeError: no' }),
        })
        .comesTo(
          'stopping',
          {
            ...containers(leaving(waiting)),
            resources: resources('FAILED'),
            reason: 'VolumeError: no',
            desired: 'STOPPED',
            knownAt: 2_000,
          },
          [tellsContainer('web', 'stop', 2_000)],
        );
    });

    describe('with a container that depends on another', () => {
      const needsDb = [{ container: 'db', condition: 'HEALTHY' as const }];
      const db = known('db', 'RUNNING', { healthChecked: true, startedAt: 1_000 });
      const app = known('app', 'MANIFEST_PULLED', { dependsOn: needsDb, told: 'resolve' });

      it('lets it go on as soon as the other is healthy', () => {
        at('pending', [db, app])
          .gets({ type: 'container.health', name: 'db', health: 'HEALTHY', at: 2_000 })
          .stays(
            {
              ...containers({ ...db, health: 'HEALTHY' }, { ...app, told: 'pull' }),
              knownAt: 2_000,
            },
            [allows('app', 'pull')],
          );
      });

      it('fails it at once when the other can never be', () => {
        const because =
          'dependency graph: failed to resolve container ordering dependency ' +
          '[db(busybox:local) (STOPPED->RUNNING) - Exit: 1] for target ' +
          '[app(busybox:local) (MANIFEST_PULLED->RUNNING)] ' +
          'as dependency has no health check, or ended before it was healthy.';
        const sidecar = { ...db, essential: false };
        const ended = { exitCode: 1, startedAt: 1_000 };
        at('pending', [sidecar, app])
          .gets(changed('db', 'STOPPED', ended))
          .stays(
            {
              ...containers(now(sidecar, { ...stopped, ...ended }), {
                ...app,
                told: 'fail',
                desired: 'STOPPED',
              }),
              knownAt: 2_000,
            },
            [
              tellsContainer('app', 'fail', 2_000, { because }),
              tellsOutbox('containers.changed', 'PENDING', {
                containers: [told('db', 'STOPPED', { exitCode: 1 })],
              }),
            ],
          );
      });
    });
  });

  describe('that runs', () => {
    const web = known('web', 'RUNNING');
    const log = known('log', 'RUNNING', { essential: false });

    it('runs on when a container that is not essential ends, and tells of that', () => {
      at('running', [web, log])
        .gets(changed('log', 'STOPPED', { exitCode: 1 }))
        .stays({ ...containers(web, now(log, { ...stopped, exitCode: 1 })), knownAt: 2_000 }, [
          tellsOutbox('containers.changed', 'RUNNING', {
            containers: [told('web', 'RUNNING'), told('log', 'STOPPED', { exitCode: 1 })],
          }),
        ]);
    });

    it('keeps the health of its containers', () => {
      at('running', [web])
        .gets({ type: 'container.health', name: 'web', health: 'UNHEALTHY', at: 2_000 })
        .stays({ ...containers({ ...web, health: 'UNHEALTHY' }), knownAt: 2_000 });
    });

    it('stops the others when an essential container ends, and then is stopped', () => {
      const webEnded = now(web, { ...stopped, exitCode: 0 });
      const logEnded = { ...leaving(log), ...stopped, exitCode: 143, at: 3_000 };
      at('running', [web, log])
        .gets(changed('web', 'STOPPED', { exitCode: 0 }))
        .comesTo(
          'stopping',
          {
            ...containers(webEnded, leaving(log)),
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
        .comesTo(
          'stopped.keeping',
          { ...containers(webEnded, logEnded), knownAt: 3_000 },
          ends(
            {
              containers: [
                told('web', 'STOPPED', { exitCode: 0 }),
                told('log', 'STOPPED', { exitCode: 143 }),
              ],
              executionStoppedAt: 2_000,
            },
            3_000,
          ),
        );
    });

    it('is stopped when the last of its containers ends', () => {
      const init = known('init', 'STOPPED', { essential: false, exitCode: 0 });
      at('running', [web, init])
        .gets(changed('web', 'STOPPED', { exitCode: 0 }))
        .comesTo(
          'stopped.keeping',
          {
            ...containers(now(web, { ...stopped, exitCode: 0 }), init),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          ends({
            containers: [
              told('web', 'STOPPED', { exitCode: 0 }),
              told('init', 'STOPPED', { exitCode: 0 }),
            ],
            executionStoppedAt: 2_000,
          }),
        );
    });

    it('is told nothing of a container that it adds itself', () => {
      const pause = known('pause', 'RUNNING', { internal: true, essential: false });
      at('running', [web, pause])
        .gets(changed('pause', 'STOPPED', { exitCode: 0 }))
        .stays({ ...containers(web, now(pause, { ...stopped, exitCode: 0 })), knownAt: 2_000 });
    });

    it('stops those of its containers that have not ended when ECS wants it stopped', () => {
      const init = known('init', 'STOPPED', { essential: false, exitCode: 0 });
      at('running', [web, init])
        .gets(stop(2_000))
        .comesTo(
          'stopping',
          { ...containers(leaving(web), init), desired: 'STOPPED', knownAt: 2_000 },
          [tellsContainer('web', 'stop', 2_000)],
        );
    });

    it('stops a container after those that depend on it, and starts it no more meanwhile', () => {
      const restartPolicy = { ignoredExitCodes: [], attemptPeriodS: 60 };
      const db = known('db', 'RUNNING', { restartPolicy });
      const app = known('app', 'RUNNING', {
        dependsOn: [{ container: 'db', condition: 'START' }],
      });
      const appEnded = { ...leaving(app), ...stopped, exitCode: 0, at: 2_000 };
      at('running', [db, app])
        .gets(stop(2_000))
        .comesTo(
          'stopping',
          {
            ...containers({ ...db, told: 'retire' }, leaving(app)),
            desired: 'STOPPED',
            knownAt: 2_000,
          },
          [tellsContainer('db', 'retire', 2_000), tellsContainer('app', 'stop', 2_000)],
        )
        .gets({ type: 'container.health', name: 'db', health: 'UNKNOWN', at: 2_000 })
        .stays()
        .gets(changed('app', 'STOPPED', { exitCode: 0 }))
        .stays({ ...containers(leaving(db), appEnded), executionStoppedAt: 2_000 }, [
          tellsContainer('db', 'stop', 2_000),
          tellsOutbox('containers.changed', 'PENDING', {
            containers: [told('db', 'RUNNING'), told('app', 'STOPPED', { exitCode: 0 })],
          }),
        ]);
    });
  });

  describe('that is being stopped', () => {
    const web = leaving(known('web', 'RUNNING'));
    const log = leaving(known('log', 'RUNNING'));

    it('waits for the last of its containers, and tells of the others', () => {
      at('stopping', [web, log], { desired: 'STOPPED' })
        .gets(changed('log', 'STOPPED', { exitCode: 143 }))
        .stays(
          {
            ...containers(web, now(log, { ...stopped, exitCode: 143 })),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsOutbox('containers.changed', 'PENDING', {
              containers: [told('web', 'RUNNING'), told('log', 'STOPPED', { exitCode: 143 })],
            }),
          ],
        );
    });

    it('tells that it ran when the stop came while its last container was being started', () => {
      const created = leaving(known('log', 'CREATED'));
      const late = now(created, { status: 'RUNNING', reached: 'RUNNING' });
      at('stopping', [web, created], { desired: 'STOPPED' })
        .gets(changed('log', 'RUNNING'))
        .stays({ ...containers(web, late), knownAt: 2_000 }, [
          tellsOutbox('task.changed', 'RUNNING', {
            containers: [told('web', 'RUNNING'), told('log', 'RUNNING')],
          }),
        ]);
    });

    it('tells of a container that started late without the others', () => {
      const created = leaving(known('log', 'CREATED'));
      const late = now(created, { status: 'RUNNING', reached: 'RUNNING' });
      const pulled = leaving(known('web', 'PULLED'));
      at('stopping', [pulled, created], { desired: 'STOPPED' })
        .gets(changed('log', 'RUNNING'))
        .stays({ ...containers(pulled, late), knownAt: 2_000 }, [
          tellsOutbox('containers.changed', 'PENDING', { containers: [told('log', 'RUNNING')] }),
        ]);
    });

    it('keeps a step of a container that ECS is not told of', () => {
      const pulled = leaving(known('log', 'PULLED'));
      at('stopping', [web, pulled], { desired: 'STOPPED' })
        .gets(changed('log', 'CREATED'))
        .stays({
          ...containers(web, now(pulled, { status: 'CREATED', reached: 'CREATED' })),
          knownAt: 2_000,
        });
    });

    it('takes no second wish to stop for news, and no earlier time', () => {
      at('stopping', [web], { desired: 'STOPPED' }).gets(stop(500)).stays();
    });
  });

  describe('that is stopped', () => {
    const over = { desired: 'STOPPED' as const, executionStoppedAt: 1_000 };
    const web = known('web', 'STOPPED');
    const threeDays = 259_200_000;
    const patience = starts('patience', 'timer', { deadline: 1_000 + threeDays });
    const sweeps = (since: number) =>
      starts('sweep', 'removeContainers', { taskArn: story, since });

    it('lets go of its cgroup at once, and keeps its volumes', () => {
      at('stopping', [leaving(known('web', 'RUNNING'))], {
        desired: 'STOPPED',
        resources: resources('CREATED', 'CREATED'),
      })
        .gets(changed('web', 'STOPPED', { exitCode: 0 }))
        .comesTo(
          'stopped.keeping',
          {
            ...containers(now(leaving(known('web', 'RUNNING')), { ...stopped, exitCode: 0 })),
            executionStoppedAt: 2_000,
            knownAt: 2_000,
          },
          [
            tellsAdmission('release', 2_000),
            tells(resource(cgroup), { type: 'resource.remove', at: 2_000 }),
            tellsOutbox('task.changed', 'STOPPED', {
              containers: [told('web', 'STOPPED', { exitCode: 0 })],
              executionStoppedAt: 2_000,
            }),
            starts('keep', 'timer', { deadline: 62_000 }),
          ],
        );
    });

    it('keeps what comes late, and tells no more', () => {
      const late = { runtimeId: 'c0ffee', exitCode: 143 };
      at('stopped.keeping', [web], over)
        .gets(changed('web', 'STOPPED', late))
        .stays({ ...containers(now(web, late)), knownAt: 2_000 });
    });

    it('is kept for a while after ECS knows of it, and its remains are removed then', () => {
      at('stopped.keeping', [web], over)
        .gets({ type: 'report.settled', at: 0 })
        .stays({ settled: true })
        .gets(done('keep', { at: 61_000, roll: 0 }))
        .comesTo('cleaning.sweeping', {}, [patience, stops('patience'), sweeps(61_000)]);
    });

    it('waits then until ECS knows of it', () => {
      at('stopped.keeping', [web], over)
        .gets(done('keep', { at: 61_000, roll: 0 }))
        .comesTo('stopped.settling', {}, [patience])
        .gets({ type: 'report.settled', at: 0 })
        .comesTo('cleaning.sweeping', { settled: true }, [stops('patience'), sweeps(1_000)]);
    });

    it('waits for that no longer than three days', () => {
      at('stopped.settling', [web], over)
        .gets(done('patience', { at: 1_000 + threeDays, roll: 0 }))
        .comesTo('cleaning.sweeping', {}, [sweeps(1_000 + threeDays)]);
    });

    it('is not kept any longer when the disk is wanted for others', () => {
      at('stopped.keeping', [web], { ...over, settled: true })
        .gets({ type: 'task.hurry', at: 2_000 })
        .comesTo('cleaning.sweeping', {}, [
          stops('keep'),
          patience,
          stops('patience'),
          sweeps(2_000),
        ]);
    });
  });

  describe('whose remains are removed', () => {
    const over = { desired: 'STOPPED' as const, settled: true };
    const web = known('web', 'STOPPED');
    const forgets = [stops(containerActorId(story, 'web'))];
    const swept = done('sweep', { at: 2_000, roll: 0 });
    const removed = (of: { kind: 'volume' | 'cgroup'; name: string }) => ({
      type: 'resource.changed' as const,
      change: resourceChange('REMOVED', of),
    });

    it('is done when it has no resources', () => {
      at('cleaning.sweeping', [web], over).gets(swept).comesTo('done', {}, forgets);
    });

    it('tries again a while after the Engine failed to remove a container', () => {
      const away = failure('DOCKER_UNREACHABLE', { retry: true });
      at('cleaning.sweeping', [web], over)
        .gets(failed('sweep', away))
        .comesTo('cleaning.backingOff', { attempts: 1 }, [
          starts('retrySweep', 'timer', { deadline: 3_000 }),
        ])
        .gets(done('retrySweep', { at: 3_000, roll: 0 }))
        .comesTo('cleaning.sweeping', {}, [
          starts('sweep', 'removeContainers', { taskArn: story, since: 3_000 }),
        ]);
    });

    it('waits for its volume and its cgroup to go, and is done then', () => {
      at('cleaning.sweeping', [web], { ...over, resources: resources('CREATED', 'CREATED') })
        .gets(swept)
        .comesTo('cleaning.releasing', {}, [
          tells(resource(volume), { type: 'resource.remove', at: 1_000 }),
          tells(resource(cgroup), { type: 'resource.remove', at: 1_000 }),
        ])
        .gets(removed(cgroup))
        .stays({ resources: resources('CREATED', 'REMOVED'), knownAt: 2_000 })
        .gets(removed(volume))
        .comesTo('done', { resources: resources('REMOVED', 'REMOVED') }, forgets);
    });

    it('does not wait for a resource that was never made', () => {
      at('cleaning.sweeping', [web], { ...over, resources: resources('NONE') })
        .gets(swept)
        .comesTo('done', { resources: resources('REMOVED') }, forgets);
    });

    it('is not forgotten before ECS knows of its end', () => {
      at('cleaning.sweeping', [web], { ...over, settled: false })
        .gets(swept)
        .comesTo('cleaning.telling')
        .gets({ type: 'report.settled', at: 0 })
        .comesTo('done', { settled: true }, forgets);
    });
  });

  everythingWasTaken(task);
});
