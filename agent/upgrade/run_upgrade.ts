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
import { driveUpgrade, sayOnce, type Doing } from './run_pipeline.js';
import { createFacts } from './memo.js';
import { openFeatures } from './features.js';
import type { Host } from './host.js';
import { releaseReserve, type Journal } from '../store/journal.js';
import { pipeline } from './pipeline.js';
import type { Row, StepContext } from './step.js';
import { keepOutput } from '../store/flush_output.js';
import { createRunCommand, type Execute } from './run_command.js';
import { bringRunFoldersHome } from '../store/run_folders.js';
import { findTurnMark, leaveTurnMark, removeTurnMark, turnedBefore } from './rollback_marker.js';

/** Drives the journal to its end. Rejects when the agent goes, or when that cannot be done for now. */
export async function carryOut(host: Host, journal: Journal): Promise<void> {
  const [begin] = journal.events;
  if (begin?.type !== 'begin') throw new AppError('internal', 'a journal that does not begin');
  if (endUnneeded(journal)) return journal.sync();
  const config = thawTenant(begin.config);
  const plan = planSchema.parse(begin.plan);
  const features = await openFeatures(host, { config, id: begin.id });
  const secrets = await secretsOf(config);
  const site = siteOf(config);
  const { clock, leave, launcher, bootId, agentUser } = host;
  const { id } = begin;
  const looking = { site, probe: createProbe({ agentUid: agentUser.uid, signal: leave }), signal: leave };
  /** It bars the way forward; undoing is barred by nothing. */
  const turn = findTurnMark(site, id);

  const execute: Execute = (work) => executeCommand({ ...work, launcher, clock, graceMs: config.grace, leave });

  function createContext(row: Row, { activity, attempt, cancel, progress, secure }: Doing): StepContext {
    if (activity !== 'undo' && turn !== null) throw turnedBefore();
    const signal = AbortSignal.any([cancel, leave]);
    const isHook = row.name.startsWith('hooks-');
    // Only what goes forward can fail by being lost; what prepares and undoes is always gone on with.
    const lost = activity !== 'run' ? 'again' : isHook ? config.hooks.lost : row.lost;
    const runner = { journal, secure, execute, keepOutput, bootId, folder: features.places.upgrade, secrets, cancel };
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
      facts: createFacts(journal),
      hasRunTenantCode: journal.events.some(
        (event) => event.type === 'command' && (event.hook !== undefined || event.migration !== undefined),
      ),
      hasRebooted: journal.events.some((event) => event.type === 'command' && event.boot_id !== bootId),
      run: createRunCommand({ ...runner, step: row.name, activity, attempt, lost }),
      probe: createProbe({ agentUid: agentUser.uid, signal }),
      say: (text) => sayOnce(journal, text),
      warn: (text) => journal.append({ type: 'warning', text }),
      async effect(work) {
        await secure();
        return work();
      },
    };
  }

  await driveUpgrade({
    pipeline,
    journal,
    stay: config.on_failure === 'stay',
    clock,
    leave,
    createContext,
    describeFailure: (row, error) => describeFailure(row.name, error),
    describeFinish: (end) => describeFinish(journal.events, end),
    makeRoom: () => releaseReserve(features.places.upgrade),
    leaveTurnMark: (verdict) => leaveTurnMark(looking, id, { verdict }),
    async settle({ undone }) {
      await bringRunFoldersHome(features.places.upgrade);
      if (undone.has('record-version')) await putRecordBack(features.places.recordFile, plan.record);
      await removeTurnMark(looking, id);
    },
  });
}
