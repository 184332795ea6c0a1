/** How long one kind of call may take, and the words for what it did not do in time. */
export interface CallLimit {
  ms: number;
  transition: string;
}

const second = 1_000;
const minute = 60 * second;

/**
 * The deadlines of all calls to the Engine: those of the Amazon ECS agent, so that a task fails
 * after the same wait and with the same words. A stop may take its grace on top.
 */
export const dockerLimits = {
  version: { ms: 10 * second, transition: 'version' },
  pull: { ms: 120 * minute, transition: 'pulled' }, // ECS_IMAGE_PULL_TIMEOUT
  imageInspect: { ms: 30 * second, transition: 'inspecting image' },
  create: { ms: 4 * minute, transition: 'created' }, // ECS_CONTAINER_CREATE_TIMEOUT
  start: { ms: 3 * minute, transition: 'started' }, // ECS_CONTAINER_START_TIMEOUT
  stop: { ms: 2 * minute, transition: 'stopped' },
  inspect: { ms: 30 * second, transition: 'inspecting' },
  remove: { ms: 5 * minute, transition: 'removing' },
  list: { ms: 10 * minute, transition: 'listing' },
  events: { ms: 30 * second, transition: 'listening to events' },
} as const satisfies Record<string, CallLimit>;

/** A duration as ECS shows it in a container's reason: `30s`, `4m0s`, `2h0m0s`. */
export function durationText(ms: number): string {
  const seconds = ms / second;
  const minutes = Math.floor(seconds / 60);
  const rest = `${Number((seconds % 60).toFixed(3))}s`;
  if (minutes === 0) return rest;
  const hours = Math.floor(minutes / 60);
  return hours === 0 ? `${minutes}m${rest}` : `${hours}h${minutes % 60}m${rest}`;
}
