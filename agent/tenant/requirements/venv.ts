// Requirements in a virtual environment: built beside the one in use; a symlink switches to it; the old one is kept.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import type { Word } from '../../command/tenant_path.js';
import { exportTree } from '../export_tree.js';
import type { DiskNeed } from '../database/port.js';
import { estimateBytes, requireWritableFolder } from '../plan_folders.js';
import { minimalEnvironment, tenantCommand, type ReadContext, type RunContext } from '../site.js';
import { areThere } from '../tenant_files.js';
import { inUnit } from '../unit_limits.js';
import { readRequirementFiles } from './requirement_files.js';
import type { Requirements, RequirementsAnswer, RequirementsQuestion, RequirementsWork } from './port.js';
import { hashFiles } from './build_files.js';
import { quietInstallers } from './quiet_installers.js';
import type { VenvConfig } from './schema.js';
import { chooseVenvKey, rebuildName } from './venv_key.js';
import { buildScript, discardScript, isReadyScript, switchScript, undoScript } from './venv_scripts.js';

/** The adapter for the keys `requirements.file` and `requirements.venv`. */
export function openVenv(config: VenvConfig): Requirements {
  const { file, venv, python } = config;

  /** Runs a script whose first argument is the symlink's path. */
  async function runScript(
    { site, run }: RunContext,
    { timeLimitMs }: RequirementsWork,
    { key, title, script, words }: { key: string; title: string; script: string; words: string[] },
  ): Promise<void> {
    const env = minimalEnvironment(site.user);
    const argv = ['sh', '-c', script, 'sh', linkOf(venv), ...words] as const;
    await run(key, tenantCommand(site, { title, argv, env, timeLimitMs }));
  }

  /** One command builds the whole environment. A second run never takes an interrupted build for a finished one. */
  async function build({ site, run }: RunContext, work: RequirementsWork, requirements: Word): Promise<void> {
    const environment = site.appDir.join(`${venv}.d`, keyOf(work));
    const argv = ['sh', '-c', buildScript, 'sh', environment, python, requirements] as const;
    const title = `build the environment for ${file}`;
    const env = quietInstallers(site.env);
    // What is installed may bring code of its own that builds it.
    await run('build', tenantCommand(site, { title, argv, env, timeLimitMs: work.timeLimitMs, ...inUnit(site) }));
  }

  return {
    plan: (asked) => planVenv(config, asked),
    readPrevious: (readContext) => readLink(venv, readContext),

    async prepare(context, work) {
      if (work.plan.action !== 'ahead') return;
      const { entries } = await readRequirementFiles(work.tree, work.targetCommit, file);
      await exportTree(work.tree, { entries, folder: work.exportDir, gid: context.site.user.gid });
      await build(context, work, path.join(work.exportDir, file));
    },

    async install(context, work) {
      const { action } = work.plan;
      if (action !== 'ahead' && action !== 'in-place') return;
      if (action === 'in-place') await build(context, work, context.site.appDir.join(file));
      const words = [linkTarget(venv, keyOf(work))];
      await runScript(context, work, { key: 'switch', title: `switch ${venv}`, script: switchScript, words });
    },

    async undo(context, work) {
      const words = [work.previous ?? ''];
      await runScript(context, work, { key: 'switch-back', title: `switch ${venv} back`, script: undoScript, words });
    },

    async discard(context, work) {
      const title = `remove old environments of ${venv}`;
      await runScript(context, work, { key: 'discard', title, script: discardScript, words: [work.previous ?? ''] });
    },
  };
}

/** The symlink, from `app_dir`. */
const linkOf = (venv: string) => `./${venv}`;
/** The symlink's text: a folder in `<venv>.d`, relative to the folder of the symlink. */
const linkTarget = (venv: string, key: string) => `${path.basename(venv)}.d/${key}`;

async function planVenv(
  config: VenvConfig,
  { tree, targetCommit, readContext }: RequirementsQuestion,
): Promise<RequirementsAnswer> {
  const { file, venv, prebuild } = config;
  const files = await readRequirementFiles(tree, targetCommit, file);
  const hash = hashFiles(files.entries);
  const key = await chooseVenvKey(config, { files, targetCommit }, readContext);
  const { site, probe } = readContext;
  const argv = ['sh', '-c', isReadyScript, 'sh', linkOf(venv), linkTarget(venv, key)] as const;
  const env = minimalEnvironment(site.user);
  const { exitCode } = await probe({ argv: [...argv], user: site.user, cwd: site.appDir, env });
  if (exitCode === 0) {
    const reason = `${venv} holds what ${file} asks for; change ${venv}.d/${rebuildName} in app_dir to have it built anew`;
    return { plan: { action: 'unchanged', key, reason, files: hash }, warnings: [], needs: [] };
  }
  const needs = await checkVenvFolders(venv, readContext);
  const [local] = files.needsCheckout;
  if (local !== undefined) {
    const reason = `${file} needs the checked-out version (${local}), so its environment is built with the services stopped`;
    return {
      plan: { action: 'in-place', key, reason, files: hash },
      warnings: prebuild ? [{ code: 'late-requirements', text: reason }] : [],
      needs,
    };
  }
  const plan = prebuild
    ? ({
        action: 'ahead',
        key,
        reason: `what ${file}, pip, Python and the path ask for is not what ${venv} holds`,
        files: hash,
      } as const)
    : ({ action: 'in-place', key, reason: 'prebuild is off', files: hash } as const);
  return { plan, warnings: [], needs };
}

/** A new environment needs as much as the one in use. */
async function checkVenvFolders(venv: string, { site, probe }: ReadContext): Promise<DiskNeed[]> {
  const looking = { probe, user: site.user };
  const link = site.appDir.join(venv);
  const all = link.withSuffix('.d');
  const use = { code: 'work-tree', use: `build ${venv} in` } as const;
  await requireWritableFolder(looking, link.parent, use);
  if (await areThere(looking, [all])) await requireWritableFolder(looking, all, use);
  return [{ folder: link.parent, bytes: await estimateBytes(looking, [link]), user: site.user }];
}

/** What the symlink holds, or null where there is none. */
async function readLink(venv: string, { site, probe }: ReadContext): Promise<string | null> {
  const script = 'if [ -L "$1" ]; then readlink -n -- "$1"; fi';
  const argv = ['sh', '-c', script, 'sh', linkOf(venv)] as const;
  const env = minimalEnvironment(site.user);
  const { exitCode, stdout, stderr } = await probe({ argv: [...argv], user: site.user, cwd: site.appDir, env });
  if (exitCode !== 0) {
    throw new AppError('work-tree', `${venv} in ${site.appDir.shown} cannot be read: ${stderr.trim()}`);
  }
  return stdout === '' ? null : stdout;
}

function keyOf({ plan }: RequirementsWork): string {
  if (plan.key === null) throw new AppError('internal', 'the plan of a virtual environment has no key');
  return plan.key;
}
