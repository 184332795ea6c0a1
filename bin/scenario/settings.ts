import { type Config, readConfig } from '../config/config.ts';
import type { Environment } from '../variables/variables.ts';
import type { Scenario } from './model.ts';

/**
 * How the agent of a scenario is set where the scenario does not say: images that the Engine has are
 * not pulled, and nothing is measured.
 */
const usual = {
  ECS_CLUSTER: 'specs',
  AWS_DEFAULT_REGION: 'us-west-2',
  ECS_IMAGE_PULL_BEHAVIOR: 'prefer-cached',
  ECS_DISABLE_METRICS: 'true',
};

/** The environment of the agent of a scenario. */
export const environmentOf = ({ agent }: Pick<Scenario, 'agent'>): Environment => ({
  ...usual,
  ...agent,
});

/** How its agent is set on a real Engine, with a cluster and a data directory of its own. */
export function configOf(
  scenario: Scenario,
  { cluster, folder, environment }: { cluster: string; folder: string; environment: Environment },
): Config {
  const { DOCKER_HOST } = environment;
  const { config } = readConfig(
    {
      ...(DOCKER_HOST !== undefined && { DOCKER_HOST }),
      ECS_CONTAINER_STOP_TIMEOUT: '2s',
      ...environmentOf(scenario),
    },
    'linux',
  );
  return {
    ...config,
    ...{ cluster, region: 'local', external: true },
    keys: { accessKeyId: 'LOCAL', secretAccessKey: 'local' },
    dataDirectory: folder,
    hostDataDirectory: folder,
    cleanup: { ...config.cleanup, images: false, untracked: false },
  };
}
