import { expect } from 'chai';
import { explain } from '../../actors/explain.ts';
import { World, type WorldSettings } from '../../bin/world/world.ts';
import { dockerLimits } from '../../transport/docker/calls.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import type { Explanation } from '../../transport/http/port.ts';
import { SimRegistry } from '../../transport/sim/registry.ts';
import { container, ending, task, unwanted, wanted } from '../support/builders.ts';

const second = 1_000;

const limits = {
  ...Object.fromEntries(Object.entries(dockerLimits).map(([call, { ms }]) => [call, ms])),
  manifest: dockerLimits.resolveDigest.ms,
  resource: dockerLimits.createVolume.ms,
};

const started = async (settings?: WorldSettings): Promise<World> => {
  const world = new World(settings);
  await world.start();
  return world;
};

const explained = ({ agent }: World, id: string | null): Explanation[] => {
  if (!agent) throw new Error('the agent does not run');
  const { system, plans } = agent;
  return explain({ system, plans, limits }, id);
};

/** An explanation as lines, its parts indented, with the time that has passed and is left. */
function linesOf(world: World, all: Explanation[], indent = ''): string[] {
  const inS = (time: number) => Math.round((time - world.clock.now()) / second);
  return all.flatMap(({ subject, sentence, since, until, next, parts }) => [
    [
      `${indent}${subject}: ${sentence}`,
      ...(since === null ? [] : [`for ${-inS(since)} s`]),
      ...(until === null ? [] : [`until in ${inS(until)} s`]),
      ...(next === '' ? [] : [`then ${next}`]),
    ].join(', '),
    ...linesOf(world, parts, `${indent}  `),
  ]);
}
const lines = (world: World, id: string): string[] => linesOf(world, explained(world, id));

/** What is told of a part of the agent itself. */
const partOf = (world: World, subject: string): string[] =>
  linesOf(
    world,
    explained(world, null).filter((one) => one.subject === subject),
  );

