import { Readable } from 'node:stream';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { addressOf } from './client.ts';
import { linesOf, pullFailureOf } from './events.ts';
import { DockerError } from './port.ts';

/** One file of an image; `mode` is its permissions, e.g. 0o755. */
export interface ImageFile {
  path: string;
  mode: number;
  body: Buffer;
}

/** An image that is made of a few files, and how it starts. */
export interface ImageRequest {
  repository: string;
  tag: string;
  files: ImageFile[];
  /** Instructions of a Dockerfile, e.g. `ENTRYPOINT ["/serve"]`. */
  changes: string[];
}

/** Makes an image in the Engine out of files, without a registry. Rejects with {@link DockerError}. */
export async function importImage(dockerHost: string, image: ImageRequest): Promise<void> {
  const archive = pack();
  for (const { path, mode, body } of image.files) archive.entry({ name: path, mode }, body);
  archive.finalize();
  const { repository: repo, tag, changes } = image;
  const docker = new Docker(addressOf(dockerHost));
  const progress = await docker.importImage(Readable.from(archive), { repo, tag, changes });
  for await (const line of linesOf(progress)) {
    const failure = pullFailureOf(line);
    if (failure !== null) throw new DockerError('DOCKER_REFUSED', failure);
  }
}
