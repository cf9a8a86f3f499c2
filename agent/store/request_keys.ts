// The keys of requests, in one append-only file. A request that comes again with its key is the first one, whatever id it
// has now: a controller that was restored from an old copy knows no id that it gave since then.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../../shared/errors.js';
import { parseJson } from '../../shared/json.js';
import { replaceFile } from '../../shared/os/files.js';
import { agentLimits } from '../limits.js';
import { appendLine } from './append_line.js';
import { unwritable, type StateFolder } from './state_folder.js';

const lineSchema = z.object({ key: z.string(), tenant: z.string(), wish: z.string(), id: z.string() });
type Line = z.infer<typeof lineSchema>;

export interface KeyedRequest {
  /** The SHA-256 of the operator's key. */
  key: string;
  tenant: string;
  /** What it asks for, as text. */
  wish: string;
}

export interface RequestKeys {
  /**
   * The id of the first request of this tenant with this key, or null. Throws AppError `key-reused` where that asked for
   * something else.
   */
  find(asked: KeyedRequest): string | null;
  /**
   * Remembers the id of a new request. It counts as soon as this method returns its promise, and is on the disk when that
   * resolves. Throws AppError `io`; then it does not count. May be called again.
   */
  note(asked: KeyedRequest, id: string): Promise<void>;
}

/** Reads the file. Works on a read-only disk. */
export async function openRequestKeys({ keys: file }: Pick<StateFolder, 'keys'>): Promise<RequestKeys> {
  const { max } = agentLimits.requestKeys;
  const known = new Map<string, { line: Line; written: Promise<void> }>();
  const lines = existsSync(file) ? (await readFile(file, 'utf8')).split('\n') : [];
  for (const line of lines) {
    const parsed = lineSchema.safeParse(parseJson(line)).data;
    if (parsed !== undefined) add(parsed, Promise.resolve());
  }
  /** Lines of the file, forgotten ones included. */
  let length = lines.length;
  let last: Promise<void> = Promise.resolve();

  function add(line: Line, written: Promise<void>): void {
    known.set(nameOf(line), { line, written });
    const [oldest] = known.keys();
    if (known.size > max && oldest !== undefined) known.delete(oldest);
  }

  async function write(line: Line): Promise<void> {
    try {
      // Rewritten now and then, so that it stays as short as what is remembered.
      if (length > 2 * max) {
        const kept = [...known.values()].map((entry) => `${JSON.stringify(entry.line)}\n`);
        await replaceFile(file, kept.join(''), { mode: 0o600 });
        length = kept.length;
      } else {
        await appendLine(file, JSON.stringify(line));
        length += 1;
      }
    } catch (error) {
      known.delete(nameOf(line));
      throw unwritable(file, error);
    }
  }

  return {
    find(asked) {
      const first = known.get(nameOf(asked))?.line;
      if (first === undefined) return null;
      if (first.wish === asked.wish) return first.id;
      throw new AppError('key-reused', `the Idempotency-Key of this request belongs to another one (${first.id})`, {
        hint: 'Use a new key for each request, such as a UUID. Use the same key only to repeat a request.',
      });
    },
    async note({ key, tenant, wish }, id) {
      const line = { key, tenant, wish, id };
      const before = known.get(nameOf(line));
      if (before?.line.id === id) return before.written;
      last = last.catch(() => undefined).then(() => write(line));
      add(line, last);
      return last;
    },
  };
}

const nameOf = ({ key, tenant }: Pick<Line, 'key' | 'tenant'>) => `${key} ${tenant}`;
