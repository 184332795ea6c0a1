import { expect } from 'chai';
import {
  disturbanceCheck,
  disturbanceIn,
  disturbanceRemains,
  disturbanceStart,
  disturbanceStop,
  hasRemains,
} from '../../../machines/fault/disturbance.ts';
import type { Blackhole, Latency, PacketLoss, Step } from '../../../machines/fault/model.ts';
import { faultKey, startSteps, stopSteps } from '../../../machines/fault/sequence.ts';

const links = { names: ['eth0'], ipv6Only: false };
const latency = (more: Partial<Latency> = {}): Latency => ({
  ...{ kind: 'network-latency', delayMs: 100, jitterMs: 10 },
  ...{ sources: ['192.0.2.1'], spared: [], flowsPercent: 100 },
  ...more,
});
const loss = (more: Partial<PacketLoss> = {}): PacketLoss => ({
  ...{ kind: 'network-packet-loss', lossPercent: 7 },
  ...{ sources: ['192.0.2.1'], spared: [], flowsPercent: 100 },
  ...more,
});
const lines = (steps: Step[]): string[] => steps.map(({ argv }) => argv.join(' '));
const twos = '2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2';
const hash = 'flow hash keys src,dst,proto,proto-src,proto-dst divisor 10 baseclass';

describe('latency and packet loss', () => {
  it('are made of ten bands of ten bands, and of filters that lead there', () => {
    const fault = latency({
      sources: ['192.0.2.1', '2001:db8::/32'],
      spared: ['192.0.2.9', '2001:db8::9'],
      flowsPercent: 12,
    });
    expect(lines(disturbanceStart(fault, links))).to.deep.equal([
      `tc qdisc add dev eth0 root handle 1: prio priomap ${twos}`,
      `tc qdisc add dev eth0 parent 1:1 handle 10: prio bands 10 priomap ${twos}`,
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a'].map(
        (band, nth) =>
          `tc qdisc add dev eth0 parent 10:${band} handle ${100 + nth}: prio bands 10 priomap ${twos}`,
      ),
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9', 'a'].map(
        (band, nth) =>
          `tc qdisc add dev eth0 parent 100:${band} handle ${200 + nth}: netem delay 100ms 10ms`,
      ),
      'tc qdisc add dev eth0 parent 101:1 handle 210: netem delay 100ms 10ms',
      'tc qdisc add dev eth0 parent 101:2 handle 211: netem delay 100ms 10ms',
      'tc filter add dev eth0 protocol all parent 1:0 prio 1 u32 match ip dst 192.0.2.9 flowid 1:3',
      'tc filter add dev eth0 protocol all parent 1:0 prio 1 u32 match ip6 dst 2001:db8::9 flowid 1:3',
      'tc filter add dev eth0 protocol all parent 1:0 prio 2 u32 match ip dst 192.0.2.1 flowid 1:1',
      'tc filter add dev eth0 protocol all parent 1:0 prio 2 u32 match ip6 dst 2001:db8::/32 flowid 1:1',
      `tc filter add dev eth0 parent 10: handle 1 prio 2 ${hash} 10:1`,
      ...Array.from(
        { length: 10 },
        (_, nth) =>
          `tc filter add dev eth0 parent ${100 + nth}: handle ${nth + 1} prio 2 ${hash} ${100 + nth}:1`,
      ),
    ]);
  });

  it('disturb as many of the hundred as are wanted', () => {
    const disturbed = lines(disturbanceStart(loss(), links)).filter((line) =>
      line.includes('netem'),
    );
    expect(disturbed).to.have.lengthOf(100);
    expect(disturbed[0]).to.equal('tc qdisc add dev eth0 parent 100:1 handle 200: netem loss 7%');
    expect(disturbed.at(-1)).to.equal(
      'tc qdisc add dev eth0 parent 109:a handle 299: netem loss 7%',
    );
    expect(
      lines(disturbanceStart(loss({ flowsPercent: 1 }), links)).filter((line) =>
        line.includes('netem'),
      ),
    ).to.have.lengthOf(1);
  });

  it('are on each link', () => {
    const two = { names: ['eth0', 'eth1'], ipv6Only: false };
    const one = lines(disturbanceStart(latency(), links));
    const other = one.map((line) => line.replace('eth0', 'eth1'));
    expect(lines(disturbanceStart(latency(), two))).to.deep.equal([...one, ...other]);
  });

  it('are unmade from the inside', () => {
    const steps = disturbanceStop({ names: ['eth0', 'eth1'], ipv6Only: false });
    expect(lines(steps)).to.deep.equal([
      'tc qdisc del dev eth0 parent 1:1 handle 10:',
      'tc qdisc del dev eth0 root handle 1: prio',
      'tc qdisc del dev eth1 parent 1:1 handle 10:',
      'tc qdisc del dev eth1 root handle 1: prio',
    ]);
    expect(steps.every(({ matters }) => matters)).to.equal(true);
  });

  it('are looked for on a link', () => {
    expect(disturbanceCheck('eth0').join(' ')).to.equal('tc -j q show dev eth0 parent 100:1');
    expect(disturbanceRemains('eth0').join(' ')).to.equal('tc -j q show dev eth0');
  });

  const outputs: [output: string, is: string | null][] = [
    ['', null],
    ['[]', null],
    ['{}', null],
    ['[{"kind":"prio","handle":"100:"}]', null],
    ['[{"kind":"netem","handle":"200:"}]', null],
    ['[{"kind":"netem","options":{"limit":1000,"delay":{"delay":0.1}}}]', 'network-latency'],
    ['[{"kind":"netem","options":{"loss-random":{"loss":0.1}}}]', 'network-packet-loss'],
    ['[{"kind":"fq"},{"kind":"netem","options":{"limit":1000}}]', 'network-latency'],
  ];
  for (const [output, is] of outputs)
    it(`are found to be ${is ?? 'none'} in ${output || 'no output'}`, () => {
      expect(disturbanceIn(output)).to.equal(is);
    });

  it('leave something for as long as their root is there', () => {
    expect(hasRemains('[{"kind":"prio","handle":"1:","root":true,"options":{}}]')).to.equal(true);
    for (const other of [
      ...['', '[]', '[{"kind":"prio","handle":"8001:","root":true}]'],
      ...['[{"kind":"htb","handle":"1:","root":true}]', '[{"kind":"prio","handle":"1:"}]'],
    ])
      expect(hasRemains(other), other).to.equal(false);
  });
});

describe('the record of a fault', () => {
  it('has one key for those that exclude each other', () => {
    expect(faultKey(latency())).to.equal(faultKey(loss()));
    const aim = { kind: 'network-blackhole-port', port: 1, protocol: 'tcp' } as const;
    expect(faultKey({ ...aim, trafficType: 'egress' })).to.equal('fault/host/egress-tcp-1');
    expect(faultKey({ ...aim, trafficType: 'ingress' })).to.equal('fault/host/ingress-tcp-1');
  });

  it('is enough to make and unmake it', () => {
    const hole: Blackhole = {
      ...{ kind: 'network-blackhole-port', port: 1, protocol: 'tcp' },
      ...{ trafficType: 'egress', spared: [] },
    };
    expect(lines(startSteps(hole, links))[0]).to.equal('iptables -w 5 -N egress-tcp-1');
    expect(lines(stopSteps(hole, links))[0]).to.equal('iptables -w 5 -F egress-tcp-1');
    expect(startSteps(loss(), links)).to.deep.equal(disturbanceStart(loss(), links));
    expect(stopSteps({ kind: 'network-latency' }, links)).to.deep.equal(disturbanceStop(links));
  });
});
