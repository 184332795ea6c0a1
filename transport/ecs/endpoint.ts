import type { ECSClientConfig } from '@aws-sdk/client-ecs';

/** Where the ECS API is. */
export interface EndpointOptions {
  /** An address that is used as it is; null for the region's own endpoint. */
  endpoint: string | null;
  /** Whether this host has IPv6 only, so that of the region's endpoints the dual-stack one is used. */
  ipv6Only?: boolean;
}

/** The settings of an SDK client for it. An address is read here: the SDK would read it for each call. */
export function endpointConfig({
  endpoint,
  ipv6Only = false,
}: EndpointOptions): Pick<ECSClientConfig, 'endpoint' | 'useDualstackEndpoint'> {
  // The SDK refuses to be told both.
  if (endpoint === null) return ipv6Only ? { useDualstackEndpoint: true } : {};
  const { protocol, hostname, port, pathname } = new URL(endpoint);
  return { endpoint: { protocol, hostname, path: pathname, ...(port && { port: Number(port) }) } };
}
