// The commits that the tenants' work trees are on, as the tenants' users read them: each once until it is forgotten.
import { toReportedProblem, type ReportedProblem } from '../../shared/model/report/report.js';
import type { TenantPath } from '../command/tenant_path.js';
import { secretsOf } from '../config/tenant_file/secrets.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { HeadReader } from './read_head.js';

export interface Head {
  /** The last known one where it could not be read; the problems say why. Null where none is known. */
  commit: string | null;
  /** The version that it is, of a tenant without a record. */
  detected: string | null;
  problems: ReportedProblem[];
}

export interface Heads {
  /** Returns once the commit has been read since it was last forgotten, or could not be read. Never rejects. */
  read(config: TenantConfig): Promise<void>;
  /** The commit as far as it is known now. */
  look(config: TenantConfig): Head;
  /** The next `read` reads it again, because HEAD may have moved. */
  forget(slug: string): void;
}

interface Reading {
  /** False while it waits: then it will see a HEAD that moves now. */
  hasBegun: boolean;
  done: Promise<void>;
}

interface Entry {
  workTree: TenantPath;
  head: Head;
  /** The reading whose result counts; null where it must be read again. */
  reading: Reading | null;
  /** The reading that was begun last. One tenant's are done one after the other. */
  last: Promise<void>;
}

/** None read yet. */
export function createHeads(readHead: HeadReader): Heads {
  const entries = new Map<string, Entry>();

  function entryOf({ slug, app_dir: workTree }: TenantConfig): Entry {
    const known = entries.get(slug);
    if (known?.workTree.is(workTree) === true) return known;
    const entry = {
      workTree,
      head: { commit: null, detected: null, problems: [] },
      reading: null,
      last: Promise.resolve(),
    };
    entries.set(slug, entry);
    return entry;
  }

  async function readAgain(config: TenantConfig, before: Head): Promise<Head> {
    try {
      return { ...(await readHead(config)), problems: [] };
    } catch (error) {
      const secrets = await secretsOf(config).catch(() => []);
      return { ...before, problems: [toReportedProblem(error, secrets)] };
    }
  }

  function begin(entry: Entry, config: TenantConfig): Reading {
    const reading: Reading = { hasBegun: false, done: Promise.resolve() };
    const read = async () => {
      reading.hasBegun = true;
      entry.head = await readAgain(config, entry.head);
    };
    reading.done = entry.last.then(read);
    entry.last = reading.done;
    return reading;
  }

  return {
    read(config) {
      const entry = entryOf(config);
      entry.reading ??= begin(entry, config);
      return entry.reading.done;
    },
    look: (config) => entryOf(config).head,
    forget(slug) {
      const entry = entries.get(slug);
      if (entry?.reading?.hasBegun === true) entry.reading = null;
    },
  };
}
