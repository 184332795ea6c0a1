import { expect } from 'chai';
import { volumeNameOf } from '../../../transport/docker/port.ts';
import { container, task, wanted } from '../../support/builders.ts';
import { started, volume } from './stories.ts';

describe('a task that fails', () => {
  it('because its volume cannot be made gives the Engine’s words as the reason of the task', async () => {
    const world = await started();
    const mount = { volume: 'data', containerPath: '/data', readOnly: false };
    const plan = task('a', [container('main', { mountPoints: [mount] })], {
      volumes: [{ ...volume, driver: 'nfs' }],
    });
    world.plane.deliver([wanted(plan)]);
    await world.untilTold('a', 'STOPPED');
    expect(world.happened()).to.deep.equal([]);
    const name = volumeNameOf(plan, volume);
    expect(world.told('a')).to.deep.equal([
      `STOPPED (Error response from daemon: create ${name}: error looking up volume plugin nfs: ` +
        'plugin "nfs" not found): main STOPPED',
    ]);
  });
});
