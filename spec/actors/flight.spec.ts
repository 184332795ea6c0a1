import { expect } from 'chai';
import { dumpOf } from '../../actors/dump.ts';
import { World } from '../../bin/world/world.ts';
import { decodeEntry } from '../../machines/flight/entry.ts';
import type { FlightEntry } from '../../machines/flight/model.ts';
import type { RoleCredentials } from '../../transport/acs/port.ts';
import { EcsError } from '../../transport/ecs/port.ts';
import { container, ending, task, unwanted, wanted } from '../support/builders.ts';

const hour = 3_600_000;

/** What a world's agent has recorded, after what it has still to write. */
async function recorded({ agent }: World, id: string | null = null): Promise<FlightEntry[]> {
  if (!agent) throw new Error('the agent does not run');
  return agent.flight.entries(id);
}

/** `<actor> <event>: <from> → <to>`, without what is equal. */
const shown = ({ actor, event, from, to }: FlightEntry): string =>
  `${actor} ${event}: ${from === to ? to : `${from} → ${to}`}`;

describe('the flight record', () => {
  it('has what happened to a task in its order: what ECS wants, effects, the end, what ECS is told', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.clock.advance(60_000);
    const lines = (await recorded(world, 'a')).map(shown);
    const story = [
      'task/a ecs.wants: ',
      'task/a begun:  → queued',
      'task/a task.admitted: queued → pending',
      'container/a/main done.resolve: preparing.resolving.calling → preparing.resolved',
      'container/a/main done.create: preparing.creating.calling → preparing.created',
      'container/a/main : preparing.created → starting.calling',
      'container/a/main done.start: starting.calling → starting.inspecting',
      'container/a/main done.inspectStarted: starting.inspecting → started',
      'task/a container.changed: pending → running',
      'outbox/a : choosing → sending',
      'outbox/a done.submit: sending → choosing',
      'container/a/main engine.hint: running.steady → running.inspecting',
      'container/a/main : running.steady → stopped.ended',
      'task/a container.changed: running → stopped.keeping',
    ];
    const places = story.map((line) => lines.indexOf(line));
    expect(places, lines.join('\n')).to.not.include(-1);
    expect(places).to.deep.equal([...places].sort((one, other) => one - other));
  });

  it('has the facts that a script could be written from', async () => {
    const world = new World();
    await world.start();
    const log = container('log', { essential: false, image: 'repo/log:2' });
    const dependsOn = [{ container: 'log', condition: 'START' as const }];
    const messageId = world.plane.deliver([
      wanted(task('a', [{ ...ending('main', 3, 10), dependsOn }, log])),
    ]);
    await world.clock.advance(60_000);
    const all = await recorded(world);
    const toldOf = (actor: string, event: string) =>
      all.filter((entry) => entry.actor === actor && entry.event === event).map(({ told }) => told);
    expect(toldOf('session', 'message.received')[0]).to.include({ kind: 'payload', messageId });
    expect(toldOf('session', 'acknowledge')[0]).to.deep.include({ acknowledges: ['payload'] });
    const [want] = toldOf('task/a', 'ecs.wants');
    expect(want).to.include({ desired: 'RUNNING', family: 'web', version: '1' });
    expect(want?.containers).to.deep.equal([
      { name: 'main', image: 'busybox:local', essential: true, dependsOn },
      { name: 'log', image: 'repo/log:2', essential: false },
    ]);
    expect(toldOf('container/a/main', 'failed.pull')).to.deep.equal([]);
    expect(
      all.filter(({ event, actor }) => event === 'process.begun' && actor === 'agent.process'),
    ).to.have.length(1);
  });

  it('has what ECS is told, and what comes of it', async () => {
    const world = new World();
    await world.start();
    world.plane.failNext('submit', new EcsError('ECS_UNREACHABLE', 'ENOTFOUND', 'not to be seen'));
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.clock.advance(60_000);
    const outbox = (await recorded(world, 'a')).filter(({ actor }) => actor === 'outbox/a');
    const told = outbox.filter(({ to, from }) => to === 'sending' && from === 'choosing');
    expect(told.map((entry) => entry.told)).to.deep.equal([
      { status: 'RUNNING', containers: [{ name: 'main', status: 'RUNNING' }] },
      { status: 'STOPPED', containers: [{ name: 'main', status: 'STOPPED', exitCode: 3 }] },
    ]);
    const failed = outbox.find(({ event }) => event === 'failed.submit');
    expect(failed).to.deep.include({ told: { code: 'ECS_UNREACHABLE' } });
    expect(failed?.became).to.deep.equal({ attempts: 1, trouble: 'ECS_UNREACHABLE' });
  });

  it('leaves out what moves nothing and says nothing, such as heartbeats', async () => {
    const world = new World();
    await world.start();
    const before = await recorded(world);
    world.plane.deliver([]);
    const texts = (await recorded(world)).slice(before.length).map(shown);
    expect(texts.filter((text) => text.startsWith('session message'))).to.have.length(1);
    expect(texts.filter((text) => text.startsWith('agent '))).to.deep.equal([]);
  });

  it('is the same, byte for byte, for the same seed', async () => {
    const bytes = async (seed: number) => {
      const world = new World({ seed });
      await world.begin();
      const heard: string[] = [];
      world.agent?.flight.hear((line) => heard.push(line));
      await world.clock.advance(5_000);
      world.plane.deliver([wanted(task('a', [ending('main', 3, 100)]))]);
      await world.clock.advance(10 * 60_000);
      return heard.join('\n');
    };
    expect(await bytes(7)).to.equal(await bytes(7));
    expect(await bytes(7)).not.to.equal(await bytes(8));
  });
});

