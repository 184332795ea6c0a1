import { expect } from 'chai';
import { linksOf } from '../../../transport/network/routes.ts';

const head =
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n';
const four = (name: string, { to = '00000000', metric = 0, flags = '0003' } = {}) =>
  `${name}\t${to}\t010200C0\t${flags}\t0\t0\t${metric}\t${to === '00000000' ? to : '0000FFFF'}\t0\t0\t0\n`;
const zeros = '0'.repeat(32);
const six = (name: string, { prefix = '00', metric = '00000400', flags = '00000003' } = {}) =>
  `${zeros} ${prefix} ${zeros} 00 fd${'0'.repeat(29)}1 ${metric} 00000002 00000000 ${flags}     ${name}\n`;
/** What every host has, though it leads nowhere. */
const reject = six('lo', { metric: 'ffffffff', flags: '00200200' });

describe('the links of a host', () => {
  it('are those of its default routes', () => {
    const ipv4 = head + four('docker0', { to: '000011AC', flags: '0001' }) + four('eth0');
    expect(linksOf({ ipv4, ipv6: reject })).to.deep.equal({ names: ['eth0'], ipv6Only: false });
  });

  it('are one where both families go the same way, else two', () => {
    const ipv4 = head + four('eth0');
    const both = { names: ['eth0'], ipv6Only: false };
    expect(linksOf({ ipv4, ipv6: six('eth0') + reject })).to.deep.equal(both);
    expect(linksOf({ ipv4, ipv6: six('eth1') })).to.deep.equal({
      ...{ names: ['eth0', 'eth1'], ipv6Only: false },
    });
  });

  it('are those of the least metric', () => {
    const ipv4 = head + four('eth0', { metric: 200 }) + four('eth1', { metric: 100 });
    const ipv6 = six('eth2') + six('eth3', { metric: '00000100' });
    expect(linksOf({ ipv4, ipv6 })?.names).to.deep.equal(['eth1', 'eth3']);
  });

  it('are of IPv6 only where there is no other', () => {
    expect(linksOf({ ipv4: head, ipv6: six('eth0') })).to.deep.equal({
      ...{ names: ['eth0'], ipv6Only: true },
    });
  });

  it('are none without a default route that is up', () => {
    const ipv4 = head + four('eth0', { to: '000011AC' }) + four('eth1', { flags: '0002' });
    expect(linksOf({ ipv4, ipv6: six('eth0', { prefix: '40' }) + reject })).to.equal(null);
    expect(linksOf({ ipv4: '', ipv6: '' })).to.equal(null);
  });
});
