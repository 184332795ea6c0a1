import type { UpdateRequest } from '../../../machines/session/model.ts';
import type { Members } from '../../wire/members.ts';
import { readAddressed } from './addressed.ts';

/**
 * Reads a `StageUpdateMessage` or a `PerformUpdateMessage`. What is missing of the update itself is
 * not invalid: whoever updates refuses it by name.
 */
export function readUpdate(body: Members): UpdateRequest {
  const info = body.object('updateInfo');
  const update = info && {
    location: info.text('location') ?? '',
    signature: info.text('signature') ?? '',
  };
  return { ...readAddressed(body), update };
}
