// A release hook as a command, and the DEPLOY_* variables of hooks and migrations.
import path from 'node:path';
import type { CommandSpec } from '../../command/spec.js';
import type { Environment } from '../../command/tenant_path.js';
import type { PlannedHook } from '../../../shared/model/plan/plan.js';
import { durableIn, tenantCommand, type Site } from '../site.js';
import { inUnit } from '../unit_limits.js';

/** The upgrade, as far as the variables of hooks and migrations name it. */
export interface Deployment {
  id: string;
  targetTag: string;
  previousTag: string;
  /** Empty when this upgrade makes no backup. */
  backupPath: string;
}

/** The environment of hooks and migrations. DEPLOY_TAG is the target; for a hook it is the hook's own tag. */
export function deployEnvironment(site: Site, upgrade: Deployment): Environment {
  return {
    ...site.env,
    DEPLOY_TAG: upgrade.targetTag,
    DEPLOY_TARGET_TAG: upgrade.targetTag,
    DEPLOY_PREVIOUS_TAG: upgrade.previousTag,
    DEPLOY_UPGRADE_ID: upgrade.id,
    DEPLOY_BACKUP_PATH: upgrade.backupPath,
  };
}

export interface HookToRun {
  site: Site;
  hook: PlannedHook;
  /** Where `exportHooks` put the files. */
  exportDir: string;
  upgrade: Deployment;
  timeLimitMs: number;
}

/** Runs the exported file with its interpreter, so the file needs no execute bit. The working folder is APP_DIR. */
export function hookCommand({ site, hook, exportDir, upgrade, timeLimitMs }: HookToRun): CommandSpec {
  const { tag, phase, file, sha256 } = hook;
  const [program = '/bin/bash', ...options] = hook.interpreter;
  return tenantCommand(site, {
    title: `${phase}: ${file}`,
    argv: [program, ...options, path.join(exportDir, file)],
    env: { ...deployEnvironment(site, upgrade), DEPLOY_TAG: tag, DEPLOY_PHASE: phase },
    timeLimitMs,
    durable: durableIn(site, site.appDir, site.dataDir),
    hook: { tag, phase, file, sha256 },
    ...inUnit(site),
  });
}
