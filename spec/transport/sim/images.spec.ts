import { expect } from 'chai';
import { dockerNameOf, type PullOptions } from '../../../transport/docker/port.ts';
import { SimRegistry } from '../../../transport/sim/registry.ts';
import { commands, lone } from '../../support/engine-plans.ts';
import { VirtualEngine } from './virtual.ts';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const minute = 60_000;
const anyone: PullOptions = { login: null, inactivityMs: minute };

/** An Engine that has no images, and registries that have all. */
const empty = (more: ConstructorParameters<typeof SimRegistry>[1] = {}) => {
  const registry = new SimRegistry(undefined, more);
  const world = new VirtualEngine({ images: [], registry });
  const references = async () =>
    (await world.answer(world.port.listImages())).map(({ tags, digests }) => [...tags, ...digests]);
  const pull = async (image: string, options = anyone) =>
    await world.answer(world.port.pull(image, options));
  return { world, registry, references, pull };
};

describe('the images of the simulated Engine', () => {
  it('are all there and can all be pulled, where nothing else is said', async () => {
    const world = new VirtualEngine();
    const { port } = world;
    expect((await world.answer(port.inspectImage('web')))?.tags).to.deep.equal(['web:latest']);
    expect(await world.answer(port.resolveDigest('web', null))).to.equal(null);
    expect(await world.outcome(port.pull('other', anyone), 1)).to.equal('answered');
    await world.answer(port.removeImage('web'));
    expect(await world.answer(port.inspectImage('web'))).to.equal(null);
    await world.answer(port.pull('web', anyone));
    expect(await world.answer(port.inspectImage('web'))).to.not.equal(null);
  });

  it('are only those that a story names, with or without their latest', async () => {
    const world = new VirtualEngine({ images: ['web', 'db:9'] });
    const has = async (image: string) =>
      (await world.answer(world.port.inspectImage(image))) !== null;
    const asked = ['web:latest', 'docker.io/library/web', 'db', 'db:9'];
    const found = [];
    for (const image of asked) found.push(await has(image));
    expect(found).to.deep.equal([true, true, false, true]);
    expect(await world.outcome(world.port.pull('db:9', anyone))).to.equal('answered');
    const refusal = await world.refusal(world.port.pull('db', anyone));
    expect(refusal).to.include('manifest for db:latest not found');
  });

  it('are pulled by tag with their digest, if the registry tells one', async () => {
    const { registry, references, pull } = empty();
    registry.set('web:1', { digest: digest('a') });
    await pull('web:1');
    await pull('db:1');
    expect(await references()).to.deep.equal([['web:1', `web@${digest('a')}`], ['db:1']]);
  });

  it('are pulled by digest without a tag, and get one when they are tagged', async () => {
    const { world, registry, references, pull } = empty();
    registry.set('web:1', { digest: digest('a') });
    expect(await world.answer(world.port.resolveDigest('web:1', null))).to.equal(digest('a'));
    await pull(`web@${digest('a')}`);
    expect(await references()).to.deep.equal([[`web@${digest('a')}`]]);
    await world.answer(world.port.tag(`web@${digest('a')}`, 'web:1'));
    expect(await references()).to.deep.equal([['web:1', `web@${digest('a')}`]]);
  });

  it('lose their tag to the next one that is pushed and pulled', async () => {
    const { registry, references, pull } = empty();
    for (const letter of ['a', 'b']) {
      registry.set('web:1', { digest: digest(letter) });
      await pull('web:1');
    }
    expect(await references()).to.deep.equal([
      [`web@${digest('a')}`],
      ['web:1', `web@${digest('b')}`],
    ]);
  });

  it('can still be pulled by the digest that they had before another was pushed', async () => {
    const registry = new SimRegistry([]);
    const world = new VirtualEngine({ images: [], registry });
    for (const letter of ['a', 'b']) registry.set('web:1', { digest: digest(letter) });
    const pull = (letter: string) => world.port.pull(`web@${digest(letter)}`, anyone);
    expect(await world.outcome(pull('a'))).to.equal('answered');
    expect(await world.outcome(pull('c'))).to.equal('DOCKER_NOT_FOUND');
  });

  it('go with their last tag, or with their id', async () => {
    const { world, registry, references, pull } = empty();
    registry.set('web:1', { digest: digest('a') });
    registry.set('web:2', { digest: digest('b') });
    await pull('web:1');
    await pull('web:2');
    await world.answer(world.port.removeImage('web:1'));
    expect(await references()).to.deep.equal([['web:2', `web@${digest('b')}`]]);
    const facts = await world.answer(world.port.inspectImage('web:2'));
    await world.answer(world.port.removeImage(facts?.id ?? ''));
    expect(await references()).to.deep.equal([]);
  });

  it('of several names go by name only', async () => {
    const { world, references, pull } = empty();
    await pull('web:1');
    await world.answer(world.port.tag('web:1', 'other:1'));
    const { id = '' } = (await world.answer(world.port.inspectImage('web:1'))) ?? {};
    const refusal = await world.refusal(world.port.removeImage(id));
    expect(refusal).to.include('image is referenced in multiple repositories');
    await world.answer(world.port.removeImage('web:1'));
    expect(await references()).to.deep.equal([['other:1']]);
  });

  it('that a container uses are kept, whether it runs or not', async () => {
    const { world, pull } = empty();
    await pull('web:1');
    const ref = lone({ image: 'web:1', command: commands.untilTerm });
    await world.answer(world.port.create(ref));
    const { id = '' } = (await world.answer(world.port.inspectImage('web:1'))) ?? {};
    expect((await world.answer(world.port.inspect(ref))).imageId).to.equal(id);
    const refusals = [await world.refusal(world.port.removeImage(id))];
    await world.answer(world.port.start(ref));
    for (const image of [id, 'web:1'])
      refusals.push(await world.refusal(world.port.removeImage(image)));
    expect(refusals[0]).to.include('image is being used by stopped container');
    expect(refusals[1]).to.include('image is being used by running container');
    expect(refusals[2]).to.include('is using its referenced image');
    world.engine.core.remove(dockerNameOf(ref), { force: true });
    expect(await world.outcome(world.port.removeImage(id))).to.equal('answered');
  });

  it('have the age and size that a story gives them', async () => {
    const { world, registry, pull } = empty({ sizeBytes: 7 });
    registry.set('web:1', { builtAt: 5_000, sizeBytes: 30 });
    await pull('web:1');
    await pull('db:1');
    const listed = await world.answer(world.port.listImages());
    expect(listed.map(({ createdAt, sizeBytes }) => [createdAt, sizeBytes])).to.deep.equal([
      [5_000, 30],
      [1_000, 7],
    ]);
    expect(world.engine.core.images.sizeBytes()).to.equal(37);
  });
});

