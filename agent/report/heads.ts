// The commits that the tenants' work trees are on, each read once until it is forgotten.
import { toReportedProblem, type ReportedProblem } from '../../shared/model/report.js';
import type { RunProbe } from '../command/spec.js';
import { secretsOf } from '../config/secrets.js';
import { siteOf, type TenantConfig } from '../config/tenant_config.js';
import type { ReadContext } from '../tenant/site.js';
import { askGit } from '../tenant/git/work_tree/tenant_git.js';

export interface Head {
  /** Null where it could not be read; the problems say why. */
  commit: string | null;
  problems: ReportedProblem[];
}

export interface Heads {
  /** Returns the cached commit, or reads it. Never rejects. */
  find(config: TenantConfig): Promise<Head>;
  /** Drops the cached commit, because HEAD may have moved. */
  forget(slug: string): void;
  /** The slugs of all cached commits. */
  slugs(): string[];
}

async function readHead(readContext: ReadContext, config: TenantConfig): Promise<Head> {
  try {
    return { commit: (await askGit(readContext, ['rev-parse', '--verify', 'HEAD^{commit}'])).trim(), problems: [] };
  } catch (error) {
    const secrets = await secretsOf(config).catch(() => []);
    return { commit: null, problems: [toReportedProblem(error, secrets)] };
  }
}

/** None read yet. */
export function createHeads({ probe, signal }: { probe: RunProbe; signal: AbortSignal }): Heads {
  const heads = new Map<string, Promise<Head>>();
  return {
    find(config) {
      const known = heads.get(config.slug);
      if (known !== undefined) return known;
      const readContext = { site: siteOf(config), probe, signal };
      const head = readHead(readContext, config);
      heads.set(config.slug, head);
      return head;
    },
    forget: (slug) => void heads.delete(slug),
    slugs: () => [...heads.keys()],
  };
}
