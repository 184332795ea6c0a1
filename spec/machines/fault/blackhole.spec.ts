import { expect } from 'chai';
import {
  blackholeCheck,
  blackholeRemains,
  blackholeStart,
  blackholeStop,
} from '../../../machines/fault/blackhole.ts';
import type { Blackhole, Step } from '../../../machines/fault/model.ts';

const links = { names: ['eth0'], ipv6Only: false };
const blackhole = (more: Partial<Blackhole> = {}): Blackhole => ({
  kind: 'network-blackhole-port',
  port: 5432,
  protocol: 'tcp',
  trafficType: 'egress',
  spared: [],
  ...more,
});
/** The command lines; in brackets those that may fail. */
const lines = (steps: Step[]): string[] =>
  steps.map(({ argv, matters }) => (matters ? argv.join(' ') : `(${argv.join(' ')})`));

describe('a black hole', () => {
  it('is looked for in the chain of its name', () => {
    expect(blackholeCheck(blackhole()).join(' ')).to.equal(
      'iptables -w 5 -C egress-tcp-5432 -p tcp --dport 5432 -j DROP',
    );
    expect(blackholeRemains(blackhole()).join(' ')).to.equal('iptables -w 5 -S egress-tcp-5432');
  });

  it('is a chain that lets the spared through, each in the table of its family', () => {
    const spared = ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'];
    expect(lines(blackholeStart(blackhole({ spared }), links))).to.deep.equal([
      'iptables -w 5 -N egress-tcp-5432',
      'iptables -w 5 -A egress-tcp-5432 -p tcp -d 10.0.0.0/8 --dport 5432 -j ACCEPT',
      'iptables -w 5 -A egress-tcp-5432 -p tcp -d 192.0.2.1 --dport 5432 -j ACCEPT',
      'iptables -w 5 -A egress-tcp-5432 -p tcp -d 0.0.0.0/0 --dport 5432 -j DROP',
      'iptables -w 5 -I OUTPUT -j egress-tcp-5432',
      '(ip6tables -w 5 -N egress-tcp-5432)',
      '(ip6tables -w 5 -A egress-tcp-5432 -p tcp -d fd00::/8 --dport 5432 -j ACCEPT)',
      '(ip6tables -w 5 -A egress-tcp-5432 -p tcp -d ::/0 --dport 5432 -j DROP)',
      '(ip6tables -w 5 -I OUTPUT -j egress-tcp-5432)',
    ]);
  });

  it('for what comes in spares by where it comes from', () => {
    const fault = blackhole({ trafficType: 'ingress', protocol: 'udp', spared: ['10.0.0.1'] });
    expect(lines(blackholeStart(fault, links)).slice(0, 4)).to.deep.equal([
      'iptables -w 5 -N ingress-udp-5432',
      'iptables -w 5 -A ingress-udp-5432 -p udp -s 10.0.0.1 --dport 5432 -j ACCEPT',
      'iptables -w 5 -A ingress-udp-5432 -p udp -d 0.0.0.0/0 --dport 5432 -j DROP',
      'iptables -w 5 -I INPUT -j ingress-udp-5432',
    ]);
  });

  const own = (more: Partial<Blackhole>) =>
    lines(blackholeStart(blackhole(more), links)).filter((line) => line.includes('169.254.170.2'));

  it('for what leaves to port 80 spares the task metadata server', () => {
    expect(own({ port: 80 })).to.deep.equal([
      'iptables -w 5 -A egress-tcp-80 -p tcp -d 169.254.170.2 --dport 80 -j ACCEPT',
    ]);
    expect(own({ port: 81 })).to.deep.equal([]);
    expect(own({ port: 80, trafficType: 'ingress' })).to.deep.equal([]);
  });

  it('is emptied, left and removed, in both families', () => {
    expect(lines(blackholeStop(blackhole(), links))).to.deep.equal([
      'iptables -w 5 -F egress-tcp-5432',
      'iptables -w 5 -D OUTPUT -j egress-tcp-5432',
      'iptables -w 5 -X egress-tcp-5432',
      '(ip6tables -w 5 -F egress-tcp-5432)',
      '(ip6tables -w 5 -D OUTPUT -j egress-tcp-5432)',
      '(ip6tables -w 5 -X egress-tcp-5432)',
    ]);
    expect(lines(blackholeStop(blackhole({ trafficType: 'ingress' }), links))[1]).to.equal(
      'iptables -w 5 -D INPUT -j ingress-tcp-5432',
    );
  });

  it('needs the tables of IPv6 where there is nothing else', () => {
    const only6 = { names: ['eth0'], ipv6Only: true };
    for (const steps of [blackholeStart(blackhole(), only6), blackholeStop(blackhole(), only6)])
      expect(steps.filter(({ matters }) => !matters)).to.deep.equal([]);
  });
});
