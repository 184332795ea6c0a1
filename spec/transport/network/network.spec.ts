import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { hostNetwork } from '../../../transport/network/network.ts';

const never = new AbortController().signal;
const node = (program: string) => [process.execPath, '-e', program];

describe('the network of this host', () => {
  const { run } = hostNetwork();

  it('is asked by commands, with their code and both their outputs', async () => {
    expect(await run(node('console.log("out"); console.error("well")'), never)).to.deep.equal({
      ...{ code: 0, output: 'out\n', said: 'well' },
    });
    const failing = node('console.log("out"); console.error("no"); process.exit(4)');
    expect(await run(failing, never)).to.deep.equal({ code: 4, output: 'out\n', said: 'no' });
  });

  it('is not asked by a command that is not there', async () => {
    const { code, said } = await run(['/no/such/tool', '-x'], never);
    expect(code).to.equal(null);
    expect(said).to.include('ENOENT');
  });

  it('is asked without a shell', async () => {
    const words = [...node('console.log(process.argv.slice(1).join())'), '$HOME;', '*'];
    expect((await run(words, never)).output).to.equal('$HOME;,*\n');
  });

  it('is asked no longer than wanted', async () => {
    const ending = new AbortController();
    const asked = run(node('setInterval(() => {}, 1000)'), ending.signal);
    ending.abort(new Error('late'));
    const error = await asked.catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Error).with.property('message', 'late');
  });

  it('has the links that the kernel tells', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'proc-'));
    try {
      expect(await hostNetwork(proc).links()).to.equal(null);
      mkdirSync(join(proc, 'net'));
      const route = 'eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n';
      writeFileSync(join(proc, 'net/route'), `Iface Destination\n${route}`);
      expect(await hostNetwork(proc).links()).to.deep.equal({
        ...{ names: ['eth0'], ipv6Only: false },
      });
    } finally {
      rmSync(proc, { recursive: true });
    }
  });
});
