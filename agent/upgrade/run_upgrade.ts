// Runs the upgrade of one journal, new or left by an earlier agent: opens the tenant's features and runs the pipeline.
import { AppError } from '../../shared/errors.js';
import { planSchema } from '../../shared/model/plan/plan.js';
import { executeCommand } from '../command/execute.js';
import { isDiskError } from '../command/os_errors.js';
import { createProbe } from '../command/probe.js';
import { findConfig } from '../config/tenant_file/renew_tenant.js';
import { secretsOf } from '../config/tenant_file/secrets.js';
import { siteOf, thawTenant } from '../config/tenant_file/tenant_config.js';
import type { ReadContext, Site } from '../tenant/site.js';
import { putRecordBack, readRecord, writeRecord } from '../store/tenant_record.js';
import { endUnneeded } from './begin_upgrade.js';
import { startServicesAtHold } from './actions/start_stopped_services.js';
import { endOpenCommands } from './end_open_commands.js';
import { describeFailure, describeFinish } from './describe.js';
import { findServicesState } from './find_services_state.js';
import { runPipeline } from './run_pipeline.js';
import { openFeatures } from './features.js';
import type { Host } from './host.js';
import { listMadeFiles } from './made_files.js';
import { createMemo } from './memo.js';
import { holdReserve, releaseReserve, type Journal } from '../store/journal.js';
import { pipeline } from './pipeline.js';
import type { Step } from './step.js';
import type { StepName } from '../../shared/model/step_names.js';
import { createStepContext, describeCommands, type UpgradeContext } from './step_context.js';
import { bringRunFoldersHome } from '../store/run_folders.js';
import { findRollbackMarker, writeRollbackMarker, removeRollbackMarker } from './rollback_marker.js';

/** Runs the upgrade to its end. Rejects when the agent ends, or when it cannot continue now. May be called again. */
export async function runUpgrade(host: Host, journal: Journal): Promise<void> {
  if (endUnneeded(journal)) return journal.sync();
  const upgrade = await openUpgrade(host, journal);
  const { id, site, plan, config, features } = upgrade;
  await holdReserve(features.places.upgrade);
  const { clock, shutdown } = host;
  const readContext = readContextOf(host, site);
  const marker = mayBeRolledBack(journal) ? await findRollbackMarker(readContext, id) : null;
  let isMarked = marker !== null;
  await writeFirstRecord(upgrade);
  await runPipeline({
    pipeline,
    journal,
    stay: config.on_failure === 'stay',
    marker,
    clock,
    shutdown,
    createContext: (step, stageContext) => createStepContext({ ...upgrade, marker }, step, stageContext),
    endCommands: () => endOpenCommands(describeCommands(upgrade), site.user),
    describeFailure,
    beforeHold: (createContext) => startServicesAtHold(createContext(stopStep)),
    describeFinish: async (end) =>
      describeFinish(journal.events, {
        ...end,
        services: await findServicesState({ features, readContext, journal }, end),
      }),
    makeRoom: () => releaseReserve(features.places.upgrade),
    writeRollbackMarker(verdict) {
      isMarked = true;
      return writeRollbackMarker(readContext, id, { verdict });
    },
    async beforeFinish({ undone }) {
      await bringRunFoldersHome(features.places.runs);
      const made = listMadeFiles({ id, memo: createMemo(journal), database: features.database });
      for (const files of made) await features.ledger.note(files);
      if (undone.has('record-version')) await putRecordBack(features.places.recordFile, plan.record);
      if (isMarked) await removeRollbackMarker(readContext, id);
    },
  });
  releaseReserve(features.places.upgrade);
}

function readContextOf({ agentUser, shutdown }: Host, site: Site): ReadContext {
  return { site, probe: createProbe({ agentUid: agentUser.uid, signal: shutdown }), signal: shutdown };
}

const stopStep = findStep('stop-services');

function findStep(name: StepName): Step {
  const step = pipeline.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`the pipeline has no step ${name}`);
  return step;
}

/**
 * The record of a tenant that had none, before anything of the tenant changes: after a rollback it says what is there.
 * Where the disk takes nothing, the journal's own events decide what becomes of the upgrade.
 */
async function writeFirstRecord({ journal, plan, features }: Omit<UpgradeContext, 'marker'>): Promise<void> {
  if (mayBeRolledBack(journal) || plan.record === null) return;
  const { recordFile } = features.places;
  try {
    if ((await readRecord(recordFile)) === null) await writeRecord(recordFile, plan.record);
  } catch (error) {
    if (!isDiskError(error)) throw error;
  }
}

/** An upgrade that has begun no step was not rolled back, and has no marker. */
function mayBeRolledBack({ events }: Journal): boolean {
  return events.some(({ type }) => type === 'step-begin');
}

/** Opens what the journal's first event names. */
async function openUpgrade(host: Host, journal: Journal): Promise<Omit<UpgradeContext, 'marker'>> {
  const [begin] = journal.events;
  if (begin?.type !== 'begin') throw new AppError('internal', 'the journal has no begin event');
  const { id } = begin;
  const { clock, shutdown, launcher } = host;
  const config = thawTenant(findConfig(journal.events));
  const plan = planSchema.parse(begin.plan);
  const features = await openFeatures(host, { config, id });
  const secrets = await secretsOf(config);
  const site = siteOf(config);
  return {
    host,
    journal,
    id,
    plan,
    config,
    features,
    secrets,
    site,
    execute: (work) => executeCommand({ ...work, launcher, clock, graceMs: config.grace, shutdown }),
  };
}
