import type { AnyMachineSnapshot } from 'xstate';
import { intakeOf, isNewManifest } from '../machines/agent/decide.ts';
import type { AgentContext } from '../machines/agent/model.ts';
import { outboxActorId, taskActorId } from '../machines/names/arn.ts';
import type {
  Attachment,
  InboundMessage,
  Manifest,
  Payload,
  UpdateRequest,
} from '../machines/session/model.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { TaskRole } from '../transport/acs/port.ts';
import { Complaints } from './complaints.ts';
import { type Pulse, type System, stamp } from './effect.ts';
import type { Journal } from './journal.ts';
import { type Plans, planKey } from './plans.ts';
import type { Log } from './recorder.ts';
import type { Vault } from './vault.ts';

interface IncomingPorts extends Pulse {
  plans: Plans;
  vault: Vault;
  journal: Journal;
  log: Log;
}

type Other = Extract<InboundMessage, { kind: 'other' }>;

/** What an attachment would need that this agent does not have. */
const missing: Record<Exclude<Attachment['of'], 'ignored'>, string> = {
  taskInterface: 'a network interface for a task, and this agent has no network mode awsvpc',
  instanceInterface: 'a network interface for the instance, and this agent has no trunking',
  volume: 'a volume, and this agent has no EBS volumes',
};
/** How many attachments are remembered, so that each is complained of once. */
const attachmentsKept = 1_000;

/** What of a message must be at hand before the session acts on it: plans, keys, lines in the log. */
export class Incoming {
  readonly complaints: Complaints;
  readonly #ports: IncomingPorts;
  readonly #attachments = new Set<string>();

  constructor(ports: IncomingPorts) {
    this.#ports = ports;
    this.complaints = new Complaints(ports);
  }

  /** What hears the messages of one connection, and answers what the session is to know of tasks. */
  of(system: System): (message: InboundMessage, roles: TaskRole[]) => string[] {
    const errors = new Set<string>();
    return (message, roles) => {
      const known = this.#take(message, system, errors);
      const { plans, vault } = this.#ports;
      // Keys of a task that is not known would never be forgotten.
      for (const role of roles) if (plans.knows(role.taskArn)) vault.keep(role);
      return known;
    };
  }

  #take(message: InboundMessage, system: System, errors: Set<string>): string[] {
    switch (message.kind) {
      case 'payload':
        return this.#takePayload(message.payload, system);
      case 'credentials':
        return this.#takeCredentials(message.taskArn);
      case 'manifest':
        return this.#takeManifest(message.manifest, system);
      case 'stopVerified':
        return this.#takeVerified(message.taskArns);
      case 'attachment':
        return this.#refuse(message.attachment);
      case 'stageUpdate':
        return this.#handOn({ type: 'update.stage', request: message.request }, system);
      case 'performUpdate':
        return this.#handOn({ type: 'update.perform', request: message.request }, system);
      case 'other':
        return this.#passOver(message, errors);
      case 'heartbeat':
        system.get('health')?.send({ type: 'checks.asked' });
        return [];
    }
  }

  /** Keeps the plans of new tasks where effects find them; answers which tasks are known already. */
  #takePayload(payload: Payload, system: System): string[] {
    const { plans, journal } = this.#ports;
    const told = new Set(agentOf(system).refused);
    const isKnown = (arn: string) =>
      told.has(arn) ||
      // A task that could not be understood has an outbox only, one that has told all has none.
      [taskActorId(arn), outboxActorId(arn)].some((id) => system.get(id) !== undefined);
    const { tasks, refused } = payload;
    const arns = [...tasks.map(({ plan }) => plan.arn), ...refused.map(({ arn }) => arn ?? '')];
    const known = arns.filter(isKnown);
    for (const { plan } of intakeOf(payload, known).start) {
      plans.add(plan);
      journal.put(planKey(plan.arn), plan);
    }
    for (const { arn, reason } of refused)
      this.complaints.warn('A task of ECS was not taken', { task: arn, reason });
    return known;
  }

  #takeCredentials(taskArn: string): string[] {
    if (this.#ports.plans.knows(taskArn)) return [taskArn];
    this.complaints.warn('Credentials of a task that is not known were dropped', { task: taskArn });
    return [];
  }

  /** Answers the tasks that are wanted running. */
  #takeManifest(manifest: Manifest, system: System): string[] {
    const { plans, log } = this.#ports;
    const { timeline } = manifest;
    const { seqNum } = agentOf(system);
    if (!isNewManifest({ seqNum }, manifest))
      log.info('A task manifest was dropped: newer messages are known', { timeline, seqNum });
    return [...plans.all()].map(({ arn }) => arn).filter((arn) => isWanted(system, arn));
  }

  #takeVerified(taskArns: string[]): string[] {
    const { plans, log } = this.#ports;
    const known = taskArns.filter((arn) => plans.knows(arn));
    log.info('ECS says which tasks that it did not list are to stop', { tasks: known.length });
    return known;
  }

  #refuse({ of, ids, taskArn }: Attachment): string[] {
    if (of === 'ignored') return [];
    for (const id of ids.map((each) => each.toLowerCase())) {
      if (this.#attachments.has(id)) continue;
      this.#attachments.add(id);
      const [oldest] = this.#attachments;
      if (this.#attachments.size > attachmentsKept && oldest) this.#attachments.delete(oldest);
      this.complaints.warn(`Nothing is attached: ECS announced ${missing[of]}`, {
        id,
        task: taskArn,
      });
    }
    return [];
  }

  #handOn(
    order: { type: 'update.stage' | 'update.perform'; request: UpdateRequest },
    system: System,
  ): string[] {
    system.get('update').send({ ...order, ...stamp(this.#ports) });
    return [];
  }

  /** Errors are told once a kind and connection. */
  #passOver({ type, is, remark }: Other, errors: Set<string>): string[] {
    if (is === 'invalid')
      this.complaints.warn(`A message of ACS is not valid: ${remark}`, { type });
    else if (!errors.has(type)) {
      errors.add(type);
      this.#ports.log.warn('ACS tells of an error', { type, message: remark });
    }
    return [];
  }
}

const agentOf = (system: System): AgentContext => system.get('agent').getSnapshot().context;

function isWanted(system: System, arn: string): boolean {
  const snapshot: AnyMachineSnapshot | undefined = system.get(taskActorId(arn))?.getSnapshot();
  if (!snapshot) return false;
  const { desired } = snapshot.context as TaskContext;
  return desired === 'RUNNING' && !snapshot.matches('stopped') && !snapshot.matches('cleaning');
}
