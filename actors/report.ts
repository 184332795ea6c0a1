import type { AnyActorRef } from 'xstate';
import { outboxActorId } from '../machines/names/arn.ts';
import type { Signal } from '../machines/names/ending.ts';
import { AgentError } from '../machines/names/errors.ts';
import { Turns } from '../machines/names/turns.ts';
import { reportMachine } from '../machines/report/machine.ts';
import type { OutboxContext, TaskReport } from '../machines/report/model.ts';
import type { EcsPort } from '../transport/ecs/port.ts';
import { effect, type Pulse, type System, timer } from './effect.ts';
import type { Journal } from './journal.ts';
import { Outage } from './outage.ts';
import type { Log } from './recorder.ts';

/** How many tasks may tell ECS of a change at the same time. */
const senders = 10;

/** What an outbox's effects need. */
export interface ReportPorts extends Pulse {
  ecs: EcsPort;
  journal: Journal;
  log: Log;
  settings: { cluster: string };
}

/** The report machine with its call to ECS bound. Bind it once a process: all outboxes share it. */
export function bindReport(ports: ReportPorts) {
  const turns = new Turns(senders);
  const outage = new Outage(ports);
  return reportMachine.provide({
    actors: {
      submit: effect(ports, async ({ taskArn }: { taskArn: string }, { signal, system }) => {
        // What ECS is told is on disk first: after a crash the agent never knows less than ECS.
        await ports.journal.commit();
        await turns.take(signal, () => submit(ports, outage, { taskArn, signal, system }));
        return {};
      }),
      timer: timer(ports),
    },
  });
}

interface Submission {
  taskArn: string;
  signal: Signal;
  system: System;
}

/** Tells ECS of the head of an outbox's queue, and the log of what comes of it. */
async function submit(
  { ecs, log, settings }: ReportPorts,
  outage: Outage,
  { taskArn, signal, system }: Submission,
): Promise<void> {
  const report = headOf(system, taskArn);
  try {
    await ecs.submitTaskStateChange(settings.cluster, report, signal);
    outage.answered(taskArn);
  } catch (error) {
    const { code, message } = error instanceof AgentError ? error : unknown(error);
    if (code === 'ECS_INVALID') {
      log.warn(`ECS will never take that ${sentenceOf(report)}; it is left out: ${message}`);
      outage.answered(taskArn);
    } else if (!signal.aborted) outage.failed(taskArn, { code, message });
    throw error;
  }
}

const unknown = (error: unknown) => ({ code: 'UNKNOWN', message: String(error) });

function headOf(system: System, taskArn: string): TaskReport {
  const outbox: AnyActorRef = system.get(outboxActorId(taskArn));
  const [head] = (outbox.getSnapshot().context as OutboxContext).queue;
  if (!head) throw new AgentError('OUTBOX_EMPTY', `Nothing to tell ECS of ${taskArn}`);
  return head;
}

/** What a report says, e.g. `task arn:… is STOPPED (web STOPPED 1)`. */
function sentenceOf({ taskArn, status, containers }: TaskReport): string {
  const parts = containers.map(({ name, status, exitCode }) =>
    exitCode === null ? `${name} ${status}` : `${name} ${status} ${exitCode}`,
  );
  const aside = parts.length > 0 ? ` (${parts.join(', ')})` : '';
  return `task ${taskArn} is ${status}${aside}`;
}
