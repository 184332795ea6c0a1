import type { PortRange } from './ports.ts';

/** The dynamic range of Windows since Windows Vista and Server 2008. */
export const windowsPortRange: PortRange = { first: 49_152, last: 65_535 };
