import { exitCodes } from '../../machines/agent/model.ts';
import type { Clock } from '../../transport/host/port.ts';
import type { AgentLog } from './log.ts';
import { type HeapStatistics, heapLimitOf, mibOf, watchHeap } from './memory.ts';

/** What a process needs to live and to end in good order. */
export interface LifeOptions {
  clock: Clock;
  /** The log of the moment. */
  log: () => AgentLog;
}

/** The life of this process, until it is asked to stop or cannot go on. */
export interface Life {
  /** Aborted when it is to end: what waits should give up. */
  readonly ending: AbortSignal;
  /** What SIGUSR1 calls. */
  dump: () => void;
  /** The exit code, once nothing stands in the way of the process's end. */
  leave(code: number): Promise<number>;
}

/** How long the way out may take after a signal: five seconds, less a second for a busy host. */
const leaveWithinMs = 4_000;
/** How long it may take where the heap is nearly full. */
const rescueWithinMs = 1_500;
/** What Windows has in place of SIGTERM: the console is closed, or Ctrl-Break was pressed. */
const stopSignals: NodeJS.Signals[] =
  process.platform === 'win32' ? ['SIGINT', 'SIGBREAK', 'SIGHUP'] : ['SIGTERM', 'SIGINT'];

/** Takes over the signals and faults of this process. */
export function beginLife({ clock, log }: LifeOptions): Life {
  const ending = new AbortController();
  let asked: NodeJS.Signals | null = null;
  let failed = false;
  const life: Life = {
    ending: ending.signal,
    dump: () => log().critical('The agent has not begun'),
    leave: async (code) => {
      // The end of a process waits for its threads, and a look-up of a name may hold one for long:
      // then the deadline ends it.
      while (asked !== null && holdsThreads()) await pause(clock);
      return failed ? exitCodes.error : code;
    },
  };
  for (const signal of stopSignals)
    process.on(signal, () => {
      if (asked !== null) return;
      asked = signal;
      log().info('Asked to stop; tasks go on running', { signal });
      clock.at(clock.now() + leaveWithinMs, () => force(log(), signal));
      ending.abort();
    });
  if (process.platform !== 'win32') process.on('SIGUSR1', () => life.dump());
  const end = (tell: () => void, withinMs: number) => {
    if (failed) return;
    failed = true;
    tell();
    const exit = () =>
      void log()
        .close()
        .then(() => process.exit(exitCodes.error));
    if (withinMs === 0) return exit();
    clock.at(clock.now() + withinMs, exit);
    ending.abort();
  };
  // After a fault nothing is known of the state in memory: what is on disk is not touched any more.
  process.on('uncaughtException', (error, origin) => end(() => tellFault(log(), error, origin), 0));
  watchHeap((heap) => end(() => tellHeap(log(), heap), rescueWithinMs));
  return life;
}

const threadWork = new Set(['FSReqCallback', 'FSReqPromise', 'GetAddrInfoReqWrap']);
const holdsThreads = (): boolean =>
  process.getActiveResourcesInfo().some((kind) => threadWork.has(kind));

const pause = (clock: Clock): Promise<void> =>
  new Promise((resolve) => void clock.at(clock.now() + 20, resolve));

/** Ends the process by the signal itself, as an exit would wait for what hangs. */
function force(log: AgentLog, signal: NodeJS.Signals): void {
  log.error('Something hangs, so the agent ends without waiting for it', {
    signal,
    hangs: process.getActiveResourcesInfo().join(' '),
  });
  void log.close();
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // The first process of a container is not ended so.
  process.exit(exitCodes.terminal);
}

function tellFault(log: AgentLog, error: unknown, origin: string): void {
  const { code, stack } = (error instanceof Error ? error : new Error(String(error))) as Error & {
    code?: unknown;
  };
  log.critical('The agent has a fault and ends; start it again', {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    origin,
    stack: stack ?? '',
  });
}

function tellHeap(log: AgentLog, heap: HeapStatistics): void {
  log.critical('The agent is out of memory and ends; start it again', {
    usedMiB: mibOf(heap.used_heap_size),
    limitMiB: mibOf(heapLimitOf(heap)),
  });
}
