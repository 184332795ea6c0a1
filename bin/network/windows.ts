import type { Step } from '../../machines/fault/model.ts';
import { taskAddress } from './linux.ts';

/** The adapter of the network that Docker gives to containers by default. */
const adapter = 'vEthernet (nat)';
const ruleName = 'ECS agent task metadata';

const proxy = ['netsh', 'interface', 'portproxy'];
const proxied = [`listenaddress=${taskAddress}`, 'listenport=80'];
const firewall = ['netsh', 'advfirewall', 'firewall'];

/** Makes 169.254.170.2 reach the agent on a Windows host: an address, and a proxy that listens there. */
export const windowsUp = ({ taskPort }: { taskPort: number }): Step[] => [
  // What is there already must not stand in the way.
  ...windowsDown(),
  needed(['netsh', 'interface', 'ipv4', 'add', 'address', adapter, taskAddress, '255.255.255.255']),
  needed([
    ...[...firewall, 'add', 'rule', `name=${ruleName}`, 'dir=in', 'action=allow', 'protocol=TCP'],
    `localport=80,${taskPort}`,
  ]),
  needed([
    ...[...proxy, 'add', 'v4tov4', ...proxied, 'connectaddress=127.0.0.1'],
    `connectport=${taskPort}`,
  ]),
];

/** Takes it away again. */
export const windowsDown = (): Step[] => [
  tried([...proxy, 'delete', 'v4tov4', ...proxied]),
  tried([...firewall, 'delete', 'rule', `name=${ruleName}`]),
  tried(['netsh', 'interface', 'ipv4', 'delete', 'address', adapter, taskAddress]),
];

const needed = (argv: string[]): Step => ({ argv, matters: true });
const tried = (argv: string[]): Step => ({ argv, matters: false });
