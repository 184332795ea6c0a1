import { type AnyActorRef, type AnyMachineSnapshot, fromCallback } from 'xstate';
import type { JournalCommand } from '../machines/agent/events.ts';
import type { AgentContext, AgentIdentity } from '../machines/agent/model.ts';
import { containerActorId, resourceActorId } from '../machines/names/arn.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { Change, Store } from '../persistence/store.ts';
import type { Clock } from '../transport/host/port.ts';
import type { System } from './effect.ts';
import { planKey } from './plans.ts';

const recordPattern = /^(task|container|resource|outbox)\//;

/** Whether an actor has a record of its own; its id is then the record's key. */
export const hasRecord = (actorId: string): boolean => recordPattern.test(actorId);

/** How long the store is left alone after a batch it did not take. */
const retryMs = 1_000;

/**
 * Writes what the actors become. All that changes in one turn of the event loop goes into one atomic
 * batch, and what changes while a batch is being written goes into the next: one sync serves all
 * who wait. A batch that fails is kept and tried again; whoever waits for it goes on waiting.
 */
export class Journal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  #dirty = new Set<AnyActorRef>();
  #bodies = new Map<string, unknown>();
  /** Actors whose records go with the next batch. */
  #gone = new Set<string>();
  #waiting: (() => void)[] = [];
  #scheduled = false;
  #detach = () => {};
  #identity = '';

  constructor(store: Store, clock: Clock, onFault: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onFault = onFault;
  }

  /** Follows the system that `root` heads; every actor with a record is written when it changes. */
  follow(root: AnyActorRef): void {
    const { unsubscribe } = (root.system as System).inspect((event) => {
      if (event.type !== '@xstate.snapshot') return;
      if (event.actorRef === root) this.#keepIdentity(root);
      else if (hasRecord((event.actorRef as AnyActorRef).id))
        this.#touch(event.actorRef as AnyActorRef);
    });
    this.#detach = unsubscribe;
  }

  /** Writes a record that is not an actor's with the next batch; undefined removes it. */
  put(key: string, body: unknown): void {
    this.#bodies.set(key, body);
    this.#schedule();
  }

  /** Resolves when everything that changed up to the end of this turn is on disk. */
  commit(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#schedule();
    });
  }

  /** How many wait for a batch to be on disk. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Follows and writes no more; what is not yet written is dropped unless committed before. */
  detach(): void {
    this.#detach();
    this.#dirty.clear();
    this.#bodies.clear();
    this.#scheduled = true;
  }

  #touch(actor: AnyActorRef): void {
    const { status } = actor.getSnapshot() as { status: string };
    if (status === 'done') this.#forget(actor);
    else if (!this.#gone.has(actor.id)) this.#dirty.add(actor);
    this.#schedule();
  }

  /** The records of an actor that has done its work go, and with a task's those of its children. */
  #forget(actor: AnyActorRef): void {
    for (const id of recordsOf(actor)) {
      this.#bodies.set(id, undefined);
      this.#gone.add(id);
    }
    for (const dirty of this.#dirty) if (this.#gone.has(dirty.id)) this.#dirty.delete(dirty);
  }

  #keepIdentity(root: AnyActorRef): void {
    const context = root.getSnapshot().context as AgentContext;
    const { cluster, containerInstanceArn, ec2InstanceId, manifestSeqNum } = context;
    const identity = { cluster, containerInstanceArn, ec2InstanceId, manifestSeqNum };
    const body = identity satisfies AgentIdentity;
    const text = JSON.stringify(body);
    if (containerInstanceArn === null || text === this.#identity) return;
    this.#identity = text;
    this.put('agent', body);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.afterTurn(() => void this.#writeAll());
  }

  async #writeAll(): Promise<void> {
    do {
      const batch = this.#cut();
      const waiting = this.#waiting.splice(0);
      if (!(await this.#wrote(batch))) {
        this.#waiting.unshift(...waiting);
        this.#clock.at(this.#clock.now() + retryMs, () => void this.#writeAll());
        return;
      }
      for (const resolve of waiting) resolve();
    } while (this.#dirty.size + this.#bodies.size + this.#waiting.length > 0);
    this.#scheduled = false;
  }

  async #wrote(batch: Change[]): Promise<boolean> {
    try {
      if (batch.length > 0) await this.#store.write(batch);
      return true;
    } catch (error) {
      this.#onFault(error);
      // What has come since is newer, and within the batch what stands last.
      for (const { key, body } of batch.reverse())
        if (!this.#bodies.has(key)) this.#bodies.set(key, body);
      return false;
    }
  }

  #cut(): Change[] {
    const batch = [...this.#bodies].map(([key, body]) => ({ key, body }));
    for (const actor of this.#dirty) batch.push({ key: actor.id, body: recordOf(actor) });
    this.#bodies.clear();
    this.#dirty.clear();
    this.#gone.clear();
    return batch;
  }
}

/** The records that an actor leaves behind. */
function recordsOf(actor: AnyActorRef): string[] {
  if (!actor.id.startsWith('task/')) return [actor.id];
  const { arn, containers, resources } = actor.getSnapshot().context as TaskContext;
  return [
    actor.id,
    planKey(arn),
    ...Object.keys(containers).map((name) => containerActorId(arn, name)),
    ...resources.map((resource) => resourceActorId(arn, resource)),
  ];
}

/** An actor's own snapshot: with its running effects, without children that have a record. */
export function recordOf(actor: AnyActorRef): unknown {
  const snapshot = actor.getSnapshot() as AnyMachineSnapshot;
  const effects = Object.entries(snapshot.children).filter(([id]) => !hasRecord(id));
  const logic = (actor as { logic?: { getPersistedSnapshot(s: unknown): unknown } }).logic;
  return logic?.getPersistedSnapshot({ ...snapshot, children: Object.fromEntries(effects) });
}

/** Answers each `commit` with `committed` once all that had changed by then is on disk. */
export const journalActor = (journal: Journal) =>
  fromCallback<JournalCommand, undefined>(({ receive, sendBack }) => {
    receive(({ acknowledgements }) => {
      void journal.commit().then(() => sendBack({ type: 'committed', acknowledgements }));
    });
  });
