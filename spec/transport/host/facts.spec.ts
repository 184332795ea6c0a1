import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { realHost } from '../../../transport/host/host.ts';
import { linuxIpv6Only } from '../../../transport/host/linux.ts';
import { windowsCpus, windowsEdition } from '../../../transport/host/windows.ts';

describe('a Linux host', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'routes-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const heading = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU';
  const ipv4 = {
    default: 'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    rejected: 'lo\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0',
    down: 'eth0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0',
    half: 'tun0\t00000000\t0100080A\t0003\t0\t0\t0\t00000080\t0\t0\t0',
    local: 'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
  };
  const nowhere = '0'.repeat(32);
  const ipv6 = {
    default: `${nowhere} 00 ${nowhere} 00 fd${'0'.repeat(29)}1 00000400 00000002 00000000 00000003     eth0`,
    rejected: `${nowhere} 00 ${nowhere} 00 ${nowhere} ffffffff 00000001 00000000 00200200       lo`,
    local: `fe8${'0'.repeat(29)} 40 ${nowhere} 00 ${nowhere} 00000100 00000002 00000000 00000001     eth0`,
    loopback: `${nowhere.slice(1)}1 80 ${nowhere} 00 ${nowhere} 00000000 00000004 00000000 80200001       lo`,
  };
  const routes = (rows: { ipv4?: string[]; ipv6?: string[] }) => {
    const files = { ipv4: join(folder, 'route'), ipv6: join(folder, 'ipv6_route') };
    if (rows.ipv4) writeFileSync(files.ipv4, `${[heading, ...rows.ipv4].join('\n')}\n`);
    if (rows.ipv6) writeFileSync(files.ipv6, `${rows.ipv6.join('\n')}\n`);
    return files;
  };

  const hosts: [what: string, rows: { ipv4?: string[]; ipv6?: string[] }, ipv6Only: boolean][] = [
    ['IPv4 alone', { ipv4: [ipv4.default], ipv6: [ipv6.local, ipv6.rejected] }, false],
    ['both', { ipv4: [ipv4.default], ipv6: [ipv6.default] }, false],
    ['IPv6 alone', { ipv4: [ipv4.local], ipv6: [ipv6.local, ipv6.default] }, true],
    ['IPv6, and a route of IPv4 to nowhere', { ipv4: [ipv4.rejected], ipv6: [ipv6.default] }, true],
    ['IPv6, and IPv4 that is down', { ipv4: [ipv4.down], ipv6: [ipv6.default] }, true],
    ['IPv6, and IPv4 to half the world', { ipv4: [ipv4.half], ipv6: [ipv6.default] }, true],
    ['neither', { ipv4: [], ipv6: [ipv6.loopback, ipv6.rejected] }, false],
    ['IPv6 turned off', { ipv4: [ipv4.local] }, false],
    ['IPv6, and no word of IPv4', { ipv6: [ipv6.default] }, false],
  ];
  for (const [what, rows, ipv6Only] of hosts)
    it(`with default routes for ${what} has IPv6 only: ${ipv6Only}`, () => {
      expect(linuxIpv6Only(routes(rows))).to.equal(ipv6Only);
    });

  it('has what its operator says that it has', () => {
    expect(realHost({ ipCompatibility: 'ipv6' }).facts().ipv6Only).to.equal(true);
    expect(realHost({ ipCompatibility: 'ipv4' }).facts().ipv6Only).to.equal(false);
  });
});

describe('a Windows host', () => {
  const printed = (value: string) =>
    `\r\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\r\n    InstallationType    REG_SZ    ${value}\r\n\r\n`;
  const none = () => {
    throw new Error('the system was unable to find the specified registry key or value');
  };

  for (const installation of ['Server', 'Server Core', 'Client'])
    it(`is told by its build and its registry: ${installation}`, () => {
      const asked: string[] = [];
      const registry = (key: string, value = '') => {
        asked.push(`${key} ${value}`);
        return printed(installation);
      };
      expect(windowsEdition('10.0.20348', registry)).to.deep.equal({ build: 20_348, installation });
      expect(asked).to.deep.equal([
        'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion InstallationType',
      ]);
    });

  it('cannot be told where its registry or its version says nothing', () => {
    expect(windowsEdition('10.0.20348', none)).to.equal(null);
    expect(windowsEdition('10.0.20348', () => '')).to.equal(null);
    expect(windowsEdition('6.1.18-odd', () => printed('Server'))).to.equal(null);
  });

  it('has the processors of all their groups', () => {
    const key = 'HKEY_LOCAL_MACHINE\\HARDWARE\\DESCRIPTION\\System\\CentralProcessor';
    const keys = Array.from({ length: 96 }, (_, at) => `${key}\\${at}\r\n`).join('');
    expect(windowsCpus(64, () => `\r\n${keys}`)).to.equal(96);
    expect(windowsCpus(8, () => '')).to.equal(8);
    expect(windowsCpus(8, none)).to.equal(8);
  });
});
