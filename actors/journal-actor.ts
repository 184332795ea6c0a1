import { fromCallback } from 'xstate';
import type { JournalCommand } from '../machines/agent/events.ts';
import type { Journal } from './journal.ts';

/** Answers each `commit` with `committed` once all that had changed by then is on disk. */
export const journalActor = (journal: Journal) =>
  fromCallback<JournalCommand, undefined>(({ receive, sendBack }) => {
    receive(({ acknowledgements }) => {
      void journal.commit().then(() => sendBack({ type: 'committed', acknowledgements }));
    });
  });
