import { expect } from 'chai';
import { bootAgent } from '../../actors/boot.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import { SimCgroups } from '../../transport/sim/cgroups.ts';
import { SimClock } from '../../transport/sim/clock.ts';
import { SimEngine } from '../../transport/sim/engine.ts';
import { simHost } from '../../transport/sim/host.ts';
import { simRandom } from '../../transport/sim/random.ts';
import { SimNetwork } from '../support/network.ts';

const nothing = () => {};
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

describe('what the agent learns when it boots', () => {
  const boot = async (network?: SimNetwork, external = false) => {
    const clock = new SimClock();
    const engine = new SimEngine({ clock, random: simRandom(1) });
    const ports = {
      ...{ log, clock, random: simRandom(1), host: simHost(), metadata: noMetadata },
      ...{ docker: engine.port('specs'), cgroups: new SimCgroups() },
      ...(network && { network }),
      settings: {
        ...{ rules: { taskLimits: true }, taskLimitsRequired: false, pauseImage: 'pause' },
        capabilities: { external },
      },
    };
    const booting = bootAgent(ports, new AbortController().signal);
    await clock.advance(1_000);
    return booting;
  };
  const canInject = async (network?: SimNetwork, external = false) =>
    (await boot(network, external)).faultInjection;
  /** One in which commands that match do not succeed. */
  const lacking = (pattern: RegExp, code: number | null) => {
    const network = new SimNetwork();
    network.mishap = (line) => {
      if (pattern.test(line)) return { code, output: '', said: 'No.' };
      return { code: 0, output: '', said: '' };
    };
    return network;
  };

  it('is whether faults can be injected: with all that they are made with', async () => {
    expect(await canInject(lacking(/^$/, 0))).to.equal(true);
    expect(await canInject(lacking(/^iptables /, null))).to.equal(false);
    expect(await canInject(lacking(/^nsenter /, null))).to.equal(false);
    expect(await canInject(lacking(/ netem /, 2))).to.equal(false);
  });

  it('is that faults cannot be injected where ECS does not have them', async () => {
    const network = lacking(/^$/, 0);
    expect(await canInject(network, true)).to.equal(false);
    expect(await canInject()).to.equal(false);
    expect(network.ran).to.deep.equal([]);
  });
});
