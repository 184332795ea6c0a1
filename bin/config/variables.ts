import { imageVariables } from './images.ts';
import { instanceVariables } from './instance.ts';
import { taskVariables } from './tasks.ts';

export { knownLogDrivers } from './instance.ts';
export type { Environment, Platform } from './variable.ts';

/** Every environment variable the agent reads: those of the Amazon ECS agent, and a few of its own. */
export const variables = { ...instanceVariables, ...imageVariables, ...taskVariables } as const;
