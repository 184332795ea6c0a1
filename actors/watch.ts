import { type AnyActorRef, fromCallback } from 'xstate';
import { containerActorId } from '../machines/names/arn.ts';
import { Ending } from '../machines/names/ending.ts';
import type { SessionContext } from '../machines/session/events.ts';
import { watchMachine } from '../machines/watch/machine.ts';
import type { DockerPort, ListedContainer } from '../transport/docker/port.ts';
import { adoptionsOf } from './adoption.ts';
import { effect, identityOf, type Pulse, type System, stamp, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import type { Plans } from './plans.ts';
import type { Log } from './recorder.ts';

/** What the watch over the Engine needs. */
export interface WatchPorts extends Pulse {
  docker: DockerPort;
  plans: Plans;
  journal: Journal;
  log: Log;
}

/** The watch machine bound to the Engine's events. Each event goes to its container as a hint. */
export function bindWatch(ports: WatchPorts) {
  const hasResent = resending();
  return watchMachine.provide({
    actors: {
      stream: stream(ports),
      reconcile: effect(ports, async (_: undefined, { signal, system }) => {
        const running = (await ports.docker.list(signal)).filter(
          ({ state }) => state === 'running',
        );
        reconcile(ports, system, running);
        if (hasResent(system, ports.clock.now())) adopt(ports, system, running);
        return {};
      }),
      timer: timer(ports),
    },
  });
}

/**
 * How far back the first stream begins: Docker writes down for its list that a container has ended only
 * after it has told that, so one that ends just before the agent starts may be listed as running.
 */
const listLagMs = 10_000;

const stream = (ports: WatchPorts) =>
  fromCallback<{ type: 'none' }, { since: number | null }>(({ input, sendBack, system }) => {
    const end = new Ending();
    let heard: number | null = null;
    const begun = ports.clock.now();
    ports.docker
      .watch(
        {
          since: input.since ?? begun - listLagMs,
          opened: () => sendBack({ type: 'stream.opened', ...stamp(ports) }),
          event: ({ action, taskArn, name, exitCode, at }) => {
            heard = at;
            // What began before this agent did is listed, or has ended.
            if (action === 'start' && input.since === null && at < begun) return;
            if (action === 'start') tellStarted(ports, system, { taskArn, name });
            else hint(ports, system, { taskArn, name, exitCode });
          },
        },
        end,
      )
      .catch((error: Error) => {
        if (end.aborted) return;
        sendBack({ type: 'stream.ended', because: error.message, heard, ...stamp(ports) });
      });
    return () => end.abort();
  });

/**
 * Hints to every container that should run and that the Engine does not list as running, to those
 * whose health others may wait for, and to those that run although they have ended for ECS.
 */
function reconcile(ports: WatchPorts, system: System, running: ListedContainer[]): void {
  const alive = new Set(running.map(({ taskArn, name }) => containerActorId(taskArn, name)));
  for (const { taskArn, name } of running) tellStarted(ports, system, { taskArn, name });
  for (const { arn: taskArn, containers } of ports.plans.all())
    for (const { name, healthChecked } of containers)
      if (healthChecked || !alive.has(containerActorId(taskArn, name)))
        hint(ports, system, { taskArn, name, exitCode: null });
}

function adopt(ports: WatchPorts, system: System, running: ListedContainer[]): void {
  const tasks = adoptionsOf(running, ports, identityOf(system).containerInstanceArn);
  if (tasks.length > 0)
    system.get('agent')?.send({ type: 'tasks.found', tasks, at: ports.clock.now() });
}

/** How long ECS has to send again what was not acknowledged, before a container is nobody's. */
const resendMs = 120_000;

/** Tells whether ECS has had the time to send again all that it must, since ACS was first seen connected. */
function resending(): (system: System, at: number) => boolean {
  let connectedSince: number | null = null;
  return (system, at) => {
    const session: AnyActorRef | undefined = system.get('session');
    const context = session?.getSnapshot().context as SessionContext | undefined;
    if (context?.hasConnected) connectedSince ??= at;
    return connectedSince !== null && at - connectedSince >= resendMs;
  };
}

function hint(
  { clock }: WatchPorts,
  system: System,
  { taskArn, name, exitCode }: { taskArn: string; name: string; exitCode: number | null },
): void {
  const container = containerOf(system, taskArn, name);
  // One that has ended or never begun has nothing to look at.
  if (container && isLive(container))
    container.send({ type: 'engine.hint', exitCode, at: clock.now() });
}

/** Only one that has ended for ECS need know that it runs. */
function tellStarted(
  { clock }: WatchPorts,
  system: System,
  { taskArn, name }: { taskArn: string; name: string },
): void {
  const container = containerOf(system, taskArn, name);
  if (container?.getSnapshot().matches('stopped'))
    container.send({ type: 'engine.started', at: clock.now() });
}

const containerOf = (system: System, taskArn: string, name: string): AnyActorRef | undefined =>
  system.get(containerActorId(taskArn, name));

const isLive = (container: AnyActorRef): boolean => {
  const snapshot = container.getSnapshot();
  return !snapshot.matches('stopped') && !snapshot.matches('preparing');
};
