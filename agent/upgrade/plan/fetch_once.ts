// Asks each remote once, however many plans need it.
import type { TenantConfig } from '../../config/tenant_file/tenant_config.js';
import { fetchMirror, type MovedTag } from '../../tenant/git/fetch_mirror.js';
import type { Features } from '../features.js';

export interface Fetching {
  features: Pick<Features, 'mirror' | 'withMirror'>;
  config: Pick<TenantConfig, 'repo_auth' | 'time_limits'>;
  signal: AbortSignal;
}

/** Brings the tags of a tenant's mirror up to date, as `fetchMirror` does; resolves with the tags that moved. */
export type FetchTags = (fetching: Fetching) => Promise<readonly MovedTag[]>;

/**
 * A remote is asked by the first that needs it, and all who ask with the same credentials share its answer, or its failure.
 */
export function createFetchOnce(): FetchTags {
  const answers = new Map<string, Promise<readonly MovedTag[]>>();
  return ({ features, config, signal }) => {
    const { fetch: timeLimitMs, stall: stallLimitMs } = config.time_limits;
    // Whoever may not read the remote learns nothing of what another may.
    const key = JSON.stringify([features.mirror.folder, config.repo_auth]);
    const fetch = () => fetchMirror(features.mirror, { timeLimitMs, stallLimitMs, signal });
    const answer = answers.get(key) ?? features.withMirror(fetch).then(({ movedTags }) => movedTags);
    answers.set(key, answer);
    return answer;
  };
}
