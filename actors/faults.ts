import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import { blackholeCheck, blackholeRemains } from '../machines/fault/blackhole.ts';
import {
  disturbanceCheck,
  disturbanceIn,
  disturbanceRemains,
  hasRemains,
} from '../machines/fault/disturbance.ts';
import type {
  Argv,
  Fault,
  FaultAim,
  FaultKind,
  FaultOrder,
  FaultRecord,
  Links,
} from '../machines/fault/model.ts';
import { faultKey, startSteps, stopSteps } from '../machines/fault/sequence.ts';
import { taskActorId } from '../machines/names/arn.ts';
import { Ending, type Signal } from '../machines/names/ending.ts';
import type { TaskContext } from '../machines/task/model.ts';
import type { Store } from '../persistence/store.ts';
import type { FaultOutcome, FaultPort } from '../transport/agentapi/port.ts';
import type { Clock } from '../transport/host/port.ts';
import type { NetworkPort, Ran } from '../transport/network/port.ts';
import type { System } from './effect.ts';
import { Lock } from './lock.ts';
import type { Log } from './recorder.ts';

/** What faults are made with. */
export interface FaultPorts {
  network: NetworkPort;
  store: Pick<Store, 'write'>;
  system: System;
  clock: Clock;
  log: Log;
}

/** How long all commands of one request may take, as all that undo it. */
const budgetMs = 5_000;
/** When what could not be undone is tried again. */
const againMs = 10_000;

/**
 * The faults in this host's network. Each is on disk before the first command for it, and is undone
 * when it is stopped, with the last task that asked for it, with the agent, and, after a crash, by the
 * agent's next start. What could be done in part only is undone at once.
 */
export class Faults implements FaultPort {
  readonly #ports: FaultPorts;
  readonly #records = new Map<string, FaultRecord>();
  readonly #lock = new Lock();
  #isClosed = false;

  constructor(ports: FaultPorts) {
    this.#ports = ports;
  }

  links(): Promise<Links | null> {
    return this.#ports.network.links();
  }

