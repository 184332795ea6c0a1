import { expect } from 'chai';
import { World } from '../../bin/world/world.ts';
import { dockerNameOf } from '../../transport/docker/port.ts';
import type { MetadataFilePort } from '../../transport/metadata/port.ts';
import { container, task, unwanted, wanted } from '../support/builders.ts';

const hour = 3_600_000;

/** Files that are kept in a list: `<what is done> <container or task>`. */
class ListedFiles implements MetadataFilePort {
  readonly done: string[] = [];

  prepare({ container: { name } }: Parameters<MetadataFilePort['prepare']>[0], instance: string) {
    this.done.push(`prepare ${name} of ${instance}`);
    return Promise.resolve({
      extraBinds: [`/data/${name}:/opt/ecs/metadata/1`],
      extraEnvironment: { ECS_CONTAINER_METADATA_FILE: '/opt/ecs/metadata/1/file.json' },
    });
  }

  complete(...[{ container }, facts]: Parameters<MetadataFilePort['complete']>): Promise<void> {
    this.done.push(`complete ${container.name} ${facts.state}`);
    return Promise.resolve();
  }

  remove(taskArn: string): Promise<void> {
    this.done.push(`remove ${taskArn}`);
    return Promise.resolve();
  }
}

describe('the metadata file of a container of the agent', () => {
  const plan = task('a');
  const begin = async () => {
    const metadataFiles = new ListedFiles();
    const world = new World({ metadataFiles });
    await world.start();
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'RUNNING');
    return { world, done: metadataFiles.done };
  };

  it('is there before it is created, mounted into it, and complete when it runs', async () => {
    const { world, done } = await begin();
    const instance = world.agent?.system.get('agent').getSnapshot().context.containerInstanceArn;
    expect(done).to.deep.equal([`prepare main of ${instance}`, 'complete main running']);
    const name = dockerNameOf({ task: plan, container: container('main') });
    const body = world.engine.core.bodyOf(name);
    expect(body.HostConfig?.Binds).to.deep.equal(['/data/main:/opt/ecs/metadata/1']);
    expect(body.Env).to.include('ECS_CONTAINER_METADATA_FILE=/opt/ecs/metadata/1/file.json');
  });

  it('goes with the remains of its task, not before', async () => {
    const { world, done } = await begin();
    world.plane.deliver([unwanted(plan)]);
    await world.clock.advance(2.9 * hour);
    expect(done.filter((entry) => entry.startsWith('remove'))).to.deep.equal([]);
    await world.clock.advance(hour);
    expect(done.at(-1)).to.equal(`remove ${plan.arn}`);
  });

  it('is not made anew by a restart of the agent', async () => {
    const { world, done } = await begin();
    await world.kill();
    await world.start();
    await world.clock.advance(hour / 4);
    expect(done.filter((entry) => entry.startsWith('prepare'))).to.have.length(1);
  });
});
