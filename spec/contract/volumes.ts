import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { EnginePort } from '../../transport/docker/port.ts';
import { containerPlan, instanceArn, taskPlan } from '../support/engine-plans.ts';
import { type EngineUnderContract, rejects } from './engine.ts';

/** What any Engine must keep of its volumes. */
export function describeVolumes(engineOf: () => EngineUnderContract): void {
  describe('its volumes', () => {
    let engine: EngineUnderContract;
    let port: EnginePort;
    let name: string;
    before(() => {
      engine = engineOf();
      port = engine.port;
    });
    beforeEach(() => {
      name = `specs-${randomUUID()}`;
    });
    afterEach(() => port.removeVolume(name));

    const made = (given: { driver?: string; labels?: Record<string, string> } = {}) =>
      port.createVolume({ name, driver: 'local', driverOpts: {}, labels: {}, ...given });

    it('have plugins that make them, the local one among them', async () => {
      expect(await port.volumePlugins()).to.include('local');
    });

    it('are null where there is none', async () => {
      expect(await port.inspectVolume(name)).to.equal(null);
    });

    it('have the labels and options that they were made with', async () => {
      const driverOpts = { type: 'tmpfs', device: 'tmpfs', o: 'size=1m' };
      await port.createVolume({ name, driver: 'local', driverOpts, labels: { team: 'blue' } });
      expect(await port.inspectVolume(name)).to.deep.equal({
        name,
        driver: 'local',
        labels: { team: 'blue' },
        options: driverOpts,
      });
    });

    it('are local where no driver is named', async () => {
      await made({ driver: '' });
      expect(await port.inspectVolume(name)).to.deep.equal({
        name,
        driver: 'local',
        labels: {},
        options: {},
      });
    });

    it('are taken as they are when they are made twice', async () => {
      await made({ labels: { first: 'yes' } });
      await made();
      expect((await port.inspectVolume(name))?.labels).to.deep.equal({ first: 'yes' });
    });

    it('that are gone are left alone when they are removed', async () => {
      await made();
      await port.removeVolume(name);
      await port.removeVolume(name);
      expect(await port.inspectVolume(name)).to.equal(null);
    });

    it('that a container mounts are not removed before it is', async () => {
      await made();
      const mountPoints = [{ volume: name, containerPath: '/data', readOnly: false }];
      const container = containerPlan({ image: engine.image, mountPoints });
      const options = { driver: 'local', driverOpts: {}, labels: {} };
      const shared = { kind: 'docker', name, scope: 'shared', autoprovision: false } as const;
      const task = taskPlan([container], { volumes: [{ ...shared, ...options }] });
      const extra = { extraBinds: [], extraEnvironment: {} };
      const ref = { task, container, containerInstanceArn: instanceArn, ...extra };
      const runtimeId = await port.create(ref);
      await rejects(port.removeVolume(name), 'DOCKER_REFUSED');
      await port.remove(runtimeId);
      // Only its anonymous volumes go with a container.
      expect(await port.inspectVolume(name)).to.not.equal(null);
    });
  });
}