  /** Undoes what an earlier agent left, and from now on what tasks leave that end. */
  async begin(left: FaultRecord[]): Promise<void> {
    for (const record of left) this.#records.set(faultKey(record.aim), { ...record, tasks: [] });
    this.#ports.system.inspect((event) => {
      if (event.type !== '@xstate.snapshot' || this.#records.size === 0) return;
      if (!(event.actorRef as AnyActorRef).id.startsWith('task/')) return;
      const snapshot = event.snapshot as AnyMachineSnapshot;
      if (isOver(snapshot)) void this.#release((snapshot.context as TaskContext).arn);
    });
    await this.#undoUnwanted();
  }

  /** Undoes all of them, for good. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const record of this.#records.values()) record.tasks = [];
    await this.#undoUnwanted();
  }

  perform(order: FaultOrder, by: { taskArn: string; links: Links }): Promise<FaultOutcome> {
    const { clock, log } = this.#ports;
    const ending = new Ending();
    const overdue = new Promise<FaultOutcome>((resolve) =>
      ending.onEnd(() => resolve({ is: 'overdue' })),
    );
    const cancel = clock.at(clock.now() + budgetMs, () => ending.abort());
    const work = this.#obey(order, by, ending).catch((error: unknown): FaultOutcome => {
      if (!ending.aborted) log.warn(`A fault cannot be injected: ${(error as Error).message}`);
      return { is: 'failed' };
    });
    return Promise.race([overdue, work]).finally(cancel);
  }

  async #obey(
    order: FaultOrder,
    by: { taskArn: string; links: Links },
    signal: Signal,
  ): Promise<FaultOutcome> {
    if (order.operation === 'start')
      return this.#lock.alone(() => this.#start(order.fault, by, signal));
    const { fault: aim, operation } = order;
    if (operation === 'stop') return this.#lock.alone(() => this.#stop(aim, by.links, signal));
    const found = await this.#lock.together(() => this.#running(aim, by.links, signal));
    return { is: found === aim.kind ? 'running' : 'not-running' };
  }

  async #start(
    fault: Fault,
    { taskArn, links }: { taskArn: string; links: Links },
    signal: Signal,
  ): Promise<FaultOutcome> {
    const found = await this.#running(fault, links, signal);
    if (found !== null && found !== 'network-blackhole-port') return { is: 'occupied', by: found };
    const key = faultKey(fault);
    const known = this.#records.get(key);
    if (known && found === null) await this.#undo(key, known);
    const tasks = [...new Set([...(found === null ? [] : (known?.tasks ?? [])), taskArn])];
    const record = { aim: aimOf(fault), links, tasks };
    await this.#keep(key, record);
    if (found === null) await this.#make(fault, { key, record }, signal);
    if (this.#isClosed || this.#hasEnded(taskArn)) void this.#release(taskArn);
    return { is: 'running' };
  }

  /** Rejects where a command fails, when what was done before is undone. */
  async #make(
    fault: Fault,
    { key, record }: { key: string; record: FaultRecord },
    signal: Signal,
  ): Promise<void> {
    let isBegun = false;
    try {
      for (const { argv, matters } of startSteps(fault, record.links)) {
        const ran = await this.#run(argv, signal).catch((error: unknown) => {
          // One that is ended in the middle may have done its work.
          isBegun = true;
          throw error;
        });
        if (matters && ran.code !== 0) throw new Error(`${argv.join(' ')}: ${ran.said}`);
        isBegun = true;
      }
      this.#ports.log.info('A task begins a fault', { fault: key, task: record.tasks.join(' ') });
    } catch (error) {
      // Before the first has succeeded, what is there of the same name was there, and is not ours.
      if (!isBegun) await this.#forget(key);
      else if (!(await this.#undo(key, record))) {
        record.tasks = [];
        this.#undoLater();
      }
      throw error;
    }
  }

  async #stop(aim: FaultAim, links: Links, signal: Signal): Promise<FaultOutcome> {
    const key = faultKey(aim);
    const known = this.#records.get(key);
    const found = await this.#running(aim, links, signal);
    if (found !== aim.kind && (found !== null || !known)) return { is: 'stopped' };
    const record = known ?? { aim, links, tasks: [] };
    return { is: (await this.#undo(key, record)) ? 'stopped' : 'failed' };
  }

  /** What is there of this kind, or in its way. Rejects where that cannot be asked. */
  async #running(aim: FaultAim, links: Links, signal: Signal): Promise<FaultKind | null> {
    if (aim.kind === 'network-blackhole-port') {
      const { code, said } = await this.#run(blackholeCheck(aim), signal);
      if (code === null) throw new Error(said);
      return code === 0 ? aim.kind : null;
    }
    for (const name of links.names) {
      const { code, output, said } = await this.#run(disturbanceCheck(name), signal);
      if (code !== 0) throw new Error(said);
      const found = disturbanceIn(output);
      if (found) return found;
    }
    return null;
  }

  async #release(taskArn: string): Promise<void> {
    for (const record of this.#records.values())
      record.tasks = record.tasks.filter((one) => one !== taskArn);
    await this.#undoUnwanted();
  }

  async #undoUnwanted(): Promise<void> {
    const { log } = this.#ports;
    for (const [key, record] of this.#records) {
      if (record.tasks.length > 0) continue;
      const isUndone = await this.#lock.alone(async () =>
        this.#records.get(key) === record ? this.#undo(key, record) : true,
      );
      if (isUndone) continue;
      log.error(`The fault ${key} cannot be removed from this host's network and is tried again`);
      this.#undoLater();
    }
  }

  #undoLater(): void {
    const { clock } = this.#ports;
    if (!this.#isClosed) clock.at(clock.now() + againMs, () => void this.#undoUnwanted());
  }

  /** Whether nothing of it is left, however much of it there was. */
  async #undo(key: string, record: FaultRecord): Promise<boolean> {
    const { clock, log } = this.#ports;
    const ending = new Ending();
    const cancel = clock.at(clock.now() + budgetMs, () => ending.abort());
    try {
      let isSure = true;
      for (const { argv, matters } of stopSteps(record.aim, record.links)) {
        const { code } = await this.#run(argv, ending);
        if (matters && code !== 0) isSure = false;
      }
      if (!isSure && (await this.#remains(record, ending))) return false;
      await this.#forget(key);
      log.info('A fault has ended', { fault: key });
      return true;
    } catch {
      return false;
    } finally {
      cancel();
    }
  }

  async #remains({ aim, links }: FaultRecord, signal: Signal): Promise<boolean> {
    if (aim.kind === 'network-blackhole-port')
      return mayBeThere(await this.#run(blackholeRemains(aim), signal));
    for (const name of links.names) {
      const ran = await this.#run(disturbanceRemains(name), signal);
      if (ran.code === null || hasRemains(ran.output)) return true;
    }
    return false;
  }

  #run(argv: Argv, signal: Signal): Promise<Ran> {
    signal.throwIfAborted();
    return this.#ports.network.run(argv, signal);
  }

  async #keep(key: string, record: FaultRecord): Promise<void> {
    await this.#ports.store.write([{ key, body: record }]);
    this.#records.set(key, record);
  }

  /** A record that stays on disk does no harm: what is not there is undone once more. */
  async #forget(key: string): Promise<void> {
    this.#records.delete(key);
    await this.#ports.store.write([{ key, body: undefined }]).catch((error: Error) => {
      this.#ports.log.warn(`The record ${key} could not be removed: ${error.message}`);
    });
  }

  #hasEnded(taskArn: string): boolean {
    const task: AnyActorRef | undefined = this.#ports.system.get(taskActorId(taskArn));
    return task === undefined || isOver(task.getSnapshot());
  }
}

const isOver = ({ status, value }: AnyMachineSnapshot): boolean =>
  status === 'done' || value === 'cleaning' || (typeof value === 'object' && 'stopped' in value);

const mayBeThere = ({ code }: Ran): boolean => code === 0 || code === null;

function aimOf(fault: Fault): FaultAim {
  if (fault.kind !== 'network-blackhole-port') return { kind: fault.kind };
  const { kind, port, protocol, trafficType } = fault;
  return { kind, port, protocol, trafficType };
}
