// Steps 5, 7, 9 and 11: the release hooks of one phase, of every crossed tag, oldest first.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import type { Phase } from '../../../shared/model/plan/plan.js';
import { exportHooks } from '../../tenant/hooks/export_hooks.js';
import { hookCommand } from '../../tenant/hooks/hook_command.js';
import { planHooks } from '../../tenant/hooks/plan_hooks.js';
import { putCodeBack } from '../actions/put_code_back.js';
import { versionsOf } from '../plan/check_context.js';
import { backupPath } from '../memo.js';
import type { StepBodies, StepContext } from '../step.js';

/** The first of the four hook steps plans and exports the hooks of all four. */
export function hooks(phase: Phase): StepBodies {
  const run = (context: StepContext) => runHooks(context, phase);
  return phase === 'pre-pull' ? { check: checkHooks, prepare: prepareHooks, run, undo: undoPrePull } : { run };
}

const checkHooks: NonNullable<StepBodies['check']> = async (context) => {
  const { plan, features, record, collect, tags, warn, needState } = context;
  const { target } = versionsOf(plan);
  await collect(async () => {
    const planned = await planHooks({
      tree: features.tree,
      commit: target.commit,
      tags: [...(await tags()).keys()],
      crossed: plan.crossed,
      marks: record?.marks ?? [],
      readContext: context,
    });
    plan.hooks = planned.hooks;
    needState(planned.exportBytes);
    for (const { code, text } of planned.warnings) warn(code, text);
    for (const blocker of planned.blockers) await collect(() => Promise.reject(blocker));
  });
};

async function prepareHooks({ plan, features, afterFlush, site }: StepContext): Promise<void> {
  if (plan.hooks.length === 0) return;
  const { target } = versionsOf(plan);
  const { tree } = features;
  const folder = hooksFolder(features.places.exports);
  await afterFlush(async () => {
    await features.makeExports();
    await exportHooks({ tree, commit: target.commit, folder, user: site.user });
  });
}

/** The undo of the checkout reverts what these hooks changed in tracked files; without a checkout this undo does. */
const undoPrePull: NonNullable<StepBodies['undo']> = async (context) => {
  if (!context.progress.begun.has('checkout')) await putCodeBack(context);
};

const hooksFolder = (exports: string) => path.join(exports, 'hooks');

async function runHooks(context: StepContext, phase: Phase): Promise<void> {
  const { plan, features, memo, site, config, id } = context;
  const { previous, target } = versionsOf(plan);
  const upgrade = {
    id,
    targetTag: target.version,
    previousTag: previous.version,
    backupPath: memo.get(backupPath) ?? '',
  };
  const label = `${phase.charAt(0).toUpperCase()}${phase.slice(1)} hook`;
  for (const hook of plan.hooks.filter((planned) => planned.phase === phase)) {
    if (hook.mark !== null) {
      context.say(
        `${label} ${hook.mark.as === 'done' ? 'marked done' : 'skipped'}: ${hook.file} (${hook.mark.reason})`,
      );
      continue;
    }
    const exportDir = hooksFolder(features.places.exports);
    const command = hookCommand({ site, hook, exportDir, upgrade, timeLimitMs: config.time_limits.hook });
    try {
      await context.run(hook.file, command);
    } catch (error) {
      if (error instanceof AppError) context.say(`${label} FAILED: ${hook.file}`);
      throw error;
    }
    context.say(`${label} OK: ${hook.file}`);
  }
}
