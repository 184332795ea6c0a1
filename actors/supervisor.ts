import type { AnyActorRef } from 'xstate';
import { taskInput } from '../machines/agent/decide.ts';
import type { AgentEvent } from '../machines/agent/events.ts';
import type { PullBehavior } from '../machines/container/model.ts';
import { taskActorId } from '../machines/names/arn.ts';
import type { Clock } from '../transport/host/port.ts';
import type { Plans } from './plans.ts';
import type { Log } from './recorder.ts';

/** What the supervisor needs. */
export interface SupervisorPorts {
  clock: Clock;
  plans: Plans;
  log: Log;
  settings: { pullBehavior: PullBehavior };
}

/**
 * Watches for task actors that threw: a fault of this program, of which no other task may suffer.
 * In place of such an actor comes one that stops the task's containers and tells ECS why.
 */
export function supervise(
  root: AnyActorRef,
  { clock, plans, log, settings }: SupervisorPorts,
): void {
  root.system.inspect((event) => {
    if (event.type !== '@xstate.snapshot' || event.snapshot.status !== 'error') return;
    const { id } = event.actorRef as AnyActorRef;
    log.error(`Actor ${id} failed`, {
      error: String((event.snapshot as { error?: unknown }).error),
    });
    const plan = [...plans.all()].find(({ arn }) => taskActorId(arn) === id);
    if (!plan) return;
    const task = {
      ...taskInput({ plan, desired: 'STOPPED' }, settings, clock.now()),
      reason: 'TaskStateError: the task failed inside the agent',
      mayBeRunning: true,
    };
    const crashed: AgentEvent = { type: 'task.crashed', actorId: id, task };
    clock.afterTurn(() => root.send(crashed));
  });
}
