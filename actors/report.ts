import type { AnyActorRef } from 'xstate';
import { outboxActorId } from '../machines/names/arn.ts';
import { AgentError } from '../machines/names/errors.ts';
import { reportMachine } from '../machines/report/machine.ts';
import type { OutboxContext } from '../machines/report/model.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import { effect, type Pulse, timer } from './effect.ts';
import type { Journal } from './journal.ts';

/** How many tasks may tell ECS of a change at the same time. */
const senders = 10;

/** What an outbox's effects need. */
export interface ReportPorts extends Pulse {
  ecs: EcsPort;
  journal: Journal;
  settings: { cluster: string };
}

/** The report machine with its call to ECS bound. Bind it once a process: all outboxes share it. */
export function bindReport(ports: ReportPorts) {
  const turn = inTurns(senders);
  return reportMachine.provide({
    actors: {
      submit: effect(ports, async ({ taskArn }: { taskArn: string }, { signal, system }) => {
        // What ECS is told is on disk first: after a crash the agent never knows less than ECS.
        await ports.journal.commit();
        await turn(signal, () => {
          const outbox: AnyActorRef = system.get(outboxActorId(taskArn));
          const [head] = (outbox.getSnapshot().context as OutboxContext).queue;
          if (!head) throw new AgentError('OUTBOX_EMPTY', `Nothing to tell ECS of ${taskArn}`);
          return ports.ecs.submitTaskStateChange(ports.settings.cluster, head, signal);
        });
        return {};
      }),
      timer: timer(ports),
    },
  });
}

/** Lets at most `limit` calls run at the same time; the others wait in the order they came. */
function inTurns(limit: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (signal: AbortSignal, call: () => Promise<void>): Promise<void> => {
    if (running < limit) running += 1;
    else await new Promise<void>((handOver) => waiting.push(handOver));
    try {
      if (!signal.aborted) await call();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
