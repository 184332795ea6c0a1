import { randomUUID } from 'node:crypto';
import { type ContainerRef, dockerNameOf } from '../../../transport/docker/port.ts';
import { labels } from '../../../transport/docker/translate.ts';
import { describeDockerPort } from '../../contract/docker.ts';
import type { EngineUnderContract } from '../../contract/engine.ts';
import { clientOf, describeWithEngine, libraryOf } from '../../support/engine.ts';
import { testImage } from '../../support/engine-plans.ts';

function realEngine(dockerHost: string): EngineUnderContract {
  const cluster = `specs-${randomUUID()}`;
  const library = libraryOf(dockerHost);
  const strangers: string[] = [];
  return {
    port: clientOf(dockerHost, cluster),
    image: testImage,
    occupy: async (ref: ContainerRef) => {
      const name = dockerNameOf(ref);
      const stranger = await library.createContainer({ name, Image: testImage, Cmd: ['x'] });
      strangers.push(stranger.id);
    },
    cleanup: async () => {
      const filters = { label: [`${labels.cluster}=${cluster}`] };
      const ours = await library.listContainers({ all: true, filters });
      const ids = [...strangers, ...ours.map((container) => container.Id)];
      await Promise.all(ids.map((id) => library.getContainer(id).remove({ force: true, v: true })));
    },
  };
}

describeWithEngine('with a Docker Engine', (dockerHost) => {
  describeDockerPort('the Docker client', async () => realEngine(dockerHost()));
});
