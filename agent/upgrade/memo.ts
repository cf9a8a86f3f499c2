// Values that a step finds and that later steps or undos need. The journal keeps the first value of each key.
import { z } from 'zod';
import { sharedLimits } from '../../shared/limits.js';
import { backupPathKey, runningBeforeKey } from '../../shared/model/journal/events.js';
import { jsonBytes } from '../../shared/model/text.js';
import type { Journal } from '../store/journal.js';

/** A remembered value: its key and its schema. */
export interface MemoKind<Value extends z.core.util.JSONType> {
  key: string;
  schema: z.ZodType<Value>;
}

const defineMemo = <Value extends z.core.util.JSONType>(key: string, schema: z.ZodType<Value>): MemoKind<Value> => ({
  key,
  schema,
});

/** The services that ran before the upgrade; only these are started again. */
export const runningBefore = defineMemo(runningBeforeKey, z.array(z.string()));
export const backupPath = defineMemo(backupPathKey, z.string());
/** Where the files of `rollback.files` were saved. */
export const savedFiles = defineMemo('saved_files', z.string());
/** The hook markers from before the upgrade; null where there were too many to remember. */
export const markersBefore = defineMemo('markers_before', z.array(z.string()).nullable());
/** The patch with the local modifications of the work tree. */
export const modificationsPatch = defineMemo('modifications_patch', z.string());
/** The old target of the environment's symlink; null when there was none. */
export const previousEnvironment = defineMemo('previous_environment', z.string().nullable());
/** The fingerprint of the database before users can write again; null for a database without fingerprints. */
export const fingerprintBefore = defineMemo('fingerprint_before', z.string().nullable());
export const modifiedByHooks = defineMemo(
  'modified_by_hooks',
  z.array(z.object({ path: z.string(), blob: z.string() })),
);
/** The beginning of the list that can be remembered, and how many of its items are left out. */
export function splitRemembered<Item>(items: readonly Item[]): { kept: Item[]; left: number } {
  const kept: Item[] = [];
  let sizeBytes = 0;
  for (const item of items) {
    sizeBytes += jsonBytes(item) + 1;
    if (sizeBytes > sharedLimits.memo.max - 2) break;
    kept.push(item);
  }
  return { kept, left: items.length - kept.length };
}

/** The time in the names of what an undo sets aside. */
export const asideStamp = defineMemo('aside_stamp', z.string());

export interface Memo {
  /** What was remembered, or undefined. */
  get<Value extends z.core.util.JSONType>(kind: MemoKind<Value>): Value | undefined;
  /** The remembered value; if there is none, the result of `find`, which is then remembered. */
  once<Value extends z.core.util.JSONType>(kind: MemoKind<Value>, find: () => Promise<Value> | Value): Promise<Value>;
}

/** The first value that was remembered under this key, or undefined. */
export function readMemo<Value extends z.core.util.JSONType>(
  events: Journal['events'],
  { key, schema }: MemoKind<Value>,
): Value | undefined {
  const event = events.find((candidate) => candidate.type === 'memo' && candidate.key === key);
  return event?.type === 'memo' ? schema.parse(event.value) : undefined;
}

/** The memos of the upgrade of this journal. */
export function createMemo(journal: Pick<Journal, 'events' | 'append'>): Memo {
  return {
    get: (kind) => readMemo(journal.events, kind),
    async once(kind, find) {
      const known = readMemo(journal.events, kind);
      if (known !== undefined) return known;
      const found = await find();
      journal.append({ type: 'memo', key: kind.key, value: found });
      return found;
    },
  };
}
