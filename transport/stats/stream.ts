import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { Signal } from '../../machines/names/ending.ts';
import { dockerErrorOf, unreadable } from '../docker/calls.ts';
import type { Connection } from '../docker/client.ts';
import { type ContainerRef, DockerError, dockerNameOf } from '../docker/port.ts';
import { read } from '../docker/store.ts';
import type { StatsPort } from './port.ts';

/** The statistics of the Engine's containers. */
export const stats = (engine: Connection): StatsPort => ({
  followStats: (ref, sample, signal) => follow(engine, { ref, sample }, signal),
  stats: (ref, signal) =>
    engine.call(engine.limits.stats, signal, async (docker) => {
      const stream = await open(docker, { ref, stream: 0 });
      let text = '';
      await linesTo(stream, (line) => {
        text = line;
      });
      if (text === '') throw unreadable('statistics');
      return text;
    }),
});

/** The answer as it comes: read by the library it would lose the digits of large counters. */
function open(
  docker: Docker,
  { ref, stream }: { ref: ContainerRef; stream: 0 | 1 },
): Promise<NodeJS.ReadableStream> {
  const path = `/containers/${encodeURIComponent(dockerNameOf(ref))}/stats?`;
  return read(docker, path, { options: { stream }, isStream: true });
}

async function follow(
  engine: Connection,
  { ref, sample }: { ref: ContainerRef; sample: (text: string) => void },
  signal: Signal,
): Promise<never> {
  try {
    const stream = await engine.call(engine.limits.followStats, signal, (docker) =>
      open(docker, { ref, stream: 1 }),
    );
    await linesTo(stream, sample, signal);
    throw new Error('the stream of statistics ended');
  } catch (error) {
    if (signal.aborted) throw new DockerError('DOCKER_ABORTED', 'The statistics were given up');
    throw dockerErrorOf(error, engine.dockerHost);
  }
}

/**
 * Hands on the lines of a stream until it ends. By its events, as a sample of each container comes
 * each second: an iterator would cost several times as much.
 */
function linesTo(
  stream: NodeJS.ReadableStream,
  line: (text: string) => void,
  signal?: Signal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = '';
    const close = () => {
      signal?.removeEventListener('abort', close);
      if (stream instanceof Readable) stream.destroy();
      resolve();
    };
    signal?.addEventListener('abort', close, { once: true });
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest === '' ? chunk : rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) if (text !== '') line(text);
    });
    stream.on('error', (error) => {
      signal?.removeEventListener('abort', close);
      reject(error);
    });
    stream.on('end', close);
    stream.on('close', close);
  });
}
