import type { AnyActorRef } from 'xstate';
import type { AgentEvent } from '../machines/agent/events.ts';
import { containerActorId, taskActorId } from '../machines/names/arn.ts';
import { type TaskRules, taskInput } from '../machines/task/decide.ts';
import type { TaskPlan } from '../machines/task/model.ts';
import type { Clock } from '../transport/host/port.ts';
import { hasRecord } from './journal.ts';
import type { Plans } from './plans.ts';
import type { Log } from './recorder.ts';

/** What the supervisor needs. */
export interface SupervisorPorts {
  clock: Clock;
  plans: Plans;
  log: Log;
  rules: TaskRules;
}

/**
 * Watches for task actors that threw: a fault of this program, of which no other task may suffer.
 * In place of such an actor comes one that stops the task's containers and tells ECS why.
 */
export function supervise(root: AnyActorRef, { clock, plans, log, rules }: SupervisorPorts): void {
  root.system.inspect((event) => {
    if (event.type !== '@xstate.snapshot' || event.actorRef !== root) return;
    const { type, error } = event.event as { type: string; error?: unknown };
    if (!type.startsWith(errorPrefix)) return;
    const actorId = type.slice(errorPrefix.length);
    // An effect that fails is no fault: its actor deals with it.
    if (!hasRecord(actorId) && !withoutRecord.includes(actorId)) return;
    log.error(`Actor ${actorId} failed`, { error: String(error) });
    const plan = [...plans.all()].find(({ arn }) => taskActorId(arn) === actorId);
    if (plan) clock.afterTurn(() => replace(root, { clock, rules }, plan));
  });
}

/** Actors without a record whose failure is a fault of this program all the same. */
const withoutRecord = ['session', 'watch', 'telemetry', 'health', 'spot', 'update'];

const errorPrefix = 'xstate.error.actor.';

function replace(
  root: AnyActorRef,
  { clock, rules }: Pick<SupervisorPorts, 'clock' | 'rules'>,
  plan: TaskPlan,
): void {
  const at = clock.now();
  // Those of the failed actor live on without it: what they have begun they must not finish.
  for (const { name } of plan.containers) {
    const orphan: AnyActorRef | undefined = root.system.get(containerActorId(plan.arn, name));
    orphan?.send({ type: 'container.stop', at });
  }
  const task = {
    ...taskInput({ plan, desired: 'STOPPED', roll: 0 }, rules, at),
    reason: 'TaskStateError: the task failed inside the agent',
    begins: 'halted' as const,
  };
  const crashed: AgentEvent = { type: 'task.crashed', actorId: taskActorId(plan.arn), task };
  root.send(crashed);
}
