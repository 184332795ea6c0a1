import { randomUUID } from 'node:crypto';
import type { Random } from './port.ts';

/** The system's chance. */
export const realRandom: Random = {
  roll: () => Math.random(),
  uuid: () => randomUUID(),
};
