import { type Wire, wire } from '../../transport/wire/http.ts';
import type { Environment } from '../variables/variables.ts';

/** What the agent's wires hang on. */
export interface WireSettings {
  environment?: Environment;
  insecure?: boolean;
  log: { warn(message: string): void };
}

/**
 * The wire for ECS and ACS, and the one for all else. Only those two may go unverified: an image's
 * registry, or whoever has a new version of the agent, may not.
 */
export function wiresOf({ environment = {}, insecure = false, log }: WireSettings): {
  calls: Wire;
  verified: Wire;
} {
  const verified = wire({ environment, verify: true });
  if (!insecure) return { calls: verified, verified };
  log.warn('The certificates of ECS and ACS are not verified (-k): anybody may answer for them');
  return { calls: wire({ environment, verify: false }), verified };
}
