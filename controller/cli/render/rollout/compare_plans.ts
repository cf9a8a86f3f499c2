// What an upgrade of a plan class does, in words, and how it differs from another class.
import { showSafely } from '../../../../shared/terminal/screen/format.js';
import type { Plan } from '../../../../shared/model/plan/plan.js';

const countOf = (number: number, name: string) => `${number} ${name}${number === 1 ? '' : 's'}`;

/** `v0.3.0 →`; `→` where the version before is not known. */
export const describeFrom = ({ previous }: Plan) => showSafely(`${previous === null ? '' : `${previous.version} `}→`);

/** `5 hooks, 3 migrations`, and what else is worth knowing. */
export function describePlan(plan: Plan): string {
  if (plan.kind === 'none') return 'nothing to do';
  const what = [
    ...(plan.kind === 'upgrade' ? [] : [plan.kind]),
    countOf(plan.hooks.length, 'hook'),
    plan.migrations_by === null ? countOf(plan.migrations.length, 'migration') : 'migrations by the app’s own command',
    ...describeExtras(plan),
  ];
  return what.join(', ');
}

/** What is said of a plan only where there is such a thing. */
function describeExtras({ discarded, hooks, warning_codes: codes }: Plan): string[] {
  const marked = hooks.filter(({ mark }) => mark !== null).length;
  return [
    ...(marked === 0 ? [] : [`${countOf(marked, 'hook')} marked, ${marked === 1 ? 'it does' : 'they do'} not run`]),
    ...(discarded.length === 0 ? [] : [`${countOf(discarded.length, 'modified file')} ${areOf(discarded)} discarded`]),
    ...listWarnings({ warning_codes: codes }),
  ];
}

const listWarnings = ({ warning_codes: codes }: Pick<Plan, 'warning_codes'>) => codes.map((code) => `warning: ${code}`);

const areOf = (things: readonly unknown[]) => (things.length === 1 ? 'is' : 'are');

/** `as A, and 1 modified file is discarded`; the whole plan where it does something else. */
export function comparePlans(plan: Plan, { plan: first, letter }: { plan: Plan; letter: string }): string {
  const isSame = plan.kind === first.kind && plan.previous?.version === first.previous?.version;
  const hooks = compareFiles('hook', plan.hooks, first.hooks);
  const migrations = compareFiles('migration', plan.migrations, first.migrations);
  const isLike = plan.hooks.length === first.hooks.length && plan.migrations.length === first.migrations.length;
  if (!isSame || !isLike || plan.migrations_by !== first.migrations_by) return describePlan(plan);
  const [own, others] = [listWarnings(plan), listWarnings(first)];
  const differences = [
    ...(plan.target?.commit === first.target?.commit
      ? []
      : [`the tag is at ${plan.target?.commit.slice(0, 12) ?? 'no commit'}`]),
    ...hooks,
    ...migrations,
    ...((plan.requirements.files ?? null) === (first.requirements.files ?? null) ? [] : ['other requirement files']),
    ...compareNames(plan.discarded, first.discarded),
    ...own.filter((one) => !others.includes(one)),
    ...others.filter((one) => !own.includes(one)).map((one) => `no ${one}`),
  ];
  return `as ${letter}, and ${differences.length === 0 ? 'what `--json` shows differs' : differences.join(', ')}`;
}

interface File {
  file: string;
  sha256: string;
  mark?: { as: string } | null;
}

/** Files of both that differ, or are in one only. */
function compareFiles(kind: string, own: readonly File[], first: readonly File[]): string[] {
  const before = new Map(first.map((one) => [one.file, one]));
  return own.flatMap(({ file, sha256, mark }) => {
    const other = before.get(file);
    if (other === undefined) return [showSafely(`the ${kind} ${file}`)];
    if (other.sha256 !== sha256) return [showSafely(`another ${kind} ${file}`)];
    if ((other.mark?.as ?? null) === (mark?.as ?? null)) return [];
    return [showSafely(mark ? `the ${kind} ${file} is marked ${mark.as}` : `the ${kind} ${file} runs`)];
  });
}

function compareNames(own: readonly string[], first: readonly string[]): string[] {
  if (own.length === first.length && own.every((name) => first.includes(name))) return [];
  if (own.length === 0) return ['no modified file is discarded'];
  const [name] = own;
  const which = own.length === 1 && name !== undefined ? ` (${showSafely(name)})` : '';
  return [`${countOf(own.length, 'modified file')} ${areOf(own)} discarded${which}`];
}