describe('the flight record over restarts', () => {
  it('goes on where it was, and says what was taken up again', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a'))]);
    await world.clock.advance(5_000);
    const before = (await recorded(world)).map(shown);
    await world.kill();
    await world.start();
    const after = (await recorded(world)).map(shown);
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(after.slice(before.length)).to.include.members([
      'agent.process process.begun:  → running',
      'task/a resumed:  → running',
      'container/a/main resumed:  → running.steady',
    ]);
    expect(after.filter((text) => text.startsWith('agent.process process.ended'))).to.deep.equal(
      [],
    );
  });

  it('misses only the last fifth of a second after a crash', async () => {
    const world = new World();
    await world.start();
    const heard: string[] = [];
    world.agent?.flight.hear((line) => heard.push(line));
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.clock.advance(10_100);
    const crashedAt = world.clock.now();
    await world.kill();
    const { lines } = await world.flightLog.read();
    const kept = new Set(lines);
    const missing = heard
      .filter((line) => !kept.has(line))
      .map((line) => decodeEntry(line)?.at ?? 0);
    expect(missing.length).to.be.above(0);
    expect(Math.min(...missing)).to.be.above(crashedAt - 200);
  });

  it('says with which code its process ended', async () => {
    const world = new World();
    await world.start();
    world.agent?.stop();
    await world.clock.until(() => world.exit !== undefined);
    const { lines } = await world.flightLog.read();
    expect(decodeEntry(lines.at(-1) ?? '')).to.deep.include({
      ...{ actor: 'agent.process', event: 'process.ended', told: { exitCode: 0 } },
    });
  });

  it('leaves out what was damaged, and goes on', async () => {
    const world = new World();
    await world.start();
    await world.clock.advance(1_000);
    await world.kill();
    world.flightLog.text = world.flightLog.text.replace('process.begun', 'process.gone!');
    await world.start();
    const texts = (await recorded(world)).map(shown);
    expect(texts.filter((text) => text.startsWith('agent.process '))).to.deep.equal([
      'agent.process process.begun:  → running',
    ]);
  });
});

describe('the bounds of a living agent’s flight record', () => {
  it('never hold it up: a full disk costs nothing but is told once, and nothing is lost', async () => {
    const world = new World();
    world.flightLog.isFull = true;
    await world.start();
    world.plane.deliver([wanted(task('a'))]);
    await world.untilTold('a', 'RUNNING', 1_000);
    await world.clock.advance(130_000);
    const warnings = () => world.logged.filter((line) => line.includes('flight record'));
    expect(warnings()).to.deep.equal(['warn The flight record is not written: no space left']);
    world.flightLog.isFull = false;
    await world.clock.advance(60_000);
    expect(warnings().slice(1)).to.deep.equal(['info The flight record is written again']);
    const texts = (await recorded(world)).map(shown);
    expect(texts[0]).to.equal('agent.process process.begun:  → running');
    expect(texts).to.include('task/a ecs.wants: ');
  });

  it('nor does a fault of the recorder hurt anybody', async () => {
    const world = new World();
    await world.start();
    world.agent?.flight.hear(() => {
      throw new Error('deaf');
    });
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.untilTold('a', 'STOPPED', 60_000);
    const warnings = world.logged.filter((line) => !line.startsWith('info'));
    expect(warnings).to.deep.equal(['warn Something is missing in the flight record: deaf']);
  });

  it('hold over weeks: it is cut to the latest of each actor', async function () {
    this.timeout(60_000);
    const world = new World({ flight: { ofTaskActor: 20, ofOther: 30, characters: 20_000 } });
    await world.start();
    const most: number[] = [];
    const plan = task('stays');
    world.plane.deliver([wanted(plan)]);
    for (let at = 0; at < 60; at++) {
      world.plane.deliver([wanted(task(`t${at}`, [ending('main', 0, 1)]))]);
      await world.clock.advance(60_000);
      most.push(world.flightLog.text.length);
    }
    expect(Math.max(...most)).to.be.within(20_000, 45_000);
    const all = await recorded(world);
    const ids = new Set(all.map(({ actor }) => actor.split('/')[1]));
    expect(ids.has('t0')).to.equal(false);
    expect(ids.has('t59')).to.equal(true);
    expect(ids.has('stays')).to.equal(true);
  });
});

