import type { ContainerFacts } from '../../machines/container/model.ts';
import type { ContainerRef, CreateRequest } from '../docker/port.ts';

/** What a create request needs so that the container finds its metadata file. */
export type MetadataMount = Pick<CreateRequest, 'extraBinds' | 'extraEnvironment'>;

/**
 * The files that tell a container about itself (container metadata file of the Amazon ECS developer
 * guide). Nothing here ever rejects: a file that cannot be written is told in the log, and the
 * container runs without it.
 */
export interface MetadataFilePort {
  /** Writes what is known before the container exists, and tells how to mount it. */
  prepare(ref: ContainerRef, containerInstanceArn: string): Promise<MetadataMount>;
  /** Writes all of it once the container runs. */
  complete(ref: ContainerRef, facts: ContainerFacts, containerInstanceArn: string): Promise<void>;
  /** Removes the files of a task. */
  remove(taskArn: string): Promise<void>;
}

/** No files at all, where they are not asked for. */
export const noMetadataFiles: MetadataFilePort = {
  prepare: () => Promise.resolve({ extraBinds: [], extraEnvironment: {} }),
  complete: () => Promise.resolve(),
  remove: () => Promise.resolve(),
};
