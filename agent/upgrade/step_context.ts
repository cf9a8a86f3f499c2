// Makes the context of one stage of a step.
import type { Plan } from '../../shared/model/plan/plan.js';
import { createProbe } from '../command/probe.js';
import { flushOutput } from '../command/flush_output.js';
import type { TenantConfig } from '../config/tenant_file/tenant_config.js';
import type { Journal } from '../store/journal.js';
import type { Site } from '../tenant/site.js';
import type { Features } from './features.js';
import type { Host } from './host.js';
import { createMemo } from './memo.js';
import type { RollbackMarker } from './rollback_marker.js';
import { createRunCommand, type CommandRunner, type Execute } from './run_command.js';
import { sayOnce, type StageContext } from './run_pipeline.js';
import type { Step, StepContext } from './step.js';

/** One upgrade, opened: the same for all its steps. */
export interface UpgradeContext {
  host: Host;
  journal: Journal;
  id: string;
  plan: Plan;
  config: TenantConfig;
  features: Features;
  secrets: readonly string[];
  site: Site;
  marker: RollbackMarker | null;
  execute: Execute;
}

/** The context of this stage; each attempt gets a new one. */
export function createStepContext(upgrade: UpgradeContext, step: Step, stageContext: StageContext): StepContext {
  const { host, journal, id, plan, config, features, site, marker } = upgrade;
  const { cancel, progress, flushJournal } = stageContext;
  const { clock, shutdown, bootId, agentUser } = host;
  const signal = AbortSignal.any([cancel, shutdown]);
  return {
    id,
    plan,
    config,
    features,
    progress,
    verdictBefore: marker?.verdict ?? null,
    clock,
    signal,
    site,
    memo: createMemo(journal),
    hasRunTenantCode: journal.events.some(
      (event) => event.type === 'command' && (event.hook !== undefined || event.migration !== undefined),
    ),
    hasRebooted: journal.events.some((event) => event.type === 'command' && event.boot_id !== bootId),
    run: createRunCommand(describeRunner(upgrade, step, stageContext)),
    probe: createProbe({ agentUid: agentUser.uid, signal }),
    say: (text) => sayOnce(journal, text),
    warn: (text) => journal.append({ type: 'warning', text }),
    async afterFlush(work) {
      await flushJournal();
      return work();
    },
  };
}

/** What runs the commands of the upgrade, whatever step they belong to. */
export function describeCommands({ host, journal, id, features, execute }: Omit<UpgradeContext, 'marker'>) {
  return { journal, execute, bootId: host.bootId, upgradeId: id, runs: features.places.runs };
}

function describeRunner(upgrade: UpgradeContext, step: Step, stageContext: StageContext): CommandRunner {
  const { config, secrets } = upgrade;
  const { stage, attempt, cancel, flushJournal } = stageContext;
  const isHook = step.name.startsWith('hooks-');
  return {
    ...describeCommands(upgrade),
    flushJournal,
    flushOutput,
    step: step.name,
    stage,
    attempt,
    // Only a lost command of `run` may fail the step. Lost commands of `prepare` and `undo` always run again.
    lost: stage !== 'run' ? 'again' : isHook ? config.hooks.lost : step.lost,
    secrets,
    cancel,
  };
}
