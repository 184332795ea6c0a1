import { expect } from 'chai';
import type { ContainerPlan } from '../../../machines/container/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { dockerNameOf } from '../../../transport/docker/port.ts';
import { needsImageEnvironment } from '../../../transport/docker/translate.ts';
import { containerPlan, lone } from '../../support/engine-plans.ts';
import { arn, bodyOf, metadataId, refuses } from './bodies.ts';

describe('the create request of a container that shares', () => {
  const web = containerPlan({ name: 'web', metadataId });
  const db = containerPlan({ name: 'd_b', image: 'db' });
  const volumes: TaskPlan['volumes'] = [
    { kind: 'bind', name: 'here', sourcePath: '/srv/here' },
    { kind: 'bind', name: 'nowhere', sourcePath: '' },
    ...(['task', 'shared'] as const).map((scope) => ({
      kind: 'docker' as const,
      name: `of_${scope}`,
      driver: 'local',
      driverOpts: {},
      labels: {},
      scope,
      autoprovision: false,
    })),
  ];
  const sharing = async (given: Partial<ContainerPlan>, task: Partial<TaskPlan> = {}) => {
    const containers = [{ ...web, ...given }, db];
    return (await bodyOf({ name: 'web', ...given }, { task: { containers, volumes, ...task } }))
      .HostConfig;
  };
  const nameOf = (container: ContainerPlan) =>
    dockerNameOf({ task: { ...lone({}, { arn }).task }, container });

  it('links to others by their Docker name', async () => {
    const { Links } = await sharing({ links: [{ container: 'd_b', alias: 'database' }] });
    expect(Links).to.deep.equal([`${nameOf(db)}:database`]);
    await refuses(
      sharing({ links: [{ container: 'gone', alias: 'x' }] }),
      'DOCKER_BAD_HOST_CONFIG',
      'Link target not available: gone',
    );
  });

  for (const { readOnly, ends } of [
    { readOnly: false, ends: '' },
    { readOnly: true, ends: ':ro' },
  ]) {
    it(`takes the volumes of others${ends && ', to read only'}`, async () => {
      const { VolumesFrom } = await sharing({ volumesFrom: [{ container: 'd_b', readOnly }] });
      expect(VolumesFrom).to.deep.equal([`${nameOf(db)}${ends}`]);
    });
  }

  it('does not take the volumes of a container that there is not', async () => {
    await refuses(
      sharing({ volumesFrom: [{ container: 'gone', readOnly: false }] }),
      'DOCKER_BAD_HOST_CONFIG',
      'Volume target not available: gone',
    );
  });

  const mount = (volume: string, containerPath = '/in', readOnly = false) => ({
    mountPoints: [{ volume, containerPath, readOnly }],
  });

  it('mounts volumes of the host, of the task and of others, in their order', async () => {
    const mountPoints = [
      { volume: 'of_task', containerPath: '/t', readOnly: false },
      { volume: 'here', containerPath: '/h', readOnly: true },
      { volume: 'of_shared', containerPath: '/s', readOnly: false },
    ];
    const { Binds } = await sharing({ mountPoints });
    const [first, ...others] = Binds as string[];
    expect(first).to.match(/^ecs-web-1-of_task-[0-9a-f]{20}:\/t$/);
    expect(others).to.deep.equal(['/srv/here:/h:ro', 'of_shared:/s']);
  });

  for (const { of, given, message } of [
    {
      of: 'a volume that the task does not have',
      given: mount('gone'),
      message: 'Invalid volume referenced: gone',
    },
    {
      of: 'a path that is not named',
      given: mount('here', ''),
      message: 'Unable to resolve volume mounts; invalid path: web here; /srv/here -> ',
    },
    {
      of: 'a volume without a path',
      given: mount('nowhere'),
      message: 'Unable to resolve volume mounts; invalid path: web nowhere;  -> /in',
    },
  ]) {
    it(`is refused for ${of}`, async () => {
      await refuses(sharing(given), 'DOCKER_BAD_HOST_CONFIG', message);
    });
  }

  it('has the mounts and variables of the agent behind those of an overlay', async () => {
    const overlays = {
      dockerConfig: '{"Env":["ONLY=this"]}',
      dockerHostConfig: '{"Binds":["/a:/b"]}',
    };
    const extra = { extraBinds: ['/m:/n:ro'], extraEnvironment: { FILE: '/n/file' } };
    const body = await bodyOf(overlays, { extra });
    expect(body.Env).to.deep.equal(['ONLY=this', 'FILE=/n/file']);
    expect(body.HostConfig.Binds).to.deep.equal(['/a:/b', '/m:/n:ro']);
    expect((await bodyOf({}, { extra })).HostConfig.Binds).to.deep.equal(['/m:/n:ro']);
  });

  const pause = containerPlan({ name: '~internal~ecs~pause~namespace', internal: true });
  const joined = `container:${nameOf(pause)}`;
  for (const { pidMode, ipcMode, gives } of [
    { pidMode: '', ipcMode: '', gives: { PidMode: 'old', IpcMode: 'old' } },
    { pidMode: 'host', ipcMode: '', gives: { PidMode: 'host', IpcMode: 'old' } },
    { pidMode: 'task', ipcMode: '', gives: { PidMode: joined, IpcMode: 'old' } },
    { pidMode: '', ipcMode: 'task', gives: { PidMode: 'old', IpcMode: joined } },
    { pidMode: 'task', ipcMode: 'task', gives: { PidMode: joined, IpcMode: joined } },
    { pidMode: '', ipcMode: 'host', gives: { PidMode: 'old', IpcMode: 'host' } },
    { pidMode: '', ipcMode: 'none', gives: { PidMode: 'old', IpcMode: 'none' } },
  ] as const) {
    const modes = `process mode ${pidMode || 'none'} and memory mode ${ipcMode || 'its own'}`;
    it(`has ${gives.PidMode} and ${gives.IpcMode} with ${modes}`, async () => {
      const overlay = { dockerHostConfig: '{"PidMode":"old","IpcMode":"old"}' };
      const task = { pidMode, ipcMode, containers: [web, pause] };
      expect(await sharing(overlay, task)).to.include(gives);
    });
  }

  it('lets others into the memory of the container that holds it, and into nothing else', async () => {
    const task = { pidMode: 'task', ipcMode: 'task' } as const;
    const body = await bodyOf(pause, { task });
    expect(body.HostConfig).to.include({ IpcMode: 'shareable' });
    expect(body.HostConfig).to.not.have.property('PidMode');
  });

  it('of the agent’s own shares nothing with the host', async () => {
    const task = { pidMode: 'host', ipcMode: 'host' } as const;
    const body = await bodyOf({ name: 'own', internal: true }, { task });
    expect(body.HostConfig).to.include({ IpcMode: 'shareable' });
    expect(body.HostConfig).to.not.have.property('PidMode');
  });

  it('is refused where there is nothing to share with', async () => {
    await refuses(
      sharing({}, { pidMode: 'task' }),
      'DOCKER_BAD_HOST_CONFIG',
      'Namespace pause container not available',
    );
  });
});

describe('the create request of a container of the agent’s own', () => {
  it('tells it nothing of metadata, credentials, agent and region', async () => {
    const internal = { internal: true, environment: { FOR: 'it' } };
    const body = await bodyOf(internal, { task: { roleCredentialsId: 'c-1' } });
    expect(body.Env).to.deep.equal(['FOR=it']);
    expect(body.Labels).to.include({ 'com.amazonaws.ecs.task-arn': arn });
  });

  it('need not know the environment of its image', () => {
    expect(needsImageEnvironment(lone())).to.equal(true);
    expect(needsImageEnvironment(lone({ internal: true }))).to.equal(false);
    expect(needsImageEnvironment(lone({ environment: { AWS_REGION: 'x' } }))).to.equal(false);
  });
});
