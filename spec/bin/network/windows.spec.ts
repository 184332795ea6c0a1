import { expect } from 'chai';
import { windowsDown, windowsUp } from '../../../bin/network/windows.ts';
import type { Step } from '../../../machines/fault/model.ts';

/** The command lines; in brackets those that may fail. */
const lines = (steps: Step[]): string[] =>
  steps.map(({ argv, matters }) => (matters ? argv.join(' ') : `(${argv.join(' ')})`));

const down = [
  '(netsh interface portproxy delete v4tov4 listenaddress=169.254.170.2 listenport=80)',
  '(netsh advfirewall firewall delete rule name=ECS agent task metadata)',
  '(netsh interface ipv4 delete address vEthernet (nat) 169.254.170.2)',
];

describe('the network set-up of a Windows host', () => {
  it('is an address, a way in, and a proxy that leads to the agent', () => {
    expect(lines(windowsUp({ taskPort: 51_679 }))).to.deep.equal([
      ...down,
      'netsh interface ipv4 add address vEthernet (nat) 169.254.170.2 255.255.255.255',
      'netsh advfirewall firewall add rule name=ECS agent task metadata dir=in action=allow protocol=TCP localport=80,51679',
      'netsh interface portproxy add v4tov4 listenaddress=169.254.170.2 listenport=80 connectaddress=127.0.0.1 connectport=51679',
    ]);
  });

  it('goes as far as it is there', () => {
    expect(lines(windowsDown())).to.deep.equal(down);
  });
});
