import { crc32 } from 'node:zlib';
import type { Contents, Step } from './medium.ts';
import { decode, encode } from './record.ts';
import type { Opened } from './store.ts';

/**
 * The record that says which container instance this agent is. It has a second copy, because an
 * agent that forgets it registers as a new instance and leaves its tasks to nobody.
 */
export const IDENTITY_KEY = 'agent';

/** Unreadable records are moved below this; what lies here is neither read nor counted. */
export const QUARANTINE = 'quarantine/';

const LEDGER_KEY = 'store/generation';

/**
 * What the records must add up to, written with each batch. LevelDB leaves out damaged parts of its
 * log without a word; records that no longer add up to the ledger show it.
 */
interface Ledger {
  /** Number of the batch that wrote this ledger. */
  generation: number;
  /** How many records there are. */
  records: number;
  /** The checksums of all records' texts, combined: tells an old text of a record from its last. */
  digest: number;
}

/** Counts and sums the records as they change, without keeping their texts. */
export class Tally {
  readonly #sums = new Map<string, number>();
  #digest = 0;

  /** Takes note of a record's present text; null for a record that is gone. */
  note(key: string, text: string | null): void {
    this.#digest ^= this.#sums.get(key) ?? 0;
    this.#sums.delete(key);
    if (text !== null) {
      const sum = crc32(text);
      this.#sums.set(key, sum);
      this.#digest ^= sum;
    }
  }

  /** The step that writes the ledger of what was noted so far. */
  entry(generation: number): Step {
    const ledger = { generation, records: this.#sums.size, digest: this.#digest } satisfies Ledger;
    return { type: 'put', key: LEDGER_KEY, value: encode(LEDGER_KEY, ledger) };
  }

  /** Whether records are missing, or batches up to the newest generation known; null if not. */
  lost(ledger: Ledger, newest: number): string | null {
    if (ledger.generation < newest) {
      return `the last batches are lost (${newest - ledger.generation})`;
    }
    const { size } = this.#sums;
    return ledger.records === size
      ? null
      : `${size} records were found where ${ledger.records} were written`;
  }

  /** Whether records have another text than was last written; null if not. */
  changed(ledger: Ledger): string | null {
    return ledger.digest === this.#digest ? null : 'some records are not as they were last written';
  }
}

/** What a medium's contents amount to. */
export interface Stock {
  opened: Opened;
  tally: Tally;
  /** The newest generation ever written. */
  generation: number;
  /** What has to be written to put right what was found. */
  repairs: Step[];
}

/** Reads every record, and says which are unreadable and whether any are lost. Never throws. */
export function takeStock(found: Contents): Stock {
  const texts = new Map(found.texts);
  const ledger = decodeLedger(texts.get(LEDGER_KEY) ?? '');
  const { bodies, tally, quarantined, repairs } = readRecords(texts);
  const damage = [
    found.damage,
    tally.lost(ledger, found.generation),
    // An unreadable record differs as well, and is named already.
    quarantined.length === 0 ? tally.changed(ledger) : null,
  ].filter((words) => words !== null);

  const own = texts.get(IDENTITY_KEY);
  const copy = found.identity === null ? null : decode(IDENTITY_KEY, found.identity);
  const hurt = damage.length > 0 || quarantined.length > 0;
  if (hurt && found.identity !== null && copy?.is === 'record') {
    // Written before its batch, the copy is never older than what the damage left.
    bodies.set(IDENTITY_KEY, copy.body);
    repairs.push({ type: 'put', key: IDENTITY_KEY, value: found.identity });
  } else if (own !== undefined && bodies.has(IDENTITY_KEY) && own !== found.identity) {
    repairs.push({ type: 'put', key: IDENTITY_KEY, value: own });
  }
  const rows = Array.from(bodies, ([key, body]) => ({ key, body }));
  return {
    opened: { rows, quarantined, damage: damage.join('; ') || null },
    tally,
    generation: Math.max(ledger.generation, found.generation),
    repairs,
  };
}

function readRecords(texts: Map<string, string>) {
  const tally = new Tally();
  const bodies = new Map<string, unknown>();
  const quarantined: Opened['quarantined'] = [];
  const repairs: Step[] = [];
  for (const [key, text] of texts) {
    if (key === LEDGER_KEY || key.startsWith(QUARANTINE)) {
      continue;
    }
    tally.note(key, text);
    const decoded = decode(key, text);
    if (decoded.is === 'record') {
      bodies.set(key, decoded.body);
    } else {
      quarantined.push({ key, reason: decoded.because });
      repairs.push({ type: 'put', key: QUARANTINE + key, value: text }, { type: 'del', key });
    }
  }
  return { tally, bodies, quarantined, repairs };
}

/** Without a readable ledger, nothing counts as written. */
function decodeLedger(text: string): Ledger {
  const decoded = decode(LEDGER_KEY, text);
  const body = decoded.is === 'record' ? decoded.body : null;
  return isLedger(body) ? body : { generation: 0, records: 0, digest: 0 };
}

function isLedger(body: unknown): body is Ledger {
  return (
    typeof body === 'object' &&
    body !== null &&
    'generation' in body &&
    typeof body.generation === 'number' &&
    'records' in body &&
    typeof body.records === 'number' &&
    'digest' in body &&
    typeof body.digest === 'number'
  );
}
