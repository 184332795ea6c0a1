import type { Log } from '../../actors/recorder.ts';
import { detailedOsFamilyOf } from '../../machines/capability/capabilities.ts';
import { ecsClient } from '../../transport/ecs/client.ts';
import type { Clock, HostPort } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import {
  type Credentials,
  credentialsFrom,
  rotatingFile,
} from '../../transport/wire/credentials.ts';
import type { Wire } from '../../transport/wire/http.ts';
import type { Config } from '../config/config.ts';
import { userAgentOf } from '../version.ts';
import { type WireSettings, wiresOf } from './wires.ts';

/** What the agent's own calls to AWS go by. */
export interface CallSettings extends Omit<WireSettings, 'log'> {
  config: Config;
  clock: Clock;
  log: Log;
}

/** The way of the agent's own calls to AWS: who makes them, through what, and the ECS API. */
export function callsOf(settings: CallSettings, host: Pick<HostPort, 'facts'>) {
  const { config, clock } = settings;
  const { calls, verified } = wiresOf(settings);
  const { platform, windows, ipv6Only } = host.facts();
  const { detailedOsFamily, region } = config;
  const userAgent = userAgentOf(
    platform,
    detailedOsFamilyOf({ platform, windows, detailedOsFamily }),
  );
  const credentials = ownCredentials(settings, { platform, verified });
  const common = { region, credentials, clock, random: realRandom };
  const ecs = ecsClient({
    ...{ endpoint: config.backendHost, ipv6Only, userAgent },
    ...{ ...common, wire: calls },
  });
  return { ecs, calls, verified, common, userAgent, ipv6Only };
}

/** The keys of the agent itself. */
export function ownCredentials(
  { config, clock, log }: CallSettings,
  { platform, verified }: { platform: 'linux' | 'windows'; verified: Wire },
): Credentials {
  return credentialsFrom({
    configured: config.keys,
    external: config.external,
    metadataDisabled: config.metadataDisabled,
    rotating: { path: rotatingFile(platform), profile: config.alternateProfile },
    region: config.region,
    requestHandler: verified.sdkHandler(),
    clock,
    found: (keys) => log.info('Other credentials are used for the agent’s own calls', keys),
  });
}
