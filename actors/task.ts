import { taskMachine } from '../machines/task/machine.ts';
import type { bindContainer } from './container.ts';

/** The task machine with its containers' actor bound. */
export const bindTask = (container: ReturnType<typeof bindContainer>) =>
  taskMachine.provide({ actors: { container } });
