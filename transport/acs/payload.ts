import type { Payload } from '../../machines/session/model.ts';
import type { RefusedTask } from '../../machines/task/model.ts';
import type { Random } from '../host/port.ts';
import { MalformedError, type Members } from '../wire/members.ts';
import { BadTask } from './container.ts';
import { readAddressed } from './messages/addressed.ts';
import { readRole, receiptOf } from './messages/credentials.ts';
import type { TaskRole } from './port.ts';
import { arnOf, readTask } from './task.ts';

/** A payload message, and the keys of the roles in it, which go no further than memory. */
export interface ReadPayload {
  payload: Payload;
  roles: TaskRole[];
}

/**
 * Translates a `PayloadMessage` of ACS. Throws `InvalidMessage` for one without its own and its
 * addressee's names, and what {@link Members} throws for one whose own members are of other types.
 * A task that cannot be read harms no other. The payload itself holds no keys of roles: only what
 * their receipts must name.
 */
export function readPayload(message: Members, random: Random): ReadPayload {
  const addressed = readAddressed(message);
  const seqNum = message.whole('seqNum');
  const payload: Payload = { ...addressed, seqNum, tasks: [], refused: [], credentials: [] };
  const roles: TaskRole[] = [];
  for (const task of message.each('tasks')) {
    try {
      if (!task) throw new BadTask('the task is null');
      const found = rolesOf(task);
      const arrival = readTask(task, random);
      payload.credentials.push(...found.map(receiptOf));
      if (!arrival) continue;
      payload.tasks.push(arrival);
      roles.push(...found);
    } catch (error) {
      payload.refused.push(refusalOf(error, task));
    }
  }
  return { payload, roles };
}

/**
 * Why a task is refused. ECS is told of one that is wrong; one with a member of another type than
 * the model's is a fault of the wire: like an unreadable frame it is not answered, and sent again.
 */
function refusalOf(error: unknown, task: Members | null): RefusedTask {
  if (error instanceof MalformedError) return { arn: null, reason: error.message };
  // Whatever else one task brings about, it must not take the others with it.
  if (!(error instanceof BadTask)) return { arn: null, reason: 'reading it failed' };
  // The wire's own spelling: ECS and its users know it so.
  const reason = `UnrecogniedTaskError: Error loading task - ${error.message}`;
  return { arn: task && arnOf(task), reason };
}

function rolesOf(task: Members): TaskRole[] {
  return ['roleCredentials', 'executionRoleCredentials'].flatMap((name) => {
    const role = task.object(name);
    if (!role) return [];
    const read = readRole(role, task.text('arn') ?? '');
    if (!read) throw new BadTask('CredentialsId is empty');
    return [read];
  });
}
