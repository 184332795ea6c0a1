import { contactInstance } from '../../actors/instance.ts';
import { AgentError } from '../../machines/names/errors.ts';
import { mayBeEc2 } from '../../transport/host/host.ts';
import type { Clock } from '../../transport/host/port.ts';
import { realRandom } from '../../transport/host/random.ts';
import { noMetadata } from '../../transport/instance/none.ts';
import type { InstanceMetadataPort } from '../../transport/instance/port.ts';
import { metadataService } from '../../transport/instance/service.ts';
import type { Config } from '../config/config.ts';
import type { AgentLog } from '../service/log.ts';

/** What the way to the instance's metadata follows from, as far as it is known without it. */
export type InstanceConfig = Pick<
  Config,
  | 'region'
  | 'external'
  | 'metadataDisabled'
  | 'metadataEndpoint'
  | 'identityDocumentDisabled'
  | 'warmPools'
  | 'spotDraining'
>;

/**
 * The metadata of the EC2 instance that this process runs on; of none where it is not to be asked, or
 * where nobody answers and the agent can do without. Rejects where it cannot: the region is known
 * from nowhere else, or the instance may be in a warm pool.
 */
export async function reachInstance(
  config: InstanceConfig,
  { clock, log }: { clock: Clock; log: AgentLog },
): Promise<InstanceMetadataPort> {
  if (config.external || config.metadataDisabled) {
    tellUnwatched(config, log);
    return noMetadata;
  }
  const metadata = metadataService({
    endpoint: config.metadataEndpoint,
    identityDisabled: config.identityDocumentDisabled,
    ...{ clock, random: realRandom },
  });
  const needed = config.region === '' || config.warmPools;
  const expected = needed || config.spotDraining || mayBeEc2();
  const trouble = await contactInstance({ clock, random: realRandom, log, metadata }, { expected });
  if (trouble === null) return metadata;
  const { code, message } = trouble;
  if (needed) throw new AgentError(code, `${message}. ${remedyFor(config)}`);
  if (expected) log.warn(`${message}. It is gone on without.`);
  else log.info('No EC2 instance metadata service answers: this is taken for no EC2 instance');
  tellUnwatched(config, log);
  return noMetadata;
}

const remedyFor = ({ region }: InstanceConfig): string =>
  region === ''
    ? 'Let the agent reach it, or set AWS_DEFAULT_REGION: the region is known from nowhere else.'
    : 'Let the agent reach it, or set ECS_WARM_POOLS_CHECK=false if this instance is in no warm pool.';

/** What was asked for and cannot be is told, as its absence would be noticed too late. */
function tellUnwatched({ warmPools, spotDraining }: InstanceConfig, log: AgentLog): void {
  const without = 'is passed over, as the EC2 instance metadata is not asked';
  if (warmPools) log.warn(`ECS_WARM_POOLS_CHECK ${without}`);
  if (spotDraining) log.warn(`ECS_ENABLE_SPOT_INSTANCE_DRAINING ${without}`);
}
