import { capacityVariables } from './capacity.ts';
import { imageVariables } from './images.ts';
import { instanceVariables } from './instance.ts';
import { networkVariables } from './network.ts';
import { taskVariables } from './tasks.ts';

export { fileKeys, forTestsOnly, readByOthers } from './file-keys.ts';
export type { Environment, Platform, Variable } from './variable.ts';

/** Every environment variable the agent reads: those of the Amazon ECS agent, and a few of its own. */
export const variables = {
  ...instanceVariables,
  ...capacityVariables,
  ...imageVariables,
  ...taskVariables,
  ...networkVariables,
} as const;
