// The steps of an upgrade, in the order of the release-hook contract. Plan, progress, rollback, recovery, cancel and
// the documents all derive from them. `lost`: whether a lost command runs again. `cancel`: whether a cancel may stop
// the step.
import type { StepName } from '../../shared/model/step_names.js';
import type { Step } from './step.js';
import { backupDatabase } from './steps/backup_database.js';
import { checkout } from './steps/checkout.js';
import { determineVersion } from './steps/determine_version.js';
import { fetch } from './steps/fetch.js';
import { healthCheck } from './steps/health_check.js';
import { hooks } from './steps/hooks.js';
import { installRequirements } from './steps/install_requirements.js';
import { migrate } from './steps/migrate.js';
import { recordVersion } from './steps/record_version.js';
import { startServices } from './steps/start_services.js';
import { stopServices } from './steps/stop_services.js';

const defineStep = (name: StepName, does: string, rest: Omit<Step, 'name' | 'does'>): Step => ({
  name,
  does,
  ...rest,
});

/** The pipeline. Undoing walks the begun steps backwards; the start of `start-services` is the commit point. */
export const pipeline: readonly Step[] = [
  defineStep('stop-services', 'Stop the services and remember which of them ran', {
    undone: 'start the services that ran before; they must pass the health check on the old version',
    undoing: 'starting the old version again',
    undoneOnStay: true,
    lost: 'again',
    cancel: 'now',
    ...stopServices,
  }),
  defineStep(
    'backup-database',
    'Back up the database, `rollback.files` and the local modifications; list the hook markers',
    {
      undone:
        'restore the database if a hook or migration began since; restore `rollback.files`; remove new hook markers',
      undoing: 'restoring the data from before the upgrade',
      lost: 'again',
      cancel: 'now',
      ...backupDatabase,
    },
  ),
  defineStep('fetch', 'Confirm that the pinned commit is in the mirror; the plan has already fetched the tags', {
    lost: 'again',
    cancel: 'now',
    ...fetch,
  }),
  defineStep(
    'determine-version',
    'Confirm that the current version is as planned; keep the target commit that the plan pinned',
    {
      lost: 'again',
      cancel: 'now',
      ...determineVersion,
    },
  ),
  defineStep('hooks-pre-pull', 'Run the pre-pull hooks of every crossed tag, oldest first', {
    undone: 'restore the tracked files that they modified',
    undoing: 'restoring the files that the pre-pull hooks modified',
    lost: 'again',
    cancel: 'now',
    ...hooks('pre-pull'),
  }),
  defineStep('checkout', 'Check out the target; its objects are already in the repository', {
    undone: 'check out the old commit, with the local modifications it had',
    undoing: 'checking the old version out again',
    lost: 'again',
    cancel: 'now',
    ...checkout,
  }),
  defineStep('hooks-post-pull', 'Run the post-pull hooks, which include `<tag>.sh`', {
    lost: 'again',
    cancel: 'now',
    ...hooks('post-pull'),
  }),
  defineStep('install-requirements', 'Install the requirements, or switch to the environment built ahead', {
    undone: 'restore the old environment',
    undoing: 'restoring the old environment',
    lost: 'again',
    cancel: 'now',
    ...installRequirements,
  }),
  defineStep('hooks-pre-migrate', 'Run the pre-migrate hooks', {
    lost: 'again',
    cancel: 'now',
    ...hooks('pre-migrate'),
  }),
  defineStep('migrate', 'Run the migrations that the tenant has not had yet', {
    lost: 'fail',
    cancel: 'force',
    ...migrate,
  }),
  defineStep('hooks-post-migrate', 'Run the post-migrate hooks', {
    lost: 'again',
    cancel: 'now',
    ...hooks('post-migrate'),
  }),
  defineStep('record-version', 'Record the version, and a fingerprint of the database before anyone can write to it', {
    undone: 'restore the old record',
    undoing: 'restoring the old record',
    lost: 'again',
    cancel: 'now',
    ...recordVersion,
  }),
  defineStep('start-services', 'Start the services that ran before; the start of this step is the commit point', {
    undone: 'stop the services; continue the rollback only if it loses no data',
    undoing: 'stopping the new version',
    lost: 'again',
    cancel: 'never',
    ...startServices,
  }),
  defineStep('health-check', 'Check that the tenant is healthy, several times in a row', {
    lost: 'again',
    cancel: 'never',
    ...healthCheck,
  }),
];
