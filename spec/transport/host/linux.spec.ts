import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { cloudInitSource, isEc2 } from '../../../transport/host/linux.ts';

describe('what Linux tells of its instance', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'linux-spec-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (path: string, text: string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };

  const sources: [string, string | null][] = [
    ['{"v1":{"datasource":"DataSourceNone","errors":[]}}', 'DataSourceNone'],
    ['{"v1":{"datasource":"DataSourceEc2Local"}}', 'DataSourceEc2Local'],
    ['{"v1":{"errors":[]}}', null],
    ['{"v2":{}}', null],
    ['null', null],
    ['{"v1":', null],
  ];
  for (const [text, source] of sources)
    it(`is the data source ${source} where the result of cloud-init is ${text}`, async () => {
      expect(await cloudInitSource(write('result.json', text))).to.equal(source);
    });

  it('is no data source where there is no cloud-init', async () => {
    expect(await cloudInitSource(join(folder, 'result.json'))).to.equal(null);
  });

  const machines: [string, string, boolean][] = [
    ['class/dmi/id/sys_vendor', 'Amazon EC2\n', true],
    ['class/dmi/id/sys_vendor', 'QEMU\n', false],
    ['hypervisor/uuid', 'ec2e1916-9099-7caf-fd21-012345abcdef\n', true],
    ['hypervisor/uuid', '01234567-9099-7caf-fd21-012345abcdef\n', false],
  ];
  for (const [path, text, expected] of machines)
    it(`is an EC2 instance (${expected}) where ${path} says ${text.trim()}`, () => {
      write(path, text);
      expect(isEc2(folder)).to.equal(expected);
    });

  it('is no EC2 instance where nothing says so', () => {
    expect(isEc2(folder)).to.equal(false);
  });
});
