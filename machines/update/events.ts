import type { Stamp } from '../names/effects.ts';
import type { UpdateRequest } from './model.ts';

export type UpdateEvent =
  | ({ type: 'update.stage'; request: UpdateRequest } & Stamp)
  | ({ type: 'update.perform'; request: UpdateRequest } & Stamp);

export interface UpdateInput {
  enabled: boolean;
}
