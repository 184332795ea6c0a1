import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { withNamespacePause } from '../../../transport/acs/container.ts';
import type { ImageRequest } from '../../../transport/docker/port.ts';
import { realHost } from '../../../transport/host/host.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { pauseImage, pauseReference } from '../../../transport/pause/image.ts';
import { pauseProgram } from '../../../transport/pause/program.ts';
import { container } from '../../support/builders.ts';
import { describeWithEngine, libraryOf } from '../../support/engine.ts';
import { testImage } from '../../support/engine-plans.ts';
import { requireOrSkip } from '../../support/needs.ts';

describe('the image of the pause container', () => {
  it('is one program, which the container starts', () => {
    expect(pauseImage('arm64')).to.deep.equal({
      repository: 'amazon/amazon-ecs-pause',
      tag: '0.1.0',
      files: [{ path: 'pause', mode: 0o755, body: pauseProgram('arm64') }],
      changes: ['ENTRYPOINT ["/pause"]'],
    });
  });

  it('is the one that tasks with shared namespaces name', () => {
    const pause = withNamespacePause([container('web')], realRandom).at(-1);
    expect(pause?.image).to.equal(pauseReference);
  });

  it('is not there for an architecture that has no program', () => {
    expect(pauseImage('s390x')).to.equal(null);
  });

  describeWithEngine('on an Engine', (dockerHost) => {
    const tag = randomUUID();
    const reference = `amazon/amazon-ecs-pause:${tag}`;
    const engine = () => libraryOf(dockerHost());
    const made: Docker.Container[] = [];
    const start = async (options: Docker.ContainerCreateOptions): Promise<Docker.Container> => {
      const container = await engine().createContainer(options);
      made.push(container);
      await container.start();
      return container;
    };

    before(async function () {
      const image = pauseImage(realHost().facts().cpuArchitecture);
      requireOrSkip(this, image ? null : 'no program for the architecture of this machine');
      if (image) await load({ ...image, tag });
    });
    after(async () => {
      for (const container of made) await container.remove({ force: true });
      if (dockerHost()) await engine().getImage(reference).remove({ force: true });
    });

    const load = async ({ repository, files, changes }: ImageRequest): Promise<void> => {
      const archive = pack();
      for (const { path, mode, body } of files) archive.entry({ name: path, mode }, body);
      archive.finalize();
      const options = { repo: repository, tag, changes };
      const progress = await engine().importImage(Readable.from(archive), options);
      progress.resume();
      await once(progress, 'end');
    };

    it('lends its namespace to others, and ends with 0 when it is stopped', async () => {
      const HostConfig = { NetworkMode: 'none' };
      const pause = await start({ Image: reference, HostConfig });
      const guest = await start({
        Image: testImage,
        Cmd: ['/bin/sh', '-c', 'read name < /proc/1/comm; [ "$name" = pause ]'],
        HostConfig: { ...HostConfig, PidMode: `container:${pause.id}` },
      });
      expect(await guest.wait()).to.have.property('StatusCode', 0);
      await pause.stop();
      expect(await pause.wait()).to.have.property('StatusCode', 0);
    });
  });
});
