import type { InboundMessage, Payload } from '../../../machines/session/model.ts';
import type { TaskPlan } from '../../../machines/task/model.ts';
import { type DecodedFrame, decodeFrame } from '../../../transport/acs/codec.ts';

/** What chance gives every task and container that specs read. */
export const random = { roll: () => 0.25, uuid: () => 'f3d7b2c4-1e0a-4c3b-8f44-9a2e5d6c7b80' };

/** What a payload names of itself and of its addressee. */
export const head = {
  messageId: 'm-1',
  clusterArn: 'arn:cluster',
  containerInstanceArn: 'arn:instance',
};

/** A container as ACS carries it, but for what is given. */
export const container = (more: object = {}) => ({
  name: 'main',
  image: 'busybox:local',
  ...more,
});

/** A task as ACS carries it, wanted running, but for what is given. */
export const task = (more: object = {}) => ({
  arn: 'arn:aws:ecs:us-west-2:123456789012:task/specs/1',
  family: 'web',
  version: '7',
  desiredStatus: 'RUNNING',
  containers: [container()],
  ...more,
});

/** A frame, as a text or as what the text holds, read. */
export const decoded = (frame: unknown): DecodedFrame =>
  decodeFrame(typeof frame === 'string' ? frame : JSON.stringify(frame), random);
export const decode = (frame: unknown): InboundMessage => decoded(frame).message;

/** The payload of these tasks. */
export function payloadOf(...tasks: unknown[]): Payload {
  const message = decode({ type: 'PayloadMessage', message: { ...head, tasks } });
  if (message.kind !== 'payload') throw new Error(`a ${message.kind}, not a payload`);
  return message.payload;
}

/** The plan of a task that is understood. */
export function planOf(more: object): TaskPlan {
  const { tasks, refused } = payloadOf(task(more));
  if (!tasks[0]) throw new Error(`the task was refused: ${refused[0]?.reason}`);
  return tasks[0].plan;
}

/** Why a task is not understood. */
export const reasonOf = (more: object): string => payloadOf(task(more)).refused[0]?.reason ?? '';
