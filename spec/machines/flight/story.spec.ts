import { expect } from 'chai';
import { World } from '../../../bin/world/world.ts';
import type { FlightEntry } from '../../../machines/flight/model.ts';
import { enteredStates, sentenceOfState } from '../../../machines/flight/states.ts';
import { storyOf, subjectOf } from '../../../machines/flight/story.ts';
import { ending, task, wanted } from '../../support/builders.ts';

const entry = (more: Partial<FlightEntry>): FlightEntry => ({
  ...{ at: 1_000, actor: 'container/a/web', event: '', from: '', to: '', told: {}, became: {} },
  ...more,
});
const sentences = (...entries: Partial<FlightEntry>[]): string[] =>
  storyOf(entries.map(entry), 'one task').map(({ sentence }) => sentence);

describe('what an actor is called in a story', () => {
  const names: [string, string, string][] = [
    ['task/a', 'task a', 'task a'],
    ['container/a/web', 'container web of task a', 'container web'],
    ['resource/a/volume/data', 'volume data of task a', 'volume data'],
    ['outbox/a', 'reports of task a', 'its reports to ECS'],
    ['session', 'the session with ACS', 'the session with ACS'],
    ['agent.process', 'the agent’s process', 'the agent’s process'],
    ['something/new', 'something/new', 'something/new'],
  ];
  for (const [actor, inAll, alone] of names)
    it(`is ${inAll} for ${actor}`, () => {
      expect(subjectOf(actor, 'all')).to.equal(inAll);
      expect(subjectOf(actor, 'one task')).to.equal(alone);
    });
});

describe('a state in a sentence', () => {
  const states: [string, string, string][] = [
    ['container/a/web', 'running.steady', 'its process runs'],
    ['container/a/web', 'preparing.created', ''],
    [
      'container/a/web',
      'preparing.resolving.calling',
      'waits for the registry to tell the digest of its image',
    ],
    ['container/a/web', 'preparing.pulling.calling', 'waits for its image to be pulled'],
    ['container/a/web', 'preparing.pulling.backingOff', 'waits for another try to pull its image'],
    ['container/a/web', 'running.backingOff', 'waits for another look'],
    ['resource/a/volume/data', 'creating.calling', 'waits for its volume data to be made'],
    ['session', 'discovering', 'waits for ECS to name the endpoint of ACS'],
    ['container/a/web', 'of.another.version', ''],
    ['nobody', 'idle', ''],
  ];
  for (const [actor, state, sentence] of states)
    it(`is said by the chart: ${actor} in ${state}`, () => {
      expect(sentenceOfState(actor, state)).to.equal(sentence);
    });

  it('is that of the region which was entered', () => {
    expect(enteredStates('alive.a.x+b.y', 'alive.a.z+b.y')).to.deep.equal(['alive.a.z']);
    expect(enteredStates('alive.a.x+b.y', 'alive.a.x+b.z')).to.deep.equal(['alive.b.z']);
    expect(enteredStates('running', 'running')).to.deep.equal([]);
    expect(enteredStates('', 'running')).to.deep.equal(['running']);
  });
});

describe('a story of the flight record', () => {
  it('tells of an event and the state that its actor goes on to by itself at last', () => {
    expect(
      sentences(
        { event: 'done.create', from: 'preparing.creating.calling', to: 'preparing.created' },
        { actor: 'task/a', event: 'task.hurry' },
        { from: 'preparing.created', to: 'starting.calling' },
      ),
    ).to.deep.equal([
      'it was made; waits for the Engine to start it',
      'its remains are to go soon, as the disk is full',
    ]);
  });

  const told: [string, Partial<FlightEntry>, string][] = [
    [
      'what ECS wants',
      {
        ...{ actor: 'task/a', event: 'ecs.wants' },
        told: { desired: 'RUNNING', containers: [{ name: 'web', image: 'nginx:1' }] },
      },
      'ECS wants it running: web (nginx:1)',
    ],
    [
      'that ECS wants no more of it',
      { actor: 'task/a', event: 'ecs.wants', told: { desired: 'STOPPED', containers: [] } },
      'ECS wants it stopped',
    ],
    [
      'what the Engine said',
      { event: 'engine.hint', told: { exitCode: 3 } },
      'the Engine said that it exited with 3',
    ],
    [
      'what the Engine shows',
      { event: 'done.inspectRunning', told: { state: 'exited', exitCode: 137, outOfMemory: true } },
      'the Engine shows that it exited with 137, out of memory',
    ],
    [
      'an effect that failed, and what that means',
      {
        ...{ event: 'failed.start', from: 'starting.calling', to: 'stopped.ended' },
        told: { code: 'DOCKER_REFUSED' },
        became: { reason: 'CannotStartContainerError (DOCKER_REFUSED)' },
      },
      'start failed (DOCKER_REFUSED); it has failed: CannotStartContainerError (DOCKER_REFUSED); ' +
        'it has ended and is kept until its task is cleaned up',
    ],
    [
      'what it has to wait for',
      { event: 'container.hold', told: { on: [{ container: 'log', condition: 'START' }] } },
      'it has to wait for log (START)',
    ],
    [
      'what ECS is told',
      {
        ...{ actor: 'outbox/a', event: '', from: 'choosing', to: 'sending' },
        told: {
          ...{ status: 'STOPPED', reason: 'TaskStateError' },
          containers: [{ name: 'web', status: 'STOPPED', exitCode: 3 }],
        },
      },
      'tells ECS: STOPPED (TaskStateError), web STOPPED 3; waits for ECS to accept a change',
    ],
    [
      'what ACS sent',
      {
        actor: 'session',
        event: 'message.received',
        told: { kind: 'payload', messageId: 'm1', tasks: 1, refused: 2 },
      },
      'ACS sent payload m1 with 1 task, and 2 that cannot be understood',
    ],
    [
      'that a container starts again',
      {
        event: 'done.inspectRunning',
        told: { state: 'exited', exitCode: 1 },
        became: { restarts: 2 },
      },
      'the Engine shows that it exited with 1; it is started again, for the 2. time',
    ],
  ];
  for (const [what, more, sentence] of told)
    it(`tells ${what}`, () => {
      expect(sentences(more)).to.deep.equal([sentence]);
    });

  it('leaves out what says nothing', () => {
    expect(
      sentences(
        { actor: 'images', event: 'done.rest', from: 'resting', to: 'checking' },
        { actor: 'outbox/a', event: 'begun', to: 'idle' },
        { event: 'container.allow', from: 'preparing.pulled', to: 'preparing.pulled' },
      ),
    ).to.deep.equal([]);
  });

  it('says of a process that followed one that was killed', () => {
    const process = { actor: 'agent.process', from: '', to: 'running' };
    const begun = { ...process, event: 'process.begun' };
    const ended = { ...process, event: 'process.ended', told: { exitCode: 0 } };
    expect(sentences(begun, begun, ended, begun)).to.deep.equal([
      'it began',
      'it began; the one before it had no time to say that it ended',
      'it ended with 0',
      'it began',
    ]);
  });

  it('of a whole life has a sentence for each line, without a gap left open', async () => {
    const world = new World();
    await world.start();
    world.plane.deliver([wanted(task('a', [ending('main', 3, 10)]))]);
    await world.clock.advance(4 * 3_600_000);
    const story = storyOf((await world.agent?.flight.entries()) ?? [], 'all');
    expect(story.length).to.be.above(50);
    for (const { sentence } of story) expect(sentence).to.match(/^[^{}]*[^{}:; ]$/);
  });
});
