import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerFacts, NetworkBinding } from '../../machines/container/model.ts';
import { type ContainerRef, dockerNameOf } from '../docker/port.ts';
import type { MetadataFilePort, MetadataMount } from './port.ts';

/** Where the files are and what they tell besides the container itself. */
export interface MetadataFileOptions {
  cluster: string;
  platform: 'linux' | 'windows';
  /** The agent's data directory as this process sees it, and as the Engine's host does. */
  dataDirectory: string;
  hostDataDirectory: string;
  /** Asks whether the Engine labels files for SELinux, so that the mount must be relabelled. */
  selinux: () => Promise<boolean>;
  warn: (message: string) => void;
}

const fileName = 'ecs-container-metadata.json';

/** The files of containers under `<data directory>/metadata`, one folder a container. */
export function metadataFiles(options: MetadataFileOptions): MetadataFilePort {
  const { dataDirectory, hostDataDirectory, platform, cluster, warn } = options;
  const inside =
    platform === 'windows' ? 'C:\\ProgramData\\Amazon\\ECS\\metadata\\' : '/opt/ecs/metadata/';
  /** What was written last, so that a look that shows nothing new writes nothing. */
  const written = new Map<string, string>();
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      warn(`The metadata file of ${what} is not written: ${(error as Error).message}`);
      return false;
    }
  };
  return {
    async prepare(ref, containerInstanceArn): Promise<MetadataMount> {
      const none = { extraBinds: [], extraEnvironment: {} };
      if (ref.container.internal) return none;
      const body = contentOf(ref, { cluster, containerInstanceArn });
      const folder = folderOf(dataDirectory, ref);
      let relabel = '';
      const isThere = await attempt(ref.container.name, async () => {
        relabel = (await options.selinux()) ? ':Z' : '';
        await write(folder, body);
      });
      if (!isThere) return none;
      const mount = `${inside}${ref.container.metadataId}`;
      const separator = platform === 'windows' ? '\\' : '/';
      return {
        extraBinds: [`${folderOf(hostDataDirectory, ref)}:${mount}${relabel}`],
        extraEnvironment: { ECS_CONTAINER_METADATA_FILE: `${mount}${separator}${fileName}` },
      };
    },
    async complete(ref, facts, containerInstanceArn) {
      if (ref.container.internal) return;
      const body = { ...contentOf(ref, { cluster, containerInstanceArn }), ...factsIn(ref, facts) };
      const folder = folderOf(dataDirectory, ref);
      const text = JSON.stringify(body);
      if (written.get(folder) === text) return;
      const isDone = await attempt(ref.container.name, () => write(folder, body));
      if (isDone) written.set(folder, text);
    },
    async remove(taskArn) {
      const folder = join(dataDirectory, 'metadata', ...taskPathOf(taskArn));
      for (const known of written.keys()) if (known.startsWith(folder)) written.delete(known);
      await attempt(taskArn, () => rm(folder, { recursive: true, force: true }));
    },
  };
}

/** All of a task's ARN after its first `/`: that of a long ARN begins with the cluster. */
const taskPathOf = (taskArn: string): string[] => taskArn.split('/').slice(1);

const folderOf = (dataDirectory: string, { task, container }: ContainerRef): string =>
  join(dataDirectory, 'metadata', ...taskPathOf(task.arn), container.name);

/** Written beside and renamed, so that no reader ever sees half of it. */
async function write(folder: string, body: Record<string, unknown>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const path = join(folder, fileName);
  const known = Object.entries(body).filter(([, value]) => value !== '' && value !== null);
  const text = JSON.stringify(Object.fromEntries(known), null, '\t');
  // Whatever user the container has, it may read what is told of it.
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}

const contentOf = (
  { task, container }: ContainerRef,
  { cluster, containerInstanceArn }: { cluster: string; containerInstanceArn: string },
) => ({
  Cluster: cluster,
  ContainerInstanceARN: containerInstanceArn,
  TaskARN: task.arn,
  TaskDefinitionFamily: task.family,
  TaskDefinitionRevision: task.version,
  ContainerName: container.name,
  ImageName: container.image,
});

const factsIn = (ref: ContainerRef, facts: ContainerFacts) => ({
  ContainerID: facts.runtimeId,
  DockerContainerName: `/${dockerNameOf(ref)}`,
  ImageID: facts.imageId,
  PortMappings: facts.bindings.length > 0 ? facts.bindings.map(portIn) : null,
  Networks: facts.networks.length > 0 ? facts.networks.map(networkIn) : null,
  MetadataFileStatus: 'READY',
});

const portIn = (binding: NetworkBinding) =>
  'containerPort' in binding
    ? {
        ContainerPort: binding.containerPort,
        HostPort: binding.hostPort,
        BindIp: binding.bindIP,
        Protocol: binding.protocol,
      }
    : {
        ContainerPortRange: binding.containerPortRange,
        HostPortRange: binding.hostPortRange,
        BindIp: binding.bindIP,
        Protocol: binding.protocol,
      };

const networkIn = ({ mode, ipv4, ipv6 }: ContainerFacts['networks'][number]) => ({
  NetworkMode: mode,
  ...(ipv4.length > 0 && { IPv4Addresses: ipv4 }),
  ...(ipv6.length > 0 && { IPv6Addresses: ipv6 }),
});
