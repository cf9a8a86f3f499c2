// The reports of this host. `onChange` is called after a change and at intervals; a report is made only when asked for.
import type { Log } from '../../shared/os/log.js';
import { toReportedProblem, type Report } from '../../shared/model/report.js';
import { createProbe } from '../command/probe.js';
import type { Tenants } from '../config/watch_tenants.js';
import type { StateFolder } from '../store/state_folder.js';
import { fitReport } from './fit_report.js';
import { createHeads, type Heads } from './heads.js';
import { readDisk, readLastingFacts, type LastingFacts } from './host_facts.js';
import { createLatestUpgrades, type LatestUpgrades } from './latest_upgrades.js';
import { reportTenant } from './report_tenant.js';
import { watchHeads } from './watch_heads.js';

export interface Reports {
  /** The host and its tenants as they are now. */
  make(): Promise<Report>;
  /** To be called when an upgrade has begun, continued or ended. */
  noteUpgrade(id: string): void;
  close(): Promise<void>;
}

export interface ReportsOptions {
  state: StateFolder;
  tenants: Tenants;
  agentUid: number;
  shutdown: AbortSignal;
  log: Log;
  /** Called when something has changed, and at intervals. */
  onChange: () => void;
}

/** Changes come in groups: git writes twice; an upgrade ends and writes its record. */
const quietMs = 200;
const everyMs = 5 * 60_000;

/** Begins to watch; the first report is made when it is asked for. */
export function startReports(options: ReportsOptions): Reports {
  const { state, tenants, agentUid, shutdown, log, onChange } = options;
  const facts = readLastingFacts();
  facts.catch((error: unknown) => log.warn({ err: error }, 'the facts of this host cannot be read'));
  const latest = createLatestUpgrades(state);
  const heads = createHeads({ probe: createProbe({ agentUid, signal: shutdown }), signal: shutdown });
  let waiting: NodeJS.Timeout | null = null;

  function change(slugs: Iterable<string>): void {
    for (const slug of slugs) heads.forget(slug);
    waiting ??= setTimeout(() => {
      waiting = null;
      onChange();
    }, quietMs);
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
  const ticking = setInterval(() => change(heads.slugs()), everyMs);

  return {
    make: async () => makeReport({ state, tenants, latest, heads, facts: await facts }),
    noteUpgrade(id) {
      const tenant = latest.note(id);
      if (tenant !== null) change([tenant]);
    },
    async close() {
      clearInterval(ticking);
      if (waiting !== null) clearTimeout(waiting);
      stopListening();
      await watching.close();
    },
  };
}

async function makeReport(sources: {
  state: StateFolder;
  tenants: Tenants;
  latest: LatestUpgrades;
  heads: Heads;
  facts: LastingFacts;
}): Promise<Report> {
  const { state, tenants, latest, heads, facts } = sources;
  const { good, problems } = tenants.list();
  const slugs = new Set([...good.keys(), ...problems.flatMap(({ slug }) => slug ?? [])]);
  const reported: Report['tenants'] = [];
  for (const slug of [...slugs].toSorted()) {
    const config = good.get(slug) ?? null;
    // One at a time: each is a process.
    const head = config === null ? { commit: null, problems: [] } : await heads.find(config);
    const ofFile = problems.filter((problem) => problem.slug === slug).map(({ error }) => toReportedProblem(error));
    const found = { slug, config, latest: await latest.find(slug), head: head.commit };
    reported.push(await reportTenant(state, { ...found, problems: [...ofFile, ...head.problems] }));
  }
  return fitReport({
    type: 'report',
    facts: { ...facts, state_disk: await readDisk(state.folder) },
    tenants: reported,
    problems: problems.filter(({ slug }) => slug === null).map(({ error }) => toReportedProblem(error)),
  });
}
