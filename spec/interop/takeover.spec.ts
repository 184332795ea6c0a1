import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { expect } from 'chai';
import { migrate } from '../../bin/commands/migrate.ts';
import { labels } from '../../transport/docker/translate.ts';
import {
  ended,
  endedWith,
  type SavedTask,
  savedContainer,
  savedDatabase,
  savedInstance,
} from '../support/amazon-state.ts';
import { describeWithEngine } from '../support/engine.ts';
import { testImage } from '../support/engine-plans.ts';
import type { Events } from './events.ts';
import { type InProcess, startInProcess } from './in-process.ts';
import { ends, isThere, Placed, pulse, removed, Stage, script, untilTerm } from './stage.ts';
import { together } from './together.ts';

/** Runs until it is told to end by a signal of its own, which is no stop. */
const untilUser = (code: number): string[] =>
  script(`trap "exit ${code}" USR1; while :; do /bin/busybox sleep 1 & wait $!; done`);

type How = 'created' | 'running' | 'ended';

describeWithEngine('tasks of Amazon’s agent that are taken over', (dockerHost) => {
  let stage: Stage;
  let events: Events;
  let agent: InProcess;
  const mark = pulse.random.uuid().slice(0, 8);
  const arnOf = (id: string) => stage.plane.arnOf(`${id}-${mark}`);
  const volume = `ecs-web-1-data-${mark}`;

  /** A container under a name and labels such as Amazon's agent gives: none of them is this agent's. */
  async function made(
    taskId: string,
    name: string,
    { command, how, host = {} }: { command: string[]; how: How; host?: object },
  ): Promise<ReturnType<typeof savedContainer>> {
    const dockerName = `ecs-web-1-${name.replaceAll('~', '')}-${pulse.random.uuid().slice(0, 8)}`;
    const container = await stage.engine.createContainer({
      name: dockerName,
      Image: testImage,
      Cmd: command,
      Labels: {
        [labels.cluster]: stage.cluster,
        [labels.taskArn]: arnOf(taskId),
        [labels.containerName]: name,
        [labels.family]: 'web',
        [labels.version]: '1',
      },
      HostConfig: host,
    });
    if (how !== 'created') await container.start();
    if (how === 'ended') await container.wait();
    return { ...savedContainer(name, container.id), dockerName };
  }

  /** What its agent was killed in the middle of. */
  async function left(): Promise<SavedTask[]> {
    const run = (command: string[], how: How = 'running', host = {}) => ({ command, how, host });
    const web = await made('web', 'nginx', run(untilUser(3)));
    const log = await made('web', 'log', run(untilTerm(15)));
    const job = await made('batch', 'job', run(ends(7), 'ended'));
    const db = await made('disk', 'db', run(untilTerm(0), 'running', { Binds: [`${volume}:/d`] }));
    const fresh = await made('fresh', 'main', run(untilTerm(0), 'created'));
    const quick = await made('quick', 'main', run(ends(9), 'ended'));
    const pause = await made('lent', '~internal~ecs~pause', run(untilTerm(0)));
    const network = { NetworkMode: `container:${pause.id}` };
    const app = await made('lent', 'app', run(untilTerm(4), 'running', network));
    const dependsOn = [{ containerName: 'nginx', condition: 'START' }];
    const unstarted = { KnownStatus: 'CREATED', SentStatus: 'NONE' };
    const configuration = { scope: 'task', driver: 'local', dockerVolumeName: volume };
    return [
      {
        arn: arnOf('web'),
        containers: [web, { ...log, members: { Essential: false, dependsOn } }],
      },
      {
        arn: arnOf('batch'),
        containers: [{ ...job, members: endedWith(7) }],
        members: { ...ended, KnownTime: new Date().toISOString() },
      },
      {
        arn: arnOf('disk'),
        containers: [
          { ...db, members: { mountPoints: [{ sourceVolume: 'data', containerPath: '/d' }] } },
        ],
        members: {
          volumes: [{ name: 'data', type: 'docker', dockerVolumeConfiguration: configuration }],
        },
      },
      ...[fresh, quick].map((container, at) => ({
        arn: arnOf(at === 0 ? 'fresh' : 'quick'),
        containers: [{ ...container, members: unstarted }],
        members: { KnownStatus: 'CREATED', SentStatus: 'NONE' },
      })),
      {
        arn: arnOf('lent'),
        containers: [
          app,
          { ...pause, members: { IsInternal: 'CNI_PAUSE', KnownStatus: 'RESOURCES_PROVISIONED' } },
        ],
        members: { NetworkMode: 'awsvpc', ENI: [{ ec2Id: 'eni-1' }] },
      },
    ];
  }

  before(async function () {
    this.timeout(60_000);
    const soon = {
      ECS_CONTAINER_STOP_TIMEOUT: '2s',
      ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION: '2s',
    };
    stage = await new Stage(dockerHost(), soon).open();
    const tasks = await left();
    const folder = join(stage.folder, 'amazon');
    mkdirSync(folder);
    writeFileSync(join(folder, 'agent.db'), savedDatabase(stage.cluster, tasks));
    events = await stage.events();
    await migrate(['--from', folder], stage.environment(), { ...pulse, write: () => {} });
    agent = await startInProcess(stage, () => ({}));
    await stage.plane.settled();
  });
  after(async () => {
    await agent?.stop();
    events?.close();
    await stage?.close();
    await removed(stage.engine.getVolume(volume));
  });

  const placed = (id: string): Placed => new Placed(stage, arnOf(id));
  const gone = async (task: Placed): Promise<void> => {
    while ((await stage.containers(task.arn)).length > 0) await passed(100);
  };
  const statuses = (task: Placed) => task.reports().map(({ status }) => status);
  const starts = (task: Placed) => events.of(task.arn).filter(({ action }) => action === 'start');
  /** ECS wants it stopped: it sends the task with that wish. */
  const stop = (task: Placed): void => {
    const containerDefinitions = [{ name: 'main', image: testImage, essential: true }];
    const wire = stage.define(containerDefinitions);
    stage.plane.run({ ...wire, arn: task.arn });
    stage.plane.stop(task.arn);
  };

  it('belong to the container instance that registered them', () => {
    expect(stage.plane.context().containerInstanceArn).to.equal(savedInstance(stage.cluster));
  });

  together([
    [
      'are not told again to run, and are told to have stopped with a container’s true exit code',
      async () => {
        const task = placed('web');
        const { Id } = await task.inspect('nginx');
        await stage.engine.getContainer(Id).kill({ signal: 'SIGUSR1' });
        const { containers } = await task.told('STOPPED');
        const codes = containers.map(({ name, exitCode }) => `${name} ${exitCode}`);
        expect(codes.sort()).to.deep.equal(['log 15', 'nginx 3']);
        expect(statuses(task)).to.deep.equal(['STOPPED']);
        expect(containers.find(({ name }) => name === 'nginx')?.runtimeId).to.equal(Id);
        expect(starts(task)).to.deep.equal([]);
        await gone(task);
      },
    ],
    [
      'are not told again to have stopped, and their containers are removed',
      async () => {
        const task = placed('batch');
        await gone(task);
        expect(statuses(task)).to.deep.equal([]);
      },
    ],
    [
      'stop when ECS wants it, and their volumes go with them',
      async () => {
        const task = placed('disk');
        stop(task);
        expect(await task.toldOf('db', 'STOPPED')).to.include({ exitCode: 0 });
        expect(statuses(task)).to.deep.equal(['STOPPED']);
        expect(starts(task)).to.deep.equal([]);
        await gone(task);
        while (await isThere(stage.engine.getVolume(volume))) await passed(100);
      },
    ],
    [
      'are started where they were made and not started yet',
      async () => {
        const task = placed('fresh');
        const { runtimeId } = await task.toldOf('main', 'RUNNING');
        expect(runtimeId).to.equal((await task.inspect('main')).Id);
        expect(starts(task)).to.have.length(1);
        expect(await stage.containers(task.arn)).to.have.length(1);
      },
    ],
    [
      'are never started a second time, though nobody knew of the first',
      async () => {
        const task = placed('quick');
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 9 });
        expect(starts(task)).to.deep.equal([]);
      },
    ],
    [
      'stop with the container that lent them its network, after the others',
      async () => {
        const task = placed('lent');
        stop(task);
        const { containers } = await task.told('STOPPED');
        expect(containers.map(({ name, exitCode }) => `${name} ${exitCode}`)).to.deep.equal([
          'app 4',
        ]);
        const died = events.of(task.arn).filter(({ action }) => action === 'die');
        expect(died.map(({ name }) => name)).to.deep.equal(['app', '~internal~ecs~pause']);
        await gone(task);
      },
    ],
  ]);
});
