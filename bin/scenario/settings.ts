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
