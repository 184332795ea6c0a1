import type { Acknowledgement } from '../session/model.ts';
import type { StagedUpdate, UpdateContext, UpdateRequest } from './model.ts';

/** How long the last answer to ECS may take to leave before the agent ends without it. */
export const flushWithinMs = 3_000;

const disabled = 'Updates are disabled';

/** Why a new version is not even looked at; '' where it is. */
export function stageRefusal({ enabled }: UpdateContext, { update }: UpdateRequest): string {
  if (!enabled) return disabled;
  if (!update) return 'Invalid update: no update info given';
  if (update.location.trim() === '') return 'Invalid update: no location given';
  return update.signature.trim() === '' ? 'Invalid update: no signature given' : '';
}

/** Why a new version cannot be started that is not here. */
export const performRefusal = ({ enabled }: UpdateContext): string =>
  enabled ? 'Cannot perform update; update not downloaded' : disabled;

/** Why a new version that was ordered before is not fetched any more, or not kept. */
export const superseded = ({ messageId }: UpdateRequest): string =>
  `New update arrived: ${messageId}`;

export const downloadRefusal = (because: string): string => `Unable to download: ${because}`;

/** Whether an order is for the version that is here already, or on its way. */
export const isStaged = ({ staged }: UpdateContext, { update }: UpdateRequest): boolean =>
  staged !== null && staged.signature.trim() === update?.signature.trim();

export const stagedBy = ({ update, ...order }: UpdateRequest): StagedUpdate => ({
  ...order,
  location: update?.location ?? '',
  signature: update?.signature ?? '',
});

/** What is staged where nothing is: it is not read there. */
export const noUpdate: StagedUpdate = {
  messageId: '',
  clusterArn: '',
  containerInstanceArn: '',
  location: '',
  signature: '',
};

type Order = Pick<UpdateRequest, 'messageId' | 'clusterArn' | 'containerInstanceArn'>;

export const accepted = ({
  messageId,
  clusterArn,
  containerInstanceArn,
}: Order): Acknowledgement => ({
  kind: 'received',
  messageId,
  clusterArn,
  containerInstanceArn,
});

export const refused = (
  { messageId, clusterArn, containerInstanceArn }: Order,
  reason: string,
): Acknowledgement => ({ kind: 'nack', messageId, clusterArn, containerInstanceArn, reason });
