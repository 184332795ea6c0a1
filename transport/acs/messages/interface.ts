import type { Members } from '../../wire/members.ts';
import { InvalidMessage, required } from './addressed.ts';

/**
 * Checks an elastic network interface (ECS sends it for tasks and for instances) and answers its MAC
 * address. Throws {@link InvalidMessage}: without an address or a gateway it could not be used.
 */
export function readInterface(found: Members): string {
  required(found, 'ec2Id');
  const macAddress = required(found, 'macAddress');
  requireAddresses(found);
  requireProtocol(found);
  return macAddress;
}

/** One that has IPv6 addresses only needs no gateway of the other kind. */
function requireAddresses(found: Members): void {
  const isIpv6Only = found.count('ipv4Addresses') === 0 && found.count('ipv6Addresses') > 0;
  const version = isIpv6Only ? '6' : '4';
  if (found.entries(`ipv${version}Addresses`).length === 0)
    throw new InvalidMessage('an interface has no address');
  const gateway = found.text(`subnetGatewayIpv${version}Address`);
  if (!gateway || !/^[^/]+\/\d{1,3}$/.test(gateway))
    throw new InvalidMessage('an interface has no gateway with the length of its prefix');
}

function requireProtocol(found: Members): void {
  const protocol = found.text('interfaceAssociationProtocol') || 'default';
  if (protocol === 'default') return;
  const vlan = found.object('interfaceVlanProperties');
  if (protocol !== 'vlan') throw new InvalidMessage('its way of association is not known');
  if (!vlan) throw new InvalidMessage('an interface has no interfaceVlanProperties');
  required(vlan, 'vlanId');
  required(vlan, 'trunkInterfaceMacAddress');
}
