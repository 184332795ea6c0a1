import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Signal } from '../../machines/names/ending.ts';
import type { Clock } from '../host/port.ts';
import { bounded, dockerErrorOf, dockerLimits, overdue } from './calls.ts';
import type { Connection } from './client.ts';
import type { JsonObject } from './overlay.ts';
import { DockerError, type DockerPort, type EngineEvent, type PullOptions } from './port.ts';
import { labels } from './translate.ts';

/** The Engine's words for what an {@link EngineEvent} tells of. */
const actions = new Map<string, EngineEvent['action']>([
  ['start', 'start'],
  ['die', 'die'],
  ['destroy', 'destroy'],
  ['health_status: healthy', 'health'],
  ['health_status: unhealthy', 'health'],
]);

/** Asks the Engine for the events of this cluster's containers that {@link EngineEvent} names. */
export const eventFilters = (cluster: string) => ({
  type: ['container' as const],
  event: [...actions.keys()],
  label: [`${labels.cluster}=${cluster}`],
});

/** What a watch begins with, and what it tells; see {@link DockerPort}. */
type Watch = Parameters<DockerPort['watch']>[0] & { cluster: string };

/** Tells of the events of a cluster's containers until the stream ends, which it rejects with. */
export async function follow(
  engine: Connection,
  { cluster, since, opened, event }: Watch,
  signal: Signal,
): Promise<never> {
  // Another Engine may answer after a break: agree on a version anew.
  await engine.agree(signal);
  const filters = eventFilters(cluster);
  // In seconds, as the Engine's own events have it.
  const from = since === null ? {} : { since: since / 1_000 };
  let close = () => {};
  const end = () => close();
  signal.addEventListener('abort', end);
  try {
    const stream = await engine.call(engine.limits.watch, signal, (docker) =>
      docker.getEvents({ filters, ...from }),
    );
    close = () => closeStream(stream);
    signal.throwIfAborted();
    opened();
    for await (const line of linesOf(stream)) {
      const happened = engineEventOf(line);
      if (happened) event(happened);
    }
    throw new Error('the event stream ended');
  } catch (error) {
    if (signal.aborted) throw new DockerError('DOCKER_ABORTED', 'The watch was given up');
    throw dockerErrorOf(error, engine.dockerHost);
  } finally {
    signal.removeEventListener('abort', end);
    close();
  }
}

/**
 * Ends a stream that has begun. Its request is not aborted: where the answer has just come to its
 * end, Node's would throw that at nobody, and end the process.
 */
function closeStream(stream: NodeJS.ReadableStream): void {
  if (stream instanceof Readable) stream.destroy();
}

/** What the Engine's streams bring: texts, or bytes that may be split within a letter. */
type Chunks = AsyncIterable<string | Buffer>;

/**
 * The lines of one of the Engine's streams, which arrive split anywhere. Ends when the stream ends
 * and throws when it breaks. A last line without its line feed is not told: it was cut.
 */
export async function* linesOf(stream: Chunks): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    const text = typeof chunk === 'string' ? chunk : decoder.write(chunk);
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
}

/** Reads one line of the event stream; null if it is no event of a container of a task. */
export function engineEventOf(line: string): EngineEvent | null {
  const message = parse(line);
  const actor = (message.Actor ?? {}) as { ID?: unknown; Attributes?: Record<string, unknown> };
  const attributes = actor.Attributes ?? {};
  const action = actions.get(String(message.Action));
  const taskArn = attributes[labels.taskArn];
  const name = attributes[labels.containerName];
  if (!action || typeof actor.ID !== 'string') return null;
  if (typeof taskArn !== 'string' || typeof name !== 'string') return null;
  const exitCode = action === 'die' ? exitCodeOf(attributes.exitCode) : null;
  return { action, runtimeId: actor.ID, taskArn, name, exitCode, at: timeOf(message) };
}

function parse(line: string): JsonObject {
  try {
    return (JSON.parse(line) ?? {}) as JsonObject;
  } catch {
    return {};
  }
}

const exitCodeOf = (text: unknown): number | null =>
  typeof text === 'string' && /^-?\d+$/.test(text) ? Number(text) : null;

function timeOf({ time, timeNano }: JsonObject): number {
  if (typeof timeNano === 'number') return Math.floor(timeNano / 1e6);
  return typeof time === 'number' ? time * 1_000 : 0;
}

/** The reason a line of a pull's progress gives for its failure; null if it tells of none. */
export function pullFailureOf(line: string): string | null {
  const { error } = parse(line);
  return typeof error === 'string' ? error : null;
}

/** A layer's first word, and its last. The Engine tells of the image itself in other words. */
const layerIsKnown = new Set(['Pulling fs layer', 'Already exists']);
const layerIsDone = new Set(['Pull complete', 'Already exists']);

/** Reads the lines of a pull's progress, and tells of its layers. Throws its failure. */
export async function readPull(
  lines: AsyncIterable<string>,
  progress: PullOptions['progress'],
): Promise<void> {
  const layers = new Map<string, boolean>();
  for await (const line of lines) {
    const failure = pullFailureOf(line);
    if (failure !== null) throw new DockerError('DOCKER_REFUSED', failure);
    const { id, status } = parse(line);
    if (typeof id !== 'string' || typeof status !== 'string') continue;
    const done = layerIsDone.has(status);
    if (layers.get(id) === done || !(done || layerIsKnown.has(status))) continue;
    layers.set(id, done);
    progress?.({ done: [...layers.values()].filter(Boolean).length, all: layers.size });
  }
}

/** What keeps the reading of a pull from waiting for ever. */
interface Patience {
  clock: Clock;
  inactivityMs: number;
}

/**
 * The bytes of a pull's progress. Throws if the Engine does not begin in time, or then says nothing
 * for too long: it waits for a registry without end.
 */
export async function* patiently(
  open: () => Promise<NodeJS.ReadableStream>,
  { clock, inactivityMs }: Patience,
): AsyncGenerator<string | Buffer> {
  const { pullBegin } = dockerLimits;
  const late = () => overdue(pullBegin, 'DOCKER_STALLED');
  const begin = { limit: pullBegin, clock, late };
  const idle = { limit: { ...dockerLimits.pull, ms: inactivityMs }, clock, late: inactive };
  let close = () => {};
  try {
    const { chunks, first } = await bounded(begin, async () => {
      const stream = await open();
      close = () => closeStream(stream);
      const chunks = stream[Symbol.asyncIterator]();
      return { chunks, first: await chunks.next() };
    });
    for (let read = first; !read.done; ) {
      yield read.value;
      read = await bounded(idle, () => chunks.next());
    }
  } finally {
    close();
  }
}

const inactive = (): DockerError =>
  new DockerError('DOCKER_REFUSED', 'inactivity time exceeded timeout while pulling image');
