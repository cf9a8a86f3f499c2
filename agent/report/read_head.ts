// Reads the commit of a tenant's work tree, and of a tenant without a record the version that this commit is.
import type { RunProbe } from '../command/spec.js';
import { siteOf, type TenantConfig } from '../config/tenant_config.js';
import { agentLimits } from '../limits.js';
import type { StateFolder } from '../store/state_folder.js';
import { readRecord } from '../store/tenant_record.js';
import { detectVersion } from '../tenant/git/detect_version.js';
import { findMirror } from '../tenant/git/mirror.js';
import { askGit } from '../tenant/git/work_tree/tenant_git.js';

export interface ReadHead {
  commit: string;
  /** Null also where the tenant has a record, which says it. */
  detected: string | null;
}

export interface HeadReading {
  state: Pick<StateFolder, 'mirrors' | 'recordFile'>;
  probe: RunProbe;
  signal: AbortSignal;
}

/** Throws AppError where the commit or the version cannot be read. */
export async function readHead(config: TenantConfig, { state, probe, signal }: HeadReading): Promise<ReadHead> {
  const readContext = { site: siteOf(config), probe, signal };
  const timeLimitMs = agentLimits.headRead.max;
  const commit = (await askGit(readContext, ['rev-parse', '--verify', 'HEAD^{commit}'], { timeLimitMs })).trim();
  // A record that cannot be read is told elsewhere.
  if (await hasRecord(state.recordFile(config.slug))) return { commit, detected: null };
  const mirror = await findMirror(state.mirrors, config.repo);
  const detection = { mirror, commit, tagPattern: config.tag_pattern, timeLimitMs };
  return { commit, detected: await detectVersion(readContext, detection) };
}

async function hasRecord(file: string): Promise<boolean> {
  return (await readRecord(file).catch(() => undefined)) !== null;
}
