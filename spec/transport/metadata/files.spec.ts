import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ContainerFacts } from '../../../machines/container/model.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import { type MetadataFileOptions, metadataFiles } from '../../../transport/metadata/files.ts';
import { container, task } from '../../support/builders.ts';
import { facts as inspected } from '../../support/chart-contexts.ts';

const instance = 'arn:aws:ecs:us-west-2:123456789012:container-instance/specs/1';
const web = container('web', { image: 'nginx:1', metadataId: 'id-1' });
const plan = task('a', [web]);
const ref = { task: plan, container: web };

const facts: ContainerFacts = {
  ...inspected(),
  runtimeId: 'f00d',
  state: 'running',
  exitCode: null,
  startedAt: 1,
  finishedAt: null,
  bindings: [{ containerPort: 80, hostPort: 32_768, bindIP: '0.0.0.0', protocol: 'tcp' }],
  outOfMemory: false,
  error: '',
  health: 'UNKNOWN',
  imageId: 'sha256:abc',
  createdAt: 1,
  networks: [{ mode: 'bridge', ipv4: ['172.17.0.2'], ipv6: [] }],
};

const first = {
  Cluster: 'specs',
  ContainerInstanceARN: instance,
  TaskARN: plan.arn,
  TaskDefinitionFamily: 'web',
  TaskDefinitionRevision: '1',
  ContainerName: 'web',
  ImageName: 'nginx:1',
};

describe('the metadata file of a container', () => {
  let dataDirectory: string;
  let warned: string[];
  beforeEach(() => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'metadata-'));
    warned = [];
  });
  afterEach(() => rmSync(dataDirectory, { recursive: true, force: true }));

  const files = (more: Partial<MetadataFileOptions> = {}) =>
    metadataFiles({
      cluster: 'specs',
      platform: 'linux',
      dataDirectory,
      hostDataDirectory: '/var/lib/ecs/data',
      selinux: () => Promise.resolve(false),
      warn: (message) => warned.push(message),
      ...more,
    });
  /** The cluster is a folder too, as it is part of the task's ARN. */
  const folder = () => join(dataDirectory, 'metadata/specs/a/web');
  const path = () => join(folder(), 'ecs-container-metadata.json');
  const read = (): unknown => JSON.parse(readFileSync(path(), 'utf8'));

  it('tells before the container is there what is known of it, and is mounted from the host', async () => {
    const mount = await files().prepare(ref, instance);
    expect(mount).to.deep.equal({
      extraBinds: ['/var/lib/ecs/data/metadata/specs/a/web:/opt/ecs/metadata/id-1'],
      extraEnvironment: {
        ECS_CONTAINER_METADATA_FILE: '/opt/ecs/metadata/id-1/ecs-container-metadata.json',
      },
    });
    expect(read()).to.deep.equal(first);
  });

  it('tells all of it, and that it is ready, when the container runs', async () => {
    const written = files();
    await written.prepare(ref, instance);
    await written.complete(ref, facts, instance);
    expect(read()).to.deep.equal({
      ...first,
      ContainerID: 'f00d',
      DockerContainerName: `/${dockerNameOf(ref)}`,
      ImageID: 'sha256:abc',
      PortMappings: [{ ContainerPort: 80, HostPort: 32_768, BindIp: '0.0.0.0', Protocol: 'tcp' }],
      Networks: [{ NetworkMode: 'bridge', IPv4Addresses: ['172.17.0.2'] }],
      MetadataFileStatus: 'READY',
    });
  });

  it('leaves out what there is not', async () => {
    await files().complete(ref, { ...facts, bindings: [], networks: [] }, instance);
    expect(read()).not.to.have.any.keys('PortMappings', 'Networks');
  });

  it('names ranges of ports', async () => {
    const bindings: ContainerFacts['bindings'] = [
      { containerPortRange: '80-82', hostPortRange: '90-92', bindIP: '::', protocol: 'udp' },
    ];
    await files().complete(ref, { ...facts, bindings }, instance);
    expect(read()).to.deep.include({
      PortMappings: [
        { ContainerPortRange: '80-82', HostPortRange: '90-92', BindIp: '::', Protocol: 'udp' },
      ],
    });
  });

  it('can be read by every user of the container, is indented by tabs, and has no leftovers', async () => {
    await files().complete(ref, facts, instance);
    expect(statSync(path()).mode & 0o777).to.equal(0o644);
    expect(readFileSync(path(), 'utf8')).to.match(/^\{\n\t"Cluster": "specs",\n/);
    expect(await readdir(folder())).to.deep.equal(['ecs-container-metadata.json']);
  });

  it('is written again only where there is news', async () => {
    const written = files();
    await written.complete(ref, facts, instance);
    writeFileSync(path(), '"untouched"');
    await written.complete(ref, facts, instance);
    expect(read()).to.equal('untouched');
    await written.complete(ref, { ...facts, networks: [] }, instance);
    expect(read()).to.include({ MetadataFileStatus: 'READY' });
  });

  it('is relabelled where the Engine labels files', async () => {
    const mount = await files({ selinux: () => Promise.resolve(true) }).prepare(ref, instance);
    expect(mount.extraBinds[0]).to.match(/:\/opt\/ecs\/metadata\/id-1:Z$/);
  });

  it('is at a place of Windows there', async () => {
    const mount = await files({ platform: 'windows' }).prepare(ref, instance);
    expect(mount.extraEnvironment).to.deep.equal({
      ECS_CONTAINER_METADATA_FILE:
        'C:\\ProgramData\\Amazon\\ECS\\metadata\\id-1\\ecs-container-metadata.json',
    });
  });

  it('is made for no container of the agent’s own', async () => {
    const own = { task: plan, container: { ...web, internal: true } };
    const written = files();
    expect(await written.prepare(own, instance)).to.deep.equal({
      extraBinds: [],
      extraEnvironment: {},
    });
    await written.complete(own, facts, instance);
    expect(await readdir(dataDirectory)).to.deep.equal([]);
  });

  it('that cannot be written is told, and the container runs without it', async () => {
    writeFileSync(join(dataDirectory, 'metadata'), 'a file where the folder should be');
    const written = files();
    expect(await written.prepare(ref, instance)).to.deep.equal({
      extraBinds: [],
      extraEnvironment: {},
    });
    await written.complete(ref, facts, instance);
    expect(warned).to.have.length(2);
    for (const message of warned)
      expect(message).to.match(/^The metadata file of web is not written: E/);
  });

  it('goes with those of its task, and no other does', async () => {
    const other = { task: task('ab', [web]), container: web };
    const written = files();
    await written.complete(ref, facts, instance);
    await written.complete(other, facts, instance);
    await written.remove(plan.arn);
    expect(await readdir(join(dataDirectory, 'metadata/specs'))).to.deep.equal(['ab']);
    await written.remove(plan.arn);
    expect(warned).to.deep.equal([]);
  });
});