describe('a pull of the simulated Engine', () => {
  it('takes as long as the registry needs, and tells of its layers', async () => {
    const { world, registry } = empty();
    registry.set('web:1', { pullMs: 9_000, layers: 3 });
    const told: string[] = [];
    const progress = ({ done, all }: { done: number; all: number }) => told.push(`${done}/${all}`);
    const pull = world.port.pull('web:1', { ...anyone, progress });
    expect(await world.outcome(pull, 9_000)).to.equal('nothing');
    expect(await world.outcome(pull, 1)).to.equal('answered');
    expect(told).to.deep.equal(['0/1', '0/2', '0/3', '1/3', '2/3', '3/3']);
  });

  it('fails when the registry says nothing for too long', async () => {
    const { world, registry } = empty();
    registry.stallNext('web:1');
    const pull = world.port.pull('web:1', { login: null, inactivityMs: minute });
    const refusal = world.refusal(pull, minute + 10);
    expect(await refusal).to.equal('inactivity time exceeded timeout while pulling image');
    expect(await world.outcome(world.port.pull('web:1', anyone), 10)).to.equal('answered');
  });

  it('fails so often as a story wants, and so does the question for the digest', async () => {
    const { world, registry } = empty();
    registry.failNext('web:1', 'toomanyrequests: slow down', 2);
    const refusals = [
      await world.refusal(world.port.resolveDigest('web:1', null)),
      await world.refusal(world.port.pull('web:1', anyone)),
    ];
    for (const refusal of refusals) expect(refusal).to.include('toomanyrequests: slow down');
    expect(await world.outcome(world.port.pull('web:1', anyone))).to.equal('answered');
  });

  it('goes wrong by digest as it does by tag', async () => {
    const { world, registry } = empty();
    registry.set('web:1', { digest: digest('a') });
    registry.failNext('web:1', 'unexpected EOF');
    registry.stallNext('web:1');
    const pull = () => world.port.pull(`web@${digest('a')}`, anyone);
    expect(await world.refusal(pull())).to.include('unexpected EOF');
    expect(await world.refusal(pull())).to.include('inactivity time exceeded');
    registry.deny('web:1');
    expect(await world.refusal(pull())).to.include('denied');
  });

  it('fails for every image while the registry is in trouble', async () => {
    const { world, registry } = empty();
    registry.setTrouble('dial tcp: i/o timeout');
    for (const image of ['web:1', 'db:1'])
      expect(await world.refusal(world.port.pull(image, anyone))).to.include('i/o timeout');
    registry.setTrouble(null);
    expect(await world.outcome(world.port.pull('web:1', anyone))).to.equal('answered');
  });

  it('is denied to all but those with the right login, or to everybody', async () => {
    const { world, registry } = empty();
    registry.set('web:1', { login: { username: 'AWS', password: 'right' } });
    registry.deny('db:1');
    const login = { username: 'AWS', password: 'right', serverAddress: 'registry.example' };
    const pull = (image: string, password: string) =>
      world.port.pull(image, { ...anyone, login: { ...login, password } });
    const denied = 'denied: requested access to the resource is denied';
    expect(await world.refusal(world.port.pull('web:1', anyone))).to.include(denied);
    expect(await world.refusal(pull('web:1', 'wrong'))).to.include(denied);
    expect(await world.refusal(pull('db:1', 'right'))).to.include(denied);
    expect(await world.outcome(pull('web:1', 'right'))).to.equal('answered');
  });

  it('fails when the disk is full', async () => {
    const { world, references } = empty();
    world.engine.core.setDiskFull(true);
    const refusal = await world.refusal(world.port.pull('web:1', anyone));
    expect(refusal).to.include('no space left on device');
    expect(await references()).to.deep.equal([]);
  });

  it('ends with its connection, and leaves nothing behind', async () => {
    const { world, references } = empty({ pullMs: 10_000 });
    const pull = world.port.pull('web:1', anyone);
    await world.clock.advance(5_000);
    world.engine.setReachable(false);
    expect(await world.outcome(pull)).to.equal('DOCKER_UNREACHABLE');
    world.engine.setReachable(true);
    expect(await references()).to.deep.equal([]);
  });

  it('is over at the very millisecond at which it should be', async () => {
    const { world } = empty({ pullMs: 1_000, layers: 10 });
    const pull = world.port.pull('web:1', anyone);
    expect(await world.outcome(pull, 1_000)).to.equal('nothing');
    expect(await world.outcome(pull, 1)).to.equal('answered');
  });
});