describe('secrets of tasks', () => {
  const secrets = {
    environment: 'ENVIRONMENT-OF-THE-STORY',
    command: 'COMMAND-OF-THE-STORY',
    config: 'LABEL-OF-THE-STORY',
    key: 'AKIA-OF-THE-STORY',
    secretKey: 'SECRET-OF-THE-STORY',
    token: 'TOKEN-OF-THE-STORY',
    password: 'PASSWORD-OF-THE-STORY',
    quoted: 'QUOTED-BY-THE-ENGINE',
    mistaken: 'user:IMAGE-OF-THE-STORY@registry.example/image',
  };
  const role = (credentialsId: string): RoleCredentials => ({
    credentialsId,
    roleArn: `arn:aws:iam::123456789012:role/${credentialsId}`,
    expiration: '2030-01-01T00:00:00Z',
    keys: {
      accessKeyId: secrets.key,
      secretAccessKey: secrets.secretKey,
      sessionToken: secrets.token,
    },
  });

  it('are in no entry and in no dump, whatever happens; keys and passwords are in no record of the store', async () => {
    const world = new World({
      rules: { pullBehavior: 'always' },
      engine: { registry: { 'busybox:local': {} } as never },
      loginFor: () => Promise.reject(new Error(`denied for ${secrets.password}`)),
    });
    const stored: string[] = [];
    const write = world.store.write.bind(world.store);
    world.store.write = (batch) => {
      stored.push(JSON.stringify(batch));
      return write(batch);
    };
    await world.start();
    const heard: string[] = [];
    world.agent?.flight.hear((line) => heard.push(line));
    const main = container('main', {
      environment: { DATABASE: secrets.environment },
      command: ['serve', secrets.command],
      entryPoint: [secrets.command],
      dockerConfig: JSON.stringify({ Labels: { secret: secrets.config } }),
      dockerHostConfig: JSON.stringify({ SecurityOpt: [secrets.quoted] }),
    });
    const ecr = { region: 'r', registryId: '1', endpointOverride: '', useExecutionRole: true };
    const ids = { roleCredentialsId: 'app', executionCredentialsId: 'exec' };
    world.plane.deliver(
      [
        wanted(task('a', [main], ids)),
        wanted(task('b', [container('main', { image: secrets.mistaken })])),
        wanted(task('c', [container('main', { ecr })], ids)),
      ],
      [{ arn: task('d').arn, reason: `BadTask: ${secrets.quoted}` }],
      [role('app'), role('exec')],
    );
    await world.clock.advance(hour);
    if (!world.agent) throw new Error('the agent does not run');
    const looked = { ...world.agent, limits: {} };
    const dumped = JSON.stringify([dumpOf(looked), await world.agent.flight.lines()]);
    world.plane.deliver([unwanted(task('a', [main]))]);
    await world.clock.advance(4 * hour);
    expect(heard.length).to.be.above(50);
    expect(heard.some((line) => line.includes('failed.'))).to.equal(true);
    for (const [what, secret] of Object.entries(secrets))
      for (const text of [...heard, dumped, world.flightLog.text])
        expect(text, what).not.to.include(secret);
    const never = [secrets.key, secrets.secretKey, secrets.token];
    for (const text of stored) for (const secret of never) expect(text).not.to.include(secret);
    expect(dumped).to.include('(no image reference)');
  });
});
