import { expect } from 'chai';
import { describeWithEngine } from '../support/engine.ts';
import type { Events } from './events.ts';
import { ends, Stage, script, untilTerm } from './stage.ts';
import { together } from './together.ts';

const seconds = (from: bigint, to: bigint): number => Number((to - from) / 1_000_000n) / 1_000;

describeWithEngine('the agent’s process on a Docker Engine', (dockerHost) => {
  let stage: Stage;
  let events: Events;
  before(async () => {
    stage = await new Stage(dockerHost(), { ECS_CONTAINER_STOP_TIMEOUT: '2s' }).open();
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

  const actionsOf = (arn: string, name?: string): string[] =>
    events
      .of(arn, name)
      .flatMap(({ action }) => (/^(create|start|die)$/.test(action) ? action : []));
  const find = (arn: string, name: string, action: string) =>
    events.first((one) => one.taskArn === arn && one.name === name && one.action === action);

  together([
    [
      'tells RUNNING, and STOPPED with the exit code of a container that ends by itself',
      async () => {
        const task = stage.run([{ name: 'main', memory: 16, command: ends(42, 1) }]);
        const { runtimeId } = await task.toldOf('main', 'RUNNING');
        const stopped = await task.told('STOPPED');
        expect(stopped.containers[0]).to.include({ name: 'main', exitCode: 42, runtimeId });
        expect(task.reports().map(({ status }) => status)).to.deep.equal(['RUNNING', 'STOPPED']);
        expect((await task.inspect('main')).State.ExitCode).to.equal(42);
      },
    ],
    [
      'stops the other containers of a task when an essential one ends',
      async () => {
        const task = stage.run([
          { name: 'main', memory: 16, command: ends(3, 1) },
          { name: 'side', memory: 16, command: untilTerm(15), essential: false },
        ]);
        const { containers } = await task.told('STOPPED');
        const codes = containers.map(({ name, exitCode }) => `${name} ${exitCode}`);
        expect(codes.sort()).to.deep.equal(['main 3', 'side 15']);
      },
    ],
    [
      'goes on when a container ends that is not essential, and tells its exit code',
      async () => {
        const task = stage.run([
          { name: 'main', memory: 16, command: untilTerm(0) },
          { name: 'side', memory: 16, command: ends(5, 1), essential: false },
        ]);
        expect(await task.toldOf('side', 'STOPPED')).to.include({ exitCode: 5 });
        expect((await task.told('RUNNING')).status).to.equal('RUNNING');
        expect((await task.inspect('main')).State.Running).to.equal(true);
        expect(task.reports().map(({ status }) => status)).not.to.include('STOPPED');
        task.stop();
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 0 });
      },
    ],
    [
      'stops a container with SIGTERM when ECS wants it stopped',
      async () => {
        const task = stage.run([{ name: 'main', memory: 16, command: untilTerm(21) }]);
        await task.told('RUNNING');
        await listening(stage, task);
        task.stop();
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 21 });
        expect(actionsOf(task.arn)).to.deep.equal(['create', 'start', 'die']);
      },
    ],
    [
      'kills a container that does not heed SIGTERM after the agent’s stop timeout',
      async () => {
        const task = stage.run([
          { name: 'main', memory: 16, command: ['/bin/busybox', 'sleep', '300'] },
        ]);
        await task.told('RUNNING');
        task.stop();
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 137 });
        const asked = await find(task.arn, 'main', 'kill');
        const died = await find(task.arn, 'main', 'die');
        expect(seconds(asked.at, died.at)).to.be.within(1.9, 4);
      },
    ],
    [
      'waits as long as a container’s own stop timeout says before it kills',
      async () => {
        const slow = script(
          'trap "/bin/busybox sleep 3; exit 33" TERM; while :; do /bin/busybox sleep 1 & wait $!; done',
        );
        const task = stage.run([
          { name: 'patient', memory: 16, command: slow, stopTimeout: 20 },
          { name: 'hasty', memory: 16, command: slow, stopTimeout: 2 },
        ]);
        await task.told('RUNNING');
        await listening(stage, task);
        task.stop();
        const { containers } = await task.told('STOPPED');
        const codes = containers.map(({ name, exitCode }) => `${name} ${exitCode}`);
        expect(codes.sort()).to.deep.equal(['hasty 137', 'patient 33']);
      },
    ],
    [
      'tells why a container cannot be started',
      async () => {
        const task = stage.run([{ name: 'main', memory: 16, command: ['/no/such/program'] }]);
        const { containers } = await task.told('STOPPED');
        expect(containers[0]?.reason).to.match(
          /^CannotStartContainerError: .*\/no\/such\/program.*no such file/s,
        );
        expect(task.reports().map(({ status }) => status)).to.deep.equal(['STOPPED']);
        expect(actionsOf(task.arn)).not.to.include('start');
      },
    ],
    [
      'tells why a container cannot be created',
      async () => {
        const task = stage.run([
          { name: 'main', memory: 16, command: ends(0), workingDirectory: 'not/absolute' },
        ]);
        const { containers } = await task.told('STOPPED');
        expect(containers[0]?.reason).to.match(
          /^CannotCreateContainerError: .*not\/absolute.*invalid/s,
        );
        expect(actionsOf(task.arn)).to.deep.equal([]);
      },
    ],
    [
      'starts a container after those it depends on are started, complete and healthy',
      async () => {
        const healthCheck = {
          command: ['CMD', '/bin/busybox', 'test', '-e', '/well'],
          interval: 1,
        };
        const well = script(
          'trap "exit 0" TERM; /bin/busybox sleep 2; >/well; while :; do /bin/busybox sleep 1 & wait $!; done',
        );
        const dependsOn = [
          { containerName: 'started', condition: 'START' },
          { containerName: 'complete', condition: 'COMPLETE' },
          { containerName: 'well', condition: 'HEALTHY' },
        ];
        const task = stage.run([
          { name: 'main', memory: 16, command: ends(4), dependsOn },
          { name: 'started', memory: 16, command: untilTerm(0), essential: false },
          { name: 'complete', memory: 16, command: ends(9, 1), essential: false },
          { name: 'well', memory: 16, command: well, essential: false, healthCheck },
        ]);
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 4 });
        const main = await find(task.arn, 'main', 'start');
        for (const [name, action] of [
          ['started', 'start'],
          ['complete', 'die'],
          ['well', 'health_status: healthy'],
        ] as const) {
          const before = await find(task.arn, name, action);
          expect(seconds(before.at, main.at), `after ${action} of ${name}`).to.be.above(0);
        }
        await task.told('STOPPED');
      },
    ],
    [
      'starts a container again by its restart policy, and tells ECS of its last end alone',
      async () => {
        // Its file system outlives its restarts.
        const thrice = script(
          '/bin/busybox sleep 1; echo x >>/runs; [ $(/bin/busybox wc -l </runs) = 3 ] && exit 7; exit 1',
        );
        const restartPolicy = { enabled: true, ignoredExitCodes: [7], restartAttemptPeriod: 1 };
        const task = stage.run([{ name: 'main', memory: 16, command: thrice, restartPolicy }]);
        expect(await task.toldOf('main', 'STOPPED')).to.include({ exitCode: 7 });
        expect(actionsOf(task.arn)).to.deep.equal([
          'create',
          ...['start', 'die', 'start', 'die', 'start', 'die'],
        ]);
        expect(task.reports().map(({ status }) => status)).to.deep.equal(['RUNNING', 'STOPPED']);
      },
    ],
    [
      'tells that a container is gone which another removed',
      async () => {
        const task = stage.run([
          { name: 'main', memory: 16, command: untilTerm(0) },
          { name: 'side', memory: 16, command: untilTerm(6), essential: false },
        ]);
        const { runtimeId } = await task.toldOf('main', 'RUNNING');
        await task.told('RUNNING');
        await stage.engine.getContainer(runtimeId ?? '').remove({ force: true });
        const { containers } = await task.told('STOPPED');
        const main = containers.find(({ name }) => name === 'main');
        // The Engine kills before it removes.
        expect(main).to.include({ runtimeId, exitCode: 137 });
        const side = containers.find(({ name }) => name === 'side');
        expect(side).to.include({ exitCode: 6 });
      },
    ],
  ]);

  it('finds what ended, and what runs, after it was killed', async function () {
    this.timeout(60_000);
    const lasting = stage.run([{ name: 'main', memory: 16, command: untilTerm(8) }]);
    const ending = stage.run([{ name: 'main', memory: 16, command: ends(17, 3) }]);
    const { runtimeId } = await lasting.toldOf('main', 'RUNNING');
    await ending.told('RUNNING');
    await stage.kill();
    expect((await find(ending.arn, 'main', 'die')).exitCode).to.equal(17);
    stage.start();
    expect(await ending.toldOf('main', 'STOPPED')).to.include({ exitCode: 17 });
    lasting.stop();
    expect(await lasting.toldOf('main', 'STOPPED')).to.include({ exitCode: 8, runtimeId });
    for (const { arn } of [lasting, ending])
      expect(actionsOf(arn)).to.deep.equal(['create', 'start', 'die']);
  });
});

/** Resolves once every container’s shell sleeps, and so has set its traps. */
async function listening(stage: Stage, { arn }: { arn: string }): Promise<void> {
  for (const { Id } of await stage.containers(arn)) {
    const container = stage.engine.getContainer(Id);
    const sleeps = async () => (await container.top()).Processes.length > 1;
    while (!(await sleeps()));
  }
}