describe('an explanation of a task', () => {
  it('is one sentence where it runs, and none where nobody knows it', async () => {
    const world = await started();
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(second);
    expect(lines(world, 'a')).to.deep.equal(['task a: all its containers run, for 1 s']);
    expect(explained(world, task('a').arn)).to.deep.equal(explained(world, 'a'));
    expect(explained(world, 'nobody')).to.deep.equal([]);
    expect(explained(world, null).map(({ subject }) => subject)).not.to.include('task a');
  });

  it('names those who hold what it waits for', async () => {
    const world = await started({ reservedMemoryMiB: 4096 - 1024 });
    const of = (id: string, memoryMiB: number, hostPort: number) =>
      task(
        id,
        [
          container('main', {
            portMappings: [{ kind: 'single', containerPort: 80, hostPort, protocol: 'tcp' }],
          }),
        ],
        { memoryMiB },
      );
    world.plane.deliver([wanted(of('a', 768, 8080)), wanted(of('b', 768, 8080))]);
    await world.clock.advance(5 * second);
    expect(lines(world, 'b').slice(0, 5)).to.deep.equal([
      'task b: waits for the host to have what it needs, for 5 s, then its containers are started',
      '  memory in MiB: needs 768, of which 256 are free',
      '    task a: holds it',
      '  TCP ports: needs 8080, in use',
      '    task a: holds it',
    ]);
  });

  it('says that this host can never give what it waits for', async () => {
    const world = await started();
    world.plane.deliver([wanted(task('a', [container('main')], { memoryMiB: 64_000, cpu: 1 }))]);
    await world.clock.advance(5 * second);
    expect(lines(world, 'a')[1]).to.equal(
      '  memory in MiB: needs 64000: this host can never give it',
    );
  });

  it('names the image that is pulled, and how long that may take', async () => {
    const world = await started({
      rules: { pullBehavior: 'always' },
      engine: { images: [], registry: new SimRegistry(undefined, { pullMs: 50 * second }) },
    });
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(5 * second);
    expect(lines(world, 'a')).to.deep.equal([
      'task a: waits for all its containers to run, for 5 s, then it runs',
      '  container main: waits for its image busybox:local to be pulled, for 5 s, ' +
        'until in 7195 s, then the pull has failed',
    ]);
  });

  it('says what a pull met that is to be tried again, and when', async () => {
    const world = await started({
      rules: { pullBehavior: 'always' },
      engine: { images: [], registry: new SimRegistry() },
    });
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => world.count('pull') === 1);
    world.engine.core.registry.setTrouble('no route to host');
    await world.clock.until(() => world.count('pull') === 4);
    await world.clock.advance(second);
    const [, line = ''] = lines(world, 'a');
    expect(line).to.match(
      new RegExp(
        '^  container main: waits for another try to pull its image busybox:local: Error ' +
          'response from daemon: no route to host, for \\d+ s, until in [2345] s, then it is ' +
          'pulled again, five times in all$',
      ),
    );
  });

  it('says the same of the digest of an image', async () => {
    const world = await started({ rules: { pullBehavior: 'always' } });
    world.engine.core.registry.setTrouble('no route to host');
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.until(() => world.count('resolveDigest') === 8);
    await world.clock.advance(second);
    expect(lines(world, 'a')[1]).to.match(
      /^ {2}container main: waits for another try to learn the digest of busybox:local: .*no route/,
    );
  });

  it('names the dependency that is not ready, and until when it is waited for', async () => {
    const world = await started();
    const db = container('db', {
      healthChecked: true,
      startTimeoutS: 60,
      dockerConfig: JSON.stringify({
        Healthcheck: { Test: ['CMD-SHELL', 'exit 1'], Interval: 7e9, Retries: 1 },
      }),
    });
    const app = container('app', { dependsOn: [{ container: 'db', condition: 'HEALTHY' }] });
    world.plane.deliver([wanted(task('a', [db, app]))]);
    await world.clock.advance(5 * second);
    expect(lines(world, 'a').slice(0, 2)).to.deep.equal([
      'task a: waits for all its containers to run, for 5 s, then it runs',
      '  container app: waits for db to be healthy, for 5 s, until in 55 s, then it goes on, ' +
        'or fails where that takes longer than a start timeout',
    ]);
  });

  it('names the volume that is still to be made', async () => {
    const world = await started();
    const mountPoints = [{ volume: 'data', containerPath: '/data', readOnly: false }];
    world.engine.hangNext('createVolume');
    world.plane.deliver([
      wanted(
        task('a', [container('main', { mountPoints })], {
          volumes: [
            {
              kind: 'docker',
              name: 'data',
              driver: 'local',
              driverOpts: {},
              labels: {},
              scope: 'task',
              autoprovision: false,
            },
          ],
        }),
      ),
    ]);
    await world.clock.advance(5 * second);
    const [first, made, main] = lines(world, 'a');
    expect(first).to.equal('task a: waits for all its containers to run, for 5 s, then it runs');
    expect(made).to.equal(
      '  volume data: waits for its volume data to be made, for 5 s, until in 295 s, ' +
        'then its task has failed',
    );
    expect(main).to.match(/^ {2}container main: waits for its volume data to be made, for 5 s/);
  });

  it('says that its containers are being stopped', async () => {
    const world = await started();
    const plan = task('a', [container('main', { command: ['/bin/busybox', 'sleep', '3600'] })]);
    world.plane.deliver([wanted(plan)]);
    await world.clock.advance(5 * second);
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(5 * second);
    expect(lines(world, 'a')).to.deep.equal([
      'task a: waits for all its containers to stop, for 5 s, then ECS is told that it has stopped',
      '  container main: waits for the Engine to stop it, for 5 s, until in 115 s, ' +
        'then it is told again, five times in all',
    ]);
    world.engine.setReachable(false);
    await world.clock.advance(1_500);
    expect(lines(world, 'a')[1]).to.match(
      /^ {2}container main: waits for another try to stop it: The simulated Engine cannot be reached, /,
    );
  });

  it('says that ECS is still to be told, and why it is not', async () => {
    const world = await started();
    const trouble = () => new EcsError('ECS_UNREACHABLE', 'ENETUNREACH', 'no network');
    world.plane.failNext('submit', ...Array.from({ length: 9 }, trouble));
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(10 * second);
    const [first, second_ = ''] = lines(world, 'a');
    expect(first).to.equal('task a: all its containers run, for 10 s');
    expect(second_).to.match(
      /^ {2}its reports to ECS: waits for another try to tell ECS: no network, until in \d s, then it is told again$/,
    );
    expect(explained(world, null).map(({ subject }) => subject)).to.include('task a');
  });

  it('says what came of telling ECS before, while a call hangs', async () => {
    const world = await started();
    const trouble = new EcsError('ECS_UNREACHABLE', 'ENETUNREACH', 'no network');
    world.plane.failNext('submit', trouble, trouble);
    world.plane.api.plan('submit', [{ is: 'hang' }]);
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(10 * second);
    expect(lines(world, 'a')[1]).to.equal(
      '  its reports to ECS: waits for ECS to accept a change, after 2 failed tries: no network, ' +
        'then it is told again',
    );
  });

  it('says that it has stopped and when its remains go', async () => {
    const world = await started();
    world.plane.deliver([wanted(task('a', [ending('main', 0)]))]);
    await world.untilTold('a', 'STOPPED');
    const [line = ''] = lines(world, 'a');
    expect(line).to.include('it has stopped, and its remains are kept for a while');
    expect(line).to.include('until in 10800 s');
  });
});

