import { expect } from 'chai';
import { sampleOf } from '../../machines/stats/sample.ts';
import type { EnginePort } from '../../transport/docker/port.ts';
import { commands, lone } from '../support/engine-plans.ts';
import { type EngineUnderContract, rejects } from './engine.ts';

const host = { platform: 'linux', cpus: 1, cgroupVersion: 1 } as const;

/** What any Engine must keep of what it measures. */
export function describeStats(engineOf: () => EngineUnderContract): void {
  describe('its statistics', () => {
    let port: EnginePort;
    let image: string;
    before(() => {
      ({ port, image } = engineOf());
    });
    const never = () => new AbortController().signal;
    const running = async () => {
      const ref = lone({ image, command: commands.sleep(60) });
      await port.create(ref);
      await port.start(ref);
      return ref;
    };

    it('of a running container say something', async () => {
      const sample = sampleOf(await port.stats(await running(), never()), host);
      expect(sample?.memoryBytes).to.be.above(0);
      expect(sample?.network).to.not.equal(null);
    });

    it('come again and again, until they are given up', async () => {
      const ref = await running();
      const ending = new AbortController();
      const times: number[] = [];
      const followed = port.followStats(
        ref,
        (text) => {
          const { at } = sampleOf(text, host) ?? {};
          if (at) times.push(at.s + at.ns / 1e9);
          if (times.length === 2) ending.abort();
        },
        ending.signal,
      );
      await rejects(followed, 'DOCKER_ABORTED');
      expect(times[1]).to.be.above(times[0] ?? 0);
    });

    it('of a container that never was are refused', async () => {
      await rejects(port.stats(lone(), never()), 'DOCKER_NOT_FOUND');
      await rejects(
        port.followStats(lone(), () => {}, never()),
        'DOCKER_NOT_FOUND',
      );
    });
  });
}
