// Reads the commits of tenants' work trees, and of a tenant without a record the version that this commit is.
import { AppError } from '../../shared/errors.js';
import type { RunProbe } from '../command/spec.js';
import { siteOf, type TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { StateFolder } from '../store/state_folder.js';
import { readRecord } from '../store/tenant_record.js';
import { createVersionDetector } from '../tenant/git/detect_version.js';
import { findMirror } from '../tenant/git/mirror.js';
import { isObjectId } from '../tenant/git/object_id.js';
import { createCommitReader } from '../tenant/git/work_tree/head_commits.js';

export interface ReadHead {
  commit: string;
  /** Null also where the tenant has a record, which says it. */
  detected: string | null;
}

export interface HeadReading {
  state: Pick<StateFolder, 'mirrors' | 'recordFile'>;
  probe: RunProbe;
}

/** Throws AppError where the commit or the version cannot be read. */
export type HeadReader = (config: TenantConfig) => Promise<ReadHead>;

/** For a few tenants or for hundreds: those that are read at a time share a process. */
export function createHeadReader({ state, probe }: HeadReading): HeadReader {
  const readCommit = createCommitReader(probe);
  const detectVersion = createVersionDetector(probe);
  return async (config) => {
    const { user, appDir: workTree } = siteOf(config);
    // Git may print warnings before it.
    const commit = (await readCommit(user, workTree)).split('\n').at(-1) ?? '';
    if (!isObjectId(commit)) throw new AppError('work-tree', `git names no commit in ${workTree.shown}: ${commit}`);
    // A record that cannot be read is told elsewhere.
    if (await hasRecord(state.recordFile(config.slug))) return { commit, detected: null };
    const mirror = await findMirror(state.mirrors, config.repo);
    const tagPattern = config.tag_pattern;
    return { commit, detected: await detectVersion({ user, workTree, mirror, commit, tagPattern }) };
  };
}

async function hasRecord(file: string): Promise<boolean> {
  return (await readRecord(file).catch(() => undefined)) !== null;
}
