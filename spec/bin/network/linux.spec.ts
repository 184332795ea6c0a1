import { expect } from 'chai';
import { linuxDown, linuxUp, missingRules } from '../../../bin/network/apply.ts';
import { commandOf, type LinuxSetup, rulesOf } from '../../../bin/network/linux.ts';
import { AgentError } from '../../../machines/names/errors.ts';
import type { NetworkPort, Ran } from '../../../transport/network/port.ts';

const setup = (more: Partial<LinuxSetup> = {}): LinuxSetup => ({
  ...{ taskPort: 51_679, introspectionPort: 51_678 },
  ...{ localhostFilterSkipped: false, introspectionOffHost: false },
  ...{ bridge: 'docker0', ipv6: true },
  ...more,
});

const wanted = [
  'iptables -w 5 -t nat -A PREROUTING -p tcp -d 169.254.170.2 --dport 80 -j DNAT --to-destination 127.0.0.1:51679',
  'iptables -w 5 -t filter -I INPUT --dst 127.0.0.0/8 ! --src 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
  'iptables -w 5 -t filter -I INPUT -p tcp --dport 51678 ! -i lo -j DROP',
  'ip6tables -w 5 -t filter -I INPUT -p tcp --dport 51678 ! -i lo -j DROP',
  'iptables -w 5 -t filter -I INPUT -p tcp --dport 51678 -i docker0 -j ACCEPT',
  'ip6tables -w 5 -t filter -I INPUT -p tcp --dport 51678 -i docker0 -j ACCEPT',
  'iptables -w 5 -t nat -A OUTPUT -p tcp -d 169.254.170.2 --dport 80 -j REDIRECT --to-ports 51679',
];
const puts = (of: LinuxSetup) => rulesOf(of).map((rule) => commandOf(rule, 'put').join(' '));

describe('the rules that lead tasks to the agent', () => {
  it('are those of the whole firewall', () => {
    expect(puts(setup())).to.deep.equal(wanted);
  });

  const fewer: [string, Partial<LinuxSetup>, (line: string) => boolean][] = [
    [
      'packets for loopback may come from elsewhere',
      { localhostFilterSkipped: true },
      (line) => !line.includes('127.0.0.0/8'),
    ],
    [
      'introspection is for other hosts, too',
      { introspectionOffHost: true },
      (line) => !line.includes('51678'),
    ],
    ['there is no introspection', { introspectionPort: 0 }, (line) => !line.includes('51678')],
    ['no task is served', { taskPort: 0 }, (line) => line.includes('51678')],
    ['there is no IPv6', { ipv6: false }, (line) => !line.startsWith('ip6')],
  ];
  for (const [when, more, isWanted] of fewer)
    it(`are fewer where ${when}`, () => {
      expect(puts(setup(more))).to.deep.equal(wanted.filter(isWanted));
    });

  it('have the ports and the bridge of this host', () => {
    const other = puts(setup({ taskPort: 1, introspectionPort: 2, bridge: 'br0', ipv6: false }));
    expect(other[0]).to.match(/127\.0\.0\.1:1$/);
    expect(other[2]).to.include('--dport 2 ! -i lo');
    expect(other[3]).to.include('--dport 2 -i br0');
    expect(other[4]).to.match(/--to-ports 1$/);
  });

  it('are looked for and removed by their own words', () => {
    const [first] = rulesOf(setup());
    if (!first) throw new Error('there is no rule');
    const words = 'PREROUTING -p tcp -d 169.254.170.2 --dport 80 -j DNAT --to-destination';
    for (const [action, flag] of [['check', '-C'] as const, ['delete', '-D'] as const])
      expect(commandOf(first, action).join(' ')).to.equal(
        `iptables -w 5 -t nat ${flag} ${words} 127.0.0.1:51679`,
      );
  });
});

/** A firewall as its rules, in order, by tool, table and chain. */
class Firewall implements NetworkPort {
  readonly ran: string[] = [];
  readonly rules: string[] = [];
  hasRoute = true;
  mishap: (line: string) => Ran | null = () => null;

  links = () => Promise.resolve(this.hasRoute ? { names: ['eth0'], ipv6Only: false } : null);

  run(argv: readonly string[]): Promise<Ran> {
    const line = argv.join(' ');
    const mishap = this.mishap(line);
    if (mishap) return Promise.resolve(mishap);
    const [, action] = / (-[CDAI]) /.exec(line) ?? [];
    const rule = line.replace(/ -w 5| -[CDAI](?= [A-Z]+ )/g, '');
    const known = this.rules.indexOf(rule);
    if (action !== '-C') this.ran.push(line);
    if ((action === '-C' || action === '-D') && known === -1)
      return Promise.resolve({ code: 1, output: '', said: 'Bad rule.' });
    if (action === '-D') this.rules.splice(known, 1);
    if (action === '-A') this.rules.push(rule);
    if (action === '-I') this.rules.unshift(rule);
    return Promise.resolve({ code: 0, output: '', said: '' });
  }
}

