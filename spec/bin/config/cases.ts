import { featureCases } from './feature-cases.ts';
import { imageCases } from './image-cases.ts';
import { instanceCases } from './instance-cases.ts';
import { ownerCases } from './owner-cases.ts';
import type { Case } from './rows.ts';
import { taskCases } from './task-cases.ts';

/** Every variable: not set, good, bad, out of bounds, and on both platforms where that matters. */
export const cases: Case[] = [
  ...instanceCases,
  ...imageCases,
  ...taskCases,
  ...ownerCases,
  ...featureCases,
];
