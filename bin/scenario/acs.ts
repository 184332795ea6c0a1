import { frameOf } from '../../transport/acs/codec.ts';
import type { WireTask } from '../../transport/acs/task-definition.ts';
import type { AcsStep } from './model.ts';
import { keysOf } from './sketch.ts';

/** What ACS says of whom it speaks to. */
export interface Addressee {
  clusterArn: string;
  containerInstanceArn: string;
}

/** Makes the frames of ACS that a scenario asks for, and counts them. */
export class Frames {
  readonly #tasks: ReadonlyMap<string, WireTask>;
  #sent = 0;
  #order = 0;
  /** Of the latest manifest: what is verified is about that. */
  #manifestId = '';

  /** `tasks` are those of the scenario by their names. */
  constructor(tasks: ReadonlyMap<string, WireTask>) {
    this.#tasks = tasks;
  }

  frame(step: AcsStep, addressee: Addressee): string {
    if ('frame' in step) return step.frame;
    if ('heartbeat' in step)
      return frameOf('HeartbeatMessage', { messageId: step.heartbeat, healthy: true });
    if ('message' in step)
      return frameOf(step.message, { ...addressee, messageId: this.#next(), ...step.members });
    if ('verified' in step) {
      const stopTasks = step.verified.map((name) => this.#listed(name, 'STOPPED', addressee));
      const messageId = step.messageId ?? this.#manifestId;
      return frameOf('TaskStopVerificationAck', { messageId, stopTasks });
    }
    const head = { ...addressee, messageId: step.messageId ?? this.#next() };
    if ('manifest' in step) {
      this.#manifestId = head.messageId;
      const tasks = step.manifest.map((name) => this.#listed(name, 'RUNNING', addressee));
      return frameOf('TaskManifestMessage', { ...head, timeline: ++this.#order, tasks });
    }
    if ('credentials' in step) {
      const { credentials: name, role } = step;
      return frameOf('IAMRoleCredentialsMessage', {
        ...{ messageId: head.messageId, taskArn: this.#task(name).arn },
        roleType: role === 'task' ? 'TaskApplication' : 'TaskExecution',
        roleCredentials: keysOf(name, role),
      });
    }
    return frameOf('PayloadMessage', { ...head, seqNum: ++this.#order, tasks: this.#placed(step) });
  }

  #placed(step: Extract<AcsStep, { payload: unknown } | { run: unknown } | { stop: unknown }>) {
    if ('payload' in step) return step.payload;
    const wanted = (names: string[], desiredStatus: string) =>
      names.map((name) => ({ ...this.#task(name), desiredStatus }));
    return [
      ...wanted(step.stop ?? [], 'STOPPED'),
      ...wanted('run' in step ? step.run : [], 'RUNNING'),
    ];
  }

  #listed = (name: string, desiredStatus: string, { clusterArn }: Addressee) => ({
    taskArn: this.#task(name).arn,
    taskClusterArn: clusterArn,
    desiredStatus,
  });

  #task(name: string): WireTask {
    const task = this.#tasks.get(name);
    if (!task) throw new Error(`the scenario has no task ${name}`);
    return task;
  }

  #next = (): string => `m-${++this.#sent}`;
}
