// The steps of an upgrade for people: their places in the workflow, and what the plan has for each.
import type { StepStage } from './events.js';
import type { Phase, Plan } from '../plan/plan.js';
import { stepNames, type StepName } from '../step_names.js';

const stageWords: Readonly<Record<StepStage, string>> = { prepare: 'prepare ', run: '', undo: 'undo ' };

/** Such as ` 2/14 backup-database`, `prepare checkout`, `undo checkout`: only what runs forward has a number. */
export function labelStep({ step, stage }: { step: StepName; stage: StepStage }): string {
  const number = `${stepNames.indexOf(step) + 1}/${stepNames.length} `.padStart(6);
  return `${stage === 'run' ? number : ''}${stageWords[stage]}${step}`;
}

const phaseOf: Partial<Record<StepName, Phase>> = {
  'hooks-pre-pull': 'pre-pull',
  'hooks-post-pull': 'post-pull',
  'hooks-pre-migrate': 'pre-migrate',
  'hooks-post-migrate': 'post-migrate',
};

type PlanPart = Pick<Plan, 'hooks' | 'migrations' | 'requirements' | 'changed_files'>;

/** The files that a step runs one after the other; empty for a step that runs no files of the release. */
export function listFilesOf(step: StepName, plan: PlanPart | null): readonly string[] {
  if (step === 'migrate') return plan?.migrations.map(({ file }) => file) ?? [];
  const phase = phaseOf[step];
  const hooks = plan?.hooks.filter((hook) => hook.phase === phase && hook.mark === null) ?? [];
  return hooks.map(({ file }) => file);
}

/** What the plan has for a step in a word or two, such as `2 hooks`; empty where the plan does not say. */
export function describeStep(step: StepName, plan: PlanPart | null): string {
  if (plan === null) return '';
  const files = listFilesOf(step, plan).length;
  if (phaseOf[step] !== undefined) return files === 0 ? 'none' : count(files, 'hook');
  if (step === 'migrate') return files === 0 ? '' : count(files, 'migration');
  if (step === 'checkout') return count(plan.changed_files, 'file');
  const { action } = plan.requirements;
  return step === 'install-requirements' && (action === 'none' || action === 'unchanged') ? action : '';
}

const count = (number: number, what: string) => `${number} ${what}${number === 1 ? '' : 's'}`;
