// The reports of this host. `onChange` is called after a change and at intervals; a report is made only when asked for.
import { forOutside } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import { toReportedProblem, type HostFacts, type Report } from '../../shared/model/report/report.js';
import { createProbe } from '../command/probe.js';
import { siteOf } from '../config/tenant_file/tenant_config.js';
import type { Tenants } from '../config/watch_tenants.js';
import type { StateFolder } from '../store/state_folder.js';
import { fitReport } from './fit_report.js';
import { createHeads, type Heads } from './heads.js';
import { readFacts } from './host_facts.js';
import { readFigures } from './host_figures.js';
import { createLatestUpgrades, type LatestUpgrades } from './latest_upgrades.js';
import { createHeadReader } from './read_head.js';
import { createReportPace } from './report_pace.js';
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
  clock: Clock;
  random: () => number;
  shutdown: AbortSignal;
  log: Log;
  /** Called when something has changed, and at intervals. */
  onChange: () => void;
}

/** The figures of the host are read at this interval, which starts no process. */
const everyMs = 5 * 60_000;
/** At every so many of these intervals the commits are read anew, in case no change was seen. */
const headsEvery = 6;
/** A report waits so long for the commits of work trees. Those that come later make another report. */
const patienceMs = 1000;

/** Begins to watch; the first report is made when it is asked for. */
export function startReports(options: ReportsOptions): Reports {
  const { state, tenants, agentUid, clock, random, shutdown, log, onChange } = options;
  const facts = readFacts();
  facts.catch((error: unknown) => log.warn({ err: error }, 'the facts of this host cannot be read'));
  const latest = createLatestUpgrades(state);
  const heads = createHeads(createHeadReader({ state, probe: createProbe({ agentUid, signal: shutdown }) }));
  const pace = createReportPace(clock, onChange);

  function change(by: 'tenant' | 'host', slugs: Iterable<string>): void {
    for (const slug of slugs) heads.forget(slug);
    pace.note(by);
  }

  const watching = watchHeads({ agentUid, clock, random, onMove: (slugs) => change('tenant', slugs) });
  const follow = () => {
    watching.follow([...tenants.list().good.values()].map(siteOf));
  };
  follow();
  const stopListening = tenants.onChange(() => {
    follow();
    change('host', tenants.list().good.keys());
  });
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
    change('host', ticks % headsEvery === 0 ? tenants.list().good.keys() : []);
  }, everyMs);

  /** Returns once all commits are read, or after a moment: a slow tenant must not hold up the others' report. */
  async function readHeads(): Promise<void> {
    const reading = Promise.all([...tenants.list().good.values()].map((config) => heads.read(config)));
    const waiting = new AbortController();
    const late = clock.wait(patienceMs, AbortSignal.any([waiting.signal, shutdown])).then(
      () => 'late',
      () => 'read',
    );
    const first = await Promise.race([reading.then(() => 'read'), late]);
    waiting.abort();
    if (first === 'late') void reading.then(() => (shutdown.aborted ? undefined : pace.note('tenant')));
  }

  return {
    async make() {
      await readHeads();
      return makeReport({ state, tenants, latest, heads, facts: await facts });
    },
    noteUpgrade(id) {
      const tenant = latest.note(id);
      if (tenant !== null) change('host', [tenant]);
    },
    async close() {
      clearInterval(ticking);
      pace.close();
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
  facts: HostFacts;
}): Promise<Report> {
  const { state, tenants, latest, heads, facts } = sources;
  const { good, problems } = tenants.list();
  const slugs = new Set([...good.keys(), ...problems.flatMap(({ slug }) => slug ?? [])]);
  const reported: Report['tenants'] = [];
  for (const slug of [...slugs].toSorted()) {
    const config = good.get(slug) ?? null;
    const head = config === null ? { commit: null, detected: null, problems: [] } : heads.look(config);
    const ofFile = problems
      .filter((problem) => problem.slug === slug)
      .map(({ error }) => toReportedProblem(forOutside(error)));
    const found = { slug, config, latest: await latest.find(slug), head };
    reported.push(await reportTenant(state, { ...found, problems: [...ofFile, ...head.problems] }));
  }
  return fitReport({
    type: 'report',
    facts,
    figures: await readFigures(state.folder),
    tenants: reported,
    problems: problems.filter(({ slug }) => slug === null).map(({ error }) => toReportedProblem(error)),
  });
}