describe('an explanation of the agent', () => {
  it('says since when the Engine cannot be reached, and when it is asked again', async () => {
    const world = await started();
    expect(partOf(world, 'the Docker Engine')).to.deep.equal([]);
    world.engine.setReachable(false);
    await world.clock.advance(600 * second);
    expect(partOf(world, 'the Docker Engine')[0]).to.match(
      new RegExp(
        '^the Docker Engine: waits for another try to follow the Engine: The simulated Engine ' +
          'cannot be reached, for 600 s, until in \\d+ s, then its events are asked for again$',
      ),
    );
    world.engine.setReachable(true);
    await world.clock.advance(15 * second);
    expect(partOf(world, 'the Docker Engine')).to.deep.equal([]);
  });

  it('says that it starts, and what for', async () => {
    const world = new World();
    world.engine.setReachable(false);
    await world.begin();
    await world.clock.advance(4 * second);
    expect(partOf(world, 'the agent')[0]).to.match(
      new RegExp(
        '^the agent: waits for the Engine to be there: The simulated Engine cannot be reached, ' +
          'for 4 s, until in \\d s, then it is tried again$',
      ),
    );
    world.engine.setReachable(true);
    await world.clock.advance(10 * second);
    expect(partOf(world, 'the agent')).to.deep.equal([]);
  });

  it('says what it waits for in a warm pool', async () => {
    const world = new World({ watching: { warmPool: true, spot: false } });
    const line = (place: string) =>
      `the agent: waits for its Auto Scaling group to put this instance into service; it is ${place}, ` +
      'for 90 s, until in 30 s, then the instance metadata service is asked again';
    await world.begin();
    await world.clock.advance(90 * second);
    expect(partOf(world, 'the agent')).to.deep.equal([line('not told yet where')]);
    world.instance.set({ lifecycleState: 'Warmed:Running' });
    await world.clock.advance(60 * second);
    expect(partOf(world, 'the agent')).to.deep.equal([
      line('Warmed:Running').replace('for 90 s', 'for 150 s'),
    ]);
  });

  it('says that ECS is yet to drain it, and what EC2 is about to do', async () => {
    const world = await started({ watching: { warmPool: false, spot: true } });
    expect(partOf(world, 'the Spot Instance')).to.deep.equal([]);
    const denied = () => new EcsError('ECS_DENIED', 'AccessDeniedException', 'not allowed');
    world.plane.failNext('updateState', ...Array.from({ length: 9 }, denied));
    world.instance.set({ spotAction: { action: 'stop', time: '' } });
    await world.clock.advance(4 * second);
    expect(partOf(world, 'the Spot Instance')[0]).to.match(
      /another try to have this instance drained, which EC2 is about to stop: not allowed/,
    );
    await world.clock.advance(20 * second);
    expect(partOf(world, 'the Spot Instance')).to.deep.equal([]);
  });

  it('says that ACS cannot be reached', async () => {
    const world = await started();
    const trouble = () => new EcsError('ECS_UNREACHABLE', 'ENETUNREACH', 'no network');
    world.plane.failNext('discover', ...Array.from({ length: 40 }, trouble));
    world.plane.drop({ clean: false });
    await world.clock.advance(60 * second);
    const [line = ''] = partOf(world, 'the session with ACS');
    expect(line).to.include('the session with ACS: waits for another try to reach ACS');
  });

  it('lists the images that stay, and why', async () => {
    const world = await started({ cleanup: { excluded: ['busybox:local'] } });
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(2_000 * second);
    const [, ...kept] = partOf(world, 'the cleaner of images');
    expect(kept).to.deep.equal(['  image busybox:local: excluded']);
  });
});
