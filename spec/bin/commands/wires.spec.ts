import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { request } from 'undici';
import { wiresOf } from '../../../bin/commands/wires.ts';
import type { Wire } from '../../../transport/wire/http.ts';
import { certificateFor } from '../../support/proxy.ts';

describe('an agent that is told not to verify (-k)', () => {
  const server = createServer(certificateFor('localhost'), (_, response) => response.end('here'));
  let url: URL;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = new URL(`https://localhost:${(server.address() as AddressInfo).port}`);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const isTaken = async (wire: Wire): Promise<boolean> => {
    try {
      const { body } = await request(url, { dispatcher: await wire.dispatcherFor(url) });
      return (await body.text()) === 'here';
    } catch {
      return false;
    }
  };

  it('believes whoever answers for ECS and ACS, nobody else, and warns once', async () => {
    const warnings: string[] = [];
    const log = { warn: (message: string) => warnings.push(message) };
    const { calls, verified } = wiresOf({ insecure: true, log });
    expect(await isTaken(calls)).to.equal(true);
    expect(await isTaken(verified)).to.equal(false);
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.match(/not verified \(-k\)/);
  });

  it('is not the rule', async () => {
    const warnings: string[] = [];
    const { calls } = wiresOf({ log: { warn: (message) => warnings.push(message) } });
    expect(await isTaken(calls)).to.equal(false);
    expect(warnings).to.deep.equal([]);
  });
});
