// What `systemctl status` shows of the agent: the running upgrades with their steps, and what is wrong with its files.
import path from 'node:path';
import { labelStep } from '../../shared/model/journal/describe_step.js';
import type { TenantProblem } from '../config/load.js';
import type { Tenants } from '../config/watch_tenants.js';
import type { ActiveUpgrade } from '../scheduler/active_upgrade.js';
import type { Journal } from '../store/journal.js';

/** What is shown of an upgrade. */
export interface ShownUpgrade extends Pick<ActiveUpgrade, 'tenant' | 'waiting'> {
  journal: Pick<Journal, 'events'> | null;
}

export interface ServiceStatus {
  /** To be called when an upgrade is accepted or begins. */
  noteUpgrade(): void;
  /** To be called when one has ended. */
  noteEnd(): void;
  /** What is shown before all else until it is null. */
  setProblem(problem: string | null): void;
  /** Tells for the last time: what the next agent goes on with. */
  close(): void;
}

export interface ServiceStatusOptions {
  upgrades: { list(): readonly ShownUpgrade[] };
  tenants: Pick<Tenants, 'count' | 'list' | 'onChange'>;
  tell: (text: string) => void;
}

/** A step that is over in less is not shown. */
const everyMs = 1000;
/** Others are counted. */
const maxShown = 5;

/** Tells the state now, and while an upgrade is there when it changes: the end of one at once, all else within a second. */
export function startServiceStatus({ upgrades, tenants, tell }: ServiceStatusOptions): ServiceStatus {
  let timer: NodeJS.Timeout | null = null;
  let problem: string | null = null;
  let told = '';

  function tellNew(text: string): void {
    if (text !== told) tell(text);
    told = text;
  }

  function show(): void {
    const problems = [...(problem === null ? [] : [problem]), ...describeMistakes(tenants.list().problems)];
    tellNew([...problems, describeUpgrades(upgrades.list()) || describeRest(tenants.count())].join('; '));
  }

  function look(): void {
    show();
    if (upgrades.list().length > 0) return;
    clearInterval(timer ?? undefined);
    timer = null;
  }

  show();
  const stopListening = tenants.onChange(show);
  return {
    noteUpgrade() {
      if (timer !== null) return;
      timer = setInterval(look, everyMs);
      show();
    },
    noteEnd: look,
    setProblem(text) {
      problem = text;
      show();
    },
    close() {
      clearInterval(timer ?? undefined);
      stopListening();
      const left = describeUpgrades(upgrades.list());
      tellNew(left === '' ? 'stopped' : `stopped; the next agent goes on with ${left}`);
    },
  };
}

const describeRest = (tenants: number) => `no upgrade runs; ${tenants} ${tenants === 1 ? 'tenant' : 'tenants'}`;

/** Which tenant files cannot be used as they are, in short. */
function describeMistakes(problems: readonly Pick<TenantProblem, 'file'>[]): string[] {
  const [first, ...others] = new Set(problems.map(({ file }) => path.basename(file)));
  if (first === undefined) return [];
  const where = others.length === 0 ? first : `${others.length + 1} tenant files`;
  return [`mistakes in ${where} (drover-agent check)`];
}

/** Such as `testsite: v0.3.0 -> v0.4.0 [10/14 migrate]; 2 wait for their turn`; empty where there is none. */
function describeUpgrades(upgrades: readonly ShownUpgrade[]): string {
  const begun = upgrades.filter(({ waiting }) => waiting !== 'queued');
  const queued = upgrades.length - begun.length;
  return [
    ...begun.slice(0, maxShown).map(describe),
    ...(begun.length > maxShown ? [`${begun.length - maxShown} more run`] : []),
    ...(queued === 0 ? [] : [`${queued} ${queued === 1 ? 'waits for its' : 'wait for their'} turn`]),
  ].join('; ');
}

function describe({ tenant, journal }: ShownUpgrade): string {
  const begin = journal?.events[0];
  if (begin?.type !== 'begin') return `${tenant}: the plan is made`;
  const { current_version: from, plan, request } = begin;
  const step = journal?.events.findLast((event) => event.type === 'step-begin');
  const label = step === undefined ? '' : ` [${labelStep(step).trim()}]`;
  return `${tenant}: ${from ?? 'unknown'} -> ${plan?.target?.version ?? request.version}${label}`;
}
