// Carries out the upgrade of one journal, new or left by an agent that died: opens what its configuration names, and drives.
import { AppError } from '../../shared/errors.js';
import { planSchema } from '../../shared/model/plan.js';
import { executeCommand } from '../command/execute.js';
import { createProbe } from '../command/probe.js';
import { secretsOf } from '../config/secrets.js';
import { siteOf, thawTenant } from '../config/tenant_config.js';
import { putRecordBack } from '../store/tenant_record.js';
import { endUnneeded } from './begin_upgrade.js';
import { describeFailure, describeFinish } from './describe.js';
import { runPipeline, sayOnce, type StageContext } from './run_pipeline.js';
import { createMemo } from './memo.js';
import { openFeatures } from './features.js';
import type { Host } from './host.js';
import { releaseReserve, type Journal } from '../store/journal.js';
import { pipeline } from './pipeline.js';
import type { Step, StepContext } from './step.js';
import { flushOutput } from '../store/flush_output.js';
import { createRunCommand, type Execute } from './run_command.js';
import { bringRunFoldersHome } from '../store/run_folders.js';
import { findRollbackMarker, writeRollbackMarker, removeRollbackMarker, rolledBackBefore } from './rollback_marker.js';

/** Drives the journal to its end. Rejects when the agent goes, or when that cannot be done for now. */
export async function runUpgrade(host: Host, journal: Journal): Promise<void> {
  const [begin] = journal.events;
  if (begin?.type !== 'begin') throw new AppError('internal', 'a journal that does not begin');
  if (endUnneeded(journal)) return journal.sync();
  const config = thawTenant(begin.config);
  const plan = planSchema.parse(begin.plan);
  const features = await openFeatures(host, { config, id: begin.id });
  const secrets = await secretsOf(config);
  const site = siteOf(config);
  const { clock, shutdown, launcher, bootId, agentUser } = host;
  const { id } = begin;
  const readContext = { site, probe: createProbe({ agentUid: agentUser.uid, signal: shutdown }), signal: shutdown };
  /** It bars the way forward; undoing is barred by nothing. */
  const turn = findRollbackMarker(site, id);

  const execute: Execute = (work) => executeCommand({ ...work, launcher, clock, graceMs: config.grace, shutdown });

  function createContext(row: Step, { stage, attempt, cancel, progress, flushJournal }: StageContext): StepContext {
    if (stage !== 'undo' && turn !== null) throw rolledBackBefore();
    const signal = AbortSignal.any([cancel, shutdown]);
    const isHook = row.name.startsWith('hooks-');
    // Only what goes forward can fail by being lost; what prepares and undoes is always gone on with.
    const lost = stage !== 'run' ? 'again' : isHook ? config.hooks.lost : row.lost;
    const runner = {
      journal,
      flushJournal,
      execute,
      flushOutput,
      bootId,
      folder: features.places.upgrade,
      secrets,
      cancel,
    };
    return {
      id,
      plan,
      config,
      features,
      progress,
      verdictBefore: turn?.verdict ?? null,
      clock,
      signal,
      site,
      memo: createMemo(journal),
      hasRunTenantCode: journal.events.some(
        (event) => event.type === 'command' && (event.hook !== undefined || event.migration !== undefined),
      ),
      hasRebooted: journal.events.some((event) => event.type === 'command' && event.boot_id !== bootId),
      run: createRunCommand({ ...runner, step: row.name, stage, attempt, lost }),
      probe: createProbe({ agentUid: agentUser.uid, signal }),
      say: (text) => sayOnce(journal, text),
      warn: (text) => journal.append({ type: 'warning', text }),
      async afterFlush(work) {
        await flushJournal();
        return work();
      },
    };
  }

  await runPipeline({
    pipeline,
    journal,
    stay: config.on_failure === 'stay',
    clock,
    shutdown,
    createContext,
    describeFailure: (row, error) => describeFailure(row.name, error),
    describeFinish: (end) => describeFinish(journal.events, end),
    makeRoom: () => releaseReserve(features.places.upgrade),
    writeRollbackMarker: (verdict) => writeRollbackMarker(readContext, id, { verdict }),
    async beforeFinish({ undone }) {
      await bringRunFoldersHome(features.places.upgrade);
      if (undone.has('record-version')) await putRecordBack(features.places.recordFile, plan.record);
      await removeRollbackMarker(readContext, id);
    },
  });
}
