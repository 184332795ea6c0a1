import type { ImageRequest } from '../docker/port.ts';
import { pauseProgram } from './program.ts';

const repository = 'amazon/amazon-ecs-pause';
const tag = '0.1.0';

/** The image of pause containers, by the name that the Amazon ECS agent gives it. */
export const pauseReference = `${repository}:${tag}`;

/**
 * The image of pause containers, made of our own program for an architecture as ECS names it
 * (`x86_64`, `arm64`); null where there is no program.
 */
export function pauseImage(cpuArchitecture: string): ImageRequest | null {
  const body = pauseProgram(cpuArchitecture);
  if (body === null) return null;
  return {
    repository,
    tag,
    files: [{ path: 'pause', mode: 0o755, body }],
    changes: ['ENTRYPOINT ["/pause"]'],
  };
}