describe('the network set-up of a Linux host', () => {
  let network: Firewall;
  let told: string[];
  beforeEach(() => {
    network = new Firewall();
    told = [];
  });
  const hand = () => ({
    network,
    signal: new AbortController().signal,
    tell: (argv: readonly string[]) => told.push(argv.join(' ')),
  });
  const up = (of = setup()) => linuxUp(of, hand());
  const defaults = { routeLocalnet: '0', acceptRa: '1' };

  it('opens the kernel, then puts the rules, and tells each command', async () => {
    await up();
    expect(network.ran).to.deep.equal([
      'sysctl -w net.ipv4.conf.all.route_localnet=1',
      'sysctl -e -w net.ipv6.conf.docker0.accept_ra=0',
      ...wanted,
    ]);
    expect(told).to.deep.equal(network.ran);
  });

  it('leaves the kernel alone where no task is served', async () => {
    await up(setup({ taskPort: 0 }));
    expect(network.ran.filter((line) => !line.includes('51678'))).to.deep.equal([]);
  });

  it('makes a route where there is none', async () => {
    network.hasRoute = false;
    await up();
    expect(network.ran[2]).to.equal('ip route replace 169.254.170.2/32 dev lo scope link');
  });

  it('changes no rule the second time', async () => {
    await up();
    const rules = [...network.rules];
    network.ran.splice(0);
    await up();
    expect(network.ran.filter((line) => line.includes('tables'))).to.deep.equal([]);
    expect(network.rules).to.deep.equal(rules);
  });

  it('puts back what is missing, in its order', async () => {
    await up();
    const rules = [...network.rules];
    for (const lost of rules) {
      network.rules.splice(network.rules.indexOf(lost), 1);
      await up();
      const inputs = (all: string[]) => all.filter((line) => line.includes('filter INPUT'));
      for (const tool of ['iptables', 'ip6tables']) {
        const of = (all: string[]) => inputs(all).filter((line) => line.startsWith(`${tool} `));
        expect(of(network.rules), `without ${lost}`).to.have.members(of(rules));
      }
      const guards = network.rules.filter((line) => line.includes('--dport 51678'));
      expect(guards.findIndex((line) => line.endsWith('ACCEPT'))).to.be.below(
        guards.findIndex((line) => line.endsWith('DROP')),
      );
    }
  });

  it('goes without a trace, whatever the settings were', async () => {
    await up();
    await linuxDown(setup({ introspectionOffHost: true }), hand(), defaults);
    expect(network.rules).to.deep.equal([]);
    expect(network.ran.slice(-3)).to.deep.equal([
      'sysctl -w net.ipv4.conf.all.route_localnet=0',
      'sysctl -e -w net.ipv6.conf.docker0.accept_ra=1',
      'ip route del 169.254.170.2/32 dev lo',
    ]);
  });

  it('goes where it is not there', async () => {
    await linuxDown(setup(), hand(), defaults);
    expect(network.ran.filter((line) => line.includes('tables'))).to.deep.equal([]);
  });

  it('tells which of its rules are missing', async () => {
    expect(await missingRules(setup(), hand())).to.deep.equal(rulesOf(setup()));
    await up();
    expect(await missingRules(setup(), hand())).to.deep.equal([]);
    expect(await missingRules(setup({ taskPort: 1 }), hand())).to.have.lengthOf(2);
  });

  const mishaps: [string, Ran, RegExp][] = [
    ['-C ', { code: 4, output: '', said: 'Permission denied\nmore' }, /-C .* Permission denied\. /],
    ['-C ', { code: null, output: '', said: 'spawn iptables ENOENT' }, /ENOENT/],
    ['sysctl -w', { code: 255, output: '', said: 'read-only' }, /^sysctl -w .* failed: read-only/],
    [
      ' -A ',
      { code: 1, output: '', said: 'No.' },
      /-A PREROUTING .* failed: No\. Run this as root/,
    ],
  ];
  for (const [which, ran, says] of mishaps)
    it(`ends at ${JSON.stringify(ran.said)} of ${which}, and says what to do`, async () => {
      network.mishap = (line) => (line.includes(which) ? ran : null);
      const error = await up().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(AgentError).with.property('code', 'HOST_NETWORK');
      expect((error as Error).message).to.match(says);
    });
});
