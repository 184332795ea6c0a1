import { type Saved, sortRows } from '../../actors/restore.ts';
import { resumption } from '../../machines/agent/decide.ts';
import type { AgentExit, AgentIdentity } from '../../machines/agent/model.ts';
import type { Row, Store } from '../../persistence/store.ts';
import type { AgentLog } from '../service/log.ts';

/** An open store and what it holds. */
interface Opened {
  store: Store;
  rows: Row[];
  log: Pick<AgentLog, 'warn'>;
}

/**
 * What an earlier run saved, as far as it may be used here. State of another EC2 instance is removed
 * from the store: at the next start it would be read again. Answers how the agent ends where it must
 * not run with what is there.
 */
export async function resume(
  { store, rows, log }: Opened,
  here: Pick<AgentIdentity, 'cluster' | 'ec2InstanceId'>,
): Promise<{ saved: Saved } | { exit: AgentExit }> {
  const saved = sortRows(rows);
  const verdict = resumption(saved.identity, here);
  if (verdict.is === 'refused') return { exit: verdict.exit };
  if (verdict.is === 'resumed') return { saved };
  log.warn(verdict.because);
  await store.write(rows.map(({ key }) => ({ key, body: undefined })));
  return { saved: sortRows([]) };
}
