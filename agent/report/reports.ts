// The reports of this host: made when they are asked for, and called for when something changed, or now and then.
import type { Log } from '../../shared/os/log.js';
import { toReportedProblem, type Report, type ReportedProblem } from '../../shared/model/report.js';
import { createProbe } from '../command/probe.js';
import type { TenantConfig } from '../config/tenant_config.js';
import type { Tenants } from '../config/watch_tenants.js';
import { siteOf } from '../config/tenant_config.js';
import { askGit } from '../tenant/git/tenant_git.js';
import type { StateFolder } from '../store/state_folder.js';
import { readDisk, readLastingFacts } from './host_facts.js';
import { createLatestUpgrades } from './latest_upgrades.js';
import { reportTenant } from './report_tenant.js';
import { watchHeads } from './watch_heads.js';

export interface Reports {
  make(): Promise<Report>;
  /** An upgrade has begun, gone on or ended. */
  noteUpgrade(id: string): void;
  close(): Promise<void>;
}

export interface ReportsOptions {
  state: StateFolder;
  tenants: Tenants;
  agentUid: number;
  shutdown: AbortSignal;
  log: Log;
  /** Called when there is something new to report, and now and then. */
  onChange: () => void;
}

/** One change seldom comes alone: git writes twice, an upgrade ends and its record is there. */
const settleMs = 200;
const everyMs = 5 * 60_000;

interface Head {
  commit: string | null;
  problems: ReportedProblem[];
}

export function startReports(options: ReportsOptions): Reports {
  const { state, tenants, agentUid, shutdown, log, onChange } = options;
  const probe = createProbe({ agentUid, signal: shutdown });
  const facts = readLastingFacts();
  facts.catch((error: unknown) => log.warn({ err: error }, 'the facts of this host cannot be read'));
  const latest = createLatestUpgrades(state);
  /** Of the tenants whose work trees have not moved since. */
  const heads = new Map<string, Promise<Head>>();
  let settling: NodeJS.Timeout | null = null;

  function change(slugs: Iterable<string>): void {
    for (const slug of slugs) heads.delete(slug);
    settling ??= setTimeout(() => {
      settling = null;
      onChange();
    }, settleMs);
  }

  const watching = watchHeads((slug) => change([slug]));
  const follow = () => {
    const { good } = tenants.list();
    watching.follow(new Map([...good].map(([slug, config]) => [slug, config.app_dir])));
  };
  follow();
  const stopListening = tenants.onChange(() => {
    follow();
    change(tenants.list().good.keys());
  });
  const ticking = setInterval(() => change([...heads.keys()]), everyMs);

  function findHead(config: TenantConfig): Promise<Head> {
    const known = heads.get(config.slug);
    if (known !== undefined) return known;
    const readContext = { site: siteOf(config), probe, signal: shutdown };
    const head = askGit(readContext, ['rev-parse', '--verify', 'HEAD^{commit}']).then(
      (text) => ({ commit: text.trim(), problems: [] }),
      (error: unknown) => ({ commit: null, problems: [toReportedProblem(error)] }),
    );
    heads.set(config.slug, head);
    return head;
  }

  return {
    async make() {
      const { good, problems } = tenants.list();
      const slugs = new Set([...good.keys(), ...problems.flatMap(({ slug }) => slug ?? [])]);
      const reported: Report['tenants'] = [];
      for (const slug of [...slugs].toSorted()) {
        const config = good.get(slug) ?? null;
        // One at a time: each is a process.
        const head = config === null ? { commit: null, problems: [] } : await findHead(config);
        const ofFile = problems.filter((problem) => problem.slug === slug).map(({ error }) => toReportedProblem(error));
        const sight = { slug, config, latest: await latest.find(slug), head: head.commit };
        reported.push(await reportTenant(state, { ...sight, problems: [...ofFile, ...head.problems] }));
      }
      return {
        type: 'report',
        facts: { ...(await facts), state_disk: await readDisk(state.folder) },
        tenants: reported,
        problems: problems.filter(({ slug }) => slug === null).map(({ error }) => toReportedProblem(error)),
      };
    },
    noteUpgrade(id) {
      const tenant = latest.look(id);
      if (tenant !== null) change([tenant]);
    },
    async close() {
      clearInterval(ticking);
      if (settling !== null) clearTimeout(settling);
      stopListening();
      await watching.close();
    },
  };
}
