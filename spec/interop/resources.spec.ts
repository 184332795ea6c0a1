import { totalmem } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LevelStore } from '../../persistence/level.ts';
import { labels } from '../../transport/docker/translate.ts';
import { describeWithEngine } from '../support/engine.ts';
import { freePort } from '../support/loopback.ts';
import { AgentProcess } from '../support/process.ts';
import type { Events } from './events.ts';
import { ends, Stage, script, untilTerm } from './stage.ts';
import { together } from './together.ts';

/** More than half of the host, of which two tasks cannot have so much at a time. */
const mostOfTheHost = Math.floor((totalmem() / 1_048_576) * 0.6);

describeWithEngine('tasks that share a host', (dockerHost) => {
  let stage: Stage;
  let events: Events;
  let port: string;
  before(async () => {
    port = String(await freePort());
    const environment = {
      ECS_CONTAINER_STOP_TIMEOUT: '2s',
      ECS_ENABLE_TASK_CPU_MEM_LIMIT: 'true',
      ECS_ENABLE_CONTAINER_METADATA: 'true',
      ECS_INTROSPECTION_PORT: port,
    };
    stage = await new Stage(dockerHost(), environment).open();
    events = await stage.events();
    stage.start();
    await stage.plane.settled();
  });
  after(async () => {
    events?.close();
    await stage?.close();
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(stage.agent?.output);
  });

  const find = (arn: string, name: string, action: string) =>
    events.first((one) => one.taskArn === arn && one.name === name && one.action === action);
  const starts = (arn: string) => events.of(arn).filter(({ action }) => action === 'start').length;
  /** `ecs-agent explain` beside the agent. */
  const explained = async (...words: string[]): Promise<string> => {
    const asking = new AgentProcess(['explain', ...words], { ECS_INTROSPECTION_PORT: port });
    expect(await asking.exitCode(), asking.output).to.equal(0);
    return asking.output;
  };

  together([
    [
      'wait for memory that another task has, explain what they wait for, and let smaller ones past',
      async () => {
        const large = { name: 'main', memoryReservation: mostOfTheHost, command: untilTerm(0) };
        const first = stage.run([large]);
        await first.told('RUNNING');
        const second = stage.run([large]);
        await stage.plane.settled();
        const explanation = await explained(second.id);
        expect(explanation).to.match(
          new RegExp(`^task ${second.id}: waits for the host to have what it needs`),
        );
        expect(explanation).to.match(
          new RegExp(`memory in MiB: needs ${mostOfTheHost}, of which \\d+ are free`),
        );
        expect(explanation).to.include(`task ${first.id}: holds it`);
        expect(await explained()).to.include(`task ${second.id}: waits`);
        const small = stage.run([{ name: 'main', memory: 16, command: ends(0) }]);
        await small.told('STOPPED');
        expect(second.reports()).to.deep.equal([]);
        first.stop();
        await second.told('RUNNING');
        const ended = await find(first.arn, 'main', 'die');
        expect((await find(second.arn, 'main', 'create')).at > ended.at).to.equal(true);
        second.stop();
        await second.told('STOPPED');
      },
    ],
    [
      'are killed at their own memory limit, and that is told',
      async () => {
        // The Engine may learn of the kill after the end of the container if that comes at once.
        const greedy = script(
          '/bin/busybox dd if=/dev/zero of=/dev/null bs=128M count=1; code=$?; /bin/busybox sleep 1; exit $code',
        );
        const task = stage.run([{ name: 'main', command: greedy }], { memory: '32' });
        expect(await task.toldOf('main', 'STOPPED')).to.include({
          exitCode: 137,
          reason: 'OutOfMemoryError: Container killed due to memory usage',
        });
        // It had no limit of its own, and one of twice that size goes through.
        expect((await task.inspect('main')).HostConfig.Memory).to.equal(0);
        const roomy = stage.run([{ name: 'main', command: greedy }], { memory: '256' });
        expect(await roomy.toldOf('main', 'STOPPED')).to.include({ exitCode: 0, reason: null });
      },
    ],
    [
      'see the processes of their other containers where they share them',
      async () => {
        const look = script(
          '/bin/busybox sleep 1; /bin/busybox ps | /bin/busybox grep -q "[s]leep 98765"',
        );
        const sleeps = ['/bin/busybox', 'sleep', '98765'];
        const containers = [
          { name: 'main', memory: 16, command: look },
          { name: 'side', memory: 16, command: sleeps, essential: false },
        ];
        const shared = stage.run(containers, { pidMode: 'task' });
        const apart = stage.run(containers);
        expect((await shared.toldOf('main', 'STOPPED')).exitCode).to.equal(0);
        expect((await apart.toldOf('main', 'STOPPED')).exitCode).to.equal(1);
        const { containers: told } = await shared.told('STOPPED');
        expect(told.map(({ name }) => name).sort()).to.deep.equal(['main', 'side']);
        const listed = await stage.containers(shared.arn);
        const pause = listed.find(({ Labels }) => Labels[labels.containerName]?.startsWith('~'));
        expect(pause).to.include({ State: 'exited', Image: 'amazon/amazon-ecs-pause:0.1.0' });
        const main = await shared.inspect('main');
        expect(main.HostConfig.PidMode).to.equal(`container:${pause?.Id}`);
      },
    ],
    [
      'read their metadata from a file in the container',
      async () => {
        const read = script(
          'until /bin/busybox grep -q READY "$ECS_CONTAINER_METADATA_FILE"; do /bin/busybox sleep 1; done; ' +
            '/bin/busybox cat "$ECS_CONTAINER_METADATA_FILE"',
        );
        const portMappings = [{ containerPort: 80 }];
        const task = stage.run([{ name: 'main', memory: 16, command: read, portMappings }]);
        const { runtimeId, exitCode } = await task.toldOf('main', 'STOPPED');
        expect(exitCode).to.equal(0);
        const metadata = JSON.parse(await task.output('main'));
        const running = await task.toldOf('main', 'RUNNING');
        const [binding] = running.bindings;
        expect(metadata).to.deep.include({
          Cluster: stage.cluster,
          TaskARN: task.arn,
          ContainerID: runtimeId,
          ContainerName: 'main',
          MetadataFileStatus: 'READY',
        });
        if (!binding || !('hostPort' in binding)) throw new Error('no port is bound');
        expect(metadata.PortMappings[0]).to.include({
          ContainerPort: 80,
          HostPort: binding.hostPort,
        });
      },
    ],
    [
      'are not started again after an exit code that their restart policy ignores',
      async () => {
        const restartPolicy = { enabled: true, ignoredExitCodes: [0, 3], restartAttemptPeriod: 1 };
        const task = stage.run([{ name: 'main', memory: 16, command: ends(3, 2), restartPolicy }]);
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 3 });
        expect(starts(task.arn)).to.equal(1);
      },
    ],
    [
      'are not started again where they ended within the period of their restart policy',
      async () => {
        const restartPolicy = { enabled: true, restartAttemptPeriod: 60 };
        const task = stage.run([{ name: 'main', memory: 16, command: ends(4, 1), restartPolicy }]);
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 4 });
        expect(starts(task.arn)).to.equal(1);
      },
    ],
    [
      'do not start a container whose dependency ends before it is healthy, and say why',
      async () => {
        const healthCheck = { command: ['CMD', '/bin/busybox', 'false'], interval: 5 };
        const dependsOn = [{ containerName: 'ill', condition: 'HEALTHY' }];
        const task = stage.run([
          { name: 'main', memory: 16, command: ends(0), dependsOn },
          { name: 'ill', memory: 16, command: ends(1, 1), essential: false, healthCheck },
        ]);
        const { containers } = await task.told('STOPPED');
        expect(containers.find(({ name }) => name === 'main')?.reason).to.match(
          /^CannotStartContainerError: .*ended before it was healthy/,
        );
        expect(containers.find(({ name }) => name === 'ill')).to.include({ exitCode: 1 });
      },
    ],
  ]);

  it('are started again after an agent that was killed came back, and counted on', async function () {
    this.timeout(60_000);
    const runs = script(
      'echo x >>/runs; [ $(/bin/busybox wc -l </runs) = 1 ] && /bin/busybox sleep 2 && exit 1; ' +
        'trap "exit 0" TERM; while :; do /bin/busybox sleep 1 & wait $!; done',
    );
    const restartPolicy = { enabled: true, restartAttemptPeriod: 1 };
    const task = stage.run([{ name: 'main', memory: 16, command: runs, restartPolicy }]);
    const { runtimeId } = await task.toldOf('main', 'RUNNING');
    const started = (times: number) => events.first(() => starts(task.arn) === times);
    await started(2);
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the period
    await stage.kill();
    await stage.engine.getContainer(runtimeId ?? '').kill();
    stage.start();
    await started(3);
    await stage.plane.settled();
    expect(await stage.agent?.signal('SIGTERM')).to.equal(0);
    expect(await restartsOnRecord(join(stage.folder, 'data'), task.id)).to.equal(2);
    stage.start();
    task.stop();
    expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 0, runtimeId });
    expect(starts(task.arn)).to.equal(3);
    expect(task.reports().map(({ status }) => status)).to.deep.equal(['RUNNING', 'STOPPED']);
  });
});

/** How often an agent that has ended says that it has started the container again. */
async function restartsOnRecord(directory: string, taskId: string): Promise<unknown> {
  const store = new LevelStore(directory);
  try {
    const { rows } = await store.open();
    const record = rows.find(({ key }) => key.startsWith('container/') && key.includes(taskId));
    return (record?.body as { context?: { restarts?: number } } | undefined)?.context?.restarts;
  } finally {
    await store.close();
  }
}
