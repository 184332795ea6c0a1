import { type AnyActorRef, fromCallback } from 'xstate';
import { watchMachine } from '../machines/container/watch.ts';
import { containerActorId } from '../machines/names/arn.ts';
import type { DockerPort } from '../transport/docker/port.ts';
import { effect, type Pulse, type System, stamp, timer } from './effect.ts';
import type { Plans } from './plans.ts';
import type { Log } from './recorder.ts';

/** What the watch over the Engine needs. */
export interface WatchPorts extends Pulse {
  docker: DockerPort;
  plans: Plans;
  log: Log;
}

/** The watch machine bound to the Engine's events. Each event goes to its container as a hint. */
export const bindWatch = (ports: WatchPorts) =>
  watchMachine.provide({
    actors: {
      stream: stream(ports),
      reconcile: effect(ports, async (_: undefined, { signal, system }) => {
        await reconcile(ports, system, signal);
        return {};
      }),
      timer: timer(ports),
    },
  });

const stream = (ports: WatchPorts) =>
  fromCallback<{ type: 'none' }, undefined>(({ sendBack, system }) => {
    const end = new AbortController();
    ports.docker
      .watch(
        {
          opened: () => sendBack({ type: 'stream.opened', ...stamp(ports) }),
          event: ({ action, taskArn, name, exitCode }) => {
            if (action !== 'start') hint(ports, system, { taskArn, name, exitCode });
          },
        },
        end.signal,
      )
      .catch((error: Error) => {
        if (end.signal.aborted) return;
        ports.log.warn(`The Engine's events ended: ${error.message}`);
        sendBack({ type: 'stream.ended', ...stamp(ports) });
      });
    return () => end.abort();
  });

/** Hints to every container that should run and that the Engine does not list as running. */
async function reconcile(ports: WatchPorts, system: System, signal: AbortSignal) {
  const running = new Set<string>();
  for (const { taskArn, name, running: runs } of await ports.docker.list(signal))
    if (runs) running.add(containerActorId(taskArn, name));
  for (const task of ports.plans.all())
    for (const { name } of task.containers)
      if (!running.has(containerActorId(task.arn, name)))
        hint(ports, system, { taskArn: task.arn, name, exitCode: null });
}

function hint(
  { clock }: WatchPorts,
  system: System,
  { taskArn, name, exitCode }: { taskArn: string; name: string; exitCode: number | null },
): void {
  const container: AnyActorRef | undefined = system.get(containerActorId(taskArn, name));
  container?.send({ type: 'engine.hint', exitCode, at: clock.now() });
}
