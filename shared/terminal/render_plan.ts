// A plan for people: from where to where, what would run, and what blocks it.
import type { Plan, PlannedHook } from '../model/plan/plan.js';
import type { Style } from './screen/style.js';
import { renderVersions } from './stream/live_stream.js';
import { alignColumns, indent, showBytes, showHash, showSafely } from './screen/format.js';

/** The hooks in the order in which they run, one line each. */
export function renderHooks(hooks: readonly PlannedHook[], style: Style): string[] {
  return alignColumns(
    hooks.map(({ phase, file, sha256, mark }) => [
      phase,
      showSafely(file),
      showHash(sha256),
      mark === null ? '' : style.yellow(`does not run: marked ${mark.as} (${showSafely(mark.reason)})`),
    ]),
  );
}

/** The first line has the name, the others stand below its text. */
function renderBlock(name: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => `  ${(index === 0 ? name : '').padEnd(13)} ${line}`);
}

function renderMigrations({ migrations, migrations_by: by }: Plan): string[] {
  if (by !== null) return [`by \`${showSafely(by)}\`, which knows`, ...migrations.map(({ file }) => showSafely(file))];
  return migrations.length === 0 ? ['none'] : alignColumns(migrations.map(({ file, tag }) => [showSafely(file), tag]));
}

function renderChanges(plan: Plan, style: Style): string[] {
  const { crossed, hooks, requirements, changed_files: files, discarded, disk } = plan;
  return [
    ...renderBlock('crosses', crossed.length === 0 ? [] : [crossed.join(', ')]),
    ...renderBlock('hooks', hooks.length === 0 ? ['none'] : renderHooks(hooks, style)),
    ...renderBlock('migrations', renderMigrations(plan)),
    ...renderBlock('requirements', [
      requirements.action === 'none' ? 'none' : `${requirements.action}: ${showSafely(requirements.reason)}`,
    ]),
    ...renderBlock('files', [`${files} ${files === 1 ? 'file changes' : 'files change'}`]),
    ...renderBlock('discarded', discarded.map(showSafely)),
    ...renderBlock(
      'disk',
      disk.map((need) => `${need.folder}: needs ${showBytes(need.needed_bytes)} of ${showBytes(need.free_bytes)} free`),
    ),
  ];
}

function renderVerdict({ tenant, kind, target, blockers }: Plan, style: Style): string {
  if (blockers.length > 0) return style.bold(style.red(`Blocked: an upgrade of ${tenant} would be refused.`));
  const version = target?.version ?? '';
  if (kind === 'none') return style.bold(style.green(`Nothing to do: ${tenant} is already on ${version}.`));
  return style.bold(`Nothing blocks this ${kind}.`);
}

/** Several lines, without the end of the last one. */
export function renderPlan(plan: Plan, style: Style): string {
  const { tenant, previous, target, warnings, blockers, kind } = plan;
  const from = previous?.version ?? null;
  return [
    target === null
      ? [style.bold(tenant), ...(from === null ? [] : [showSafely(from)])].join('  ')
      : renderVersions({ tenant, from, to: target.version, commit: target.commit }, style),
    ...(kind === 'none' ? [] : renderChanges(plan, style)),
    ...warnings.map((warning) => style.yellow(indent(showSafely(`warning: ${warning}`), '  '))),
    ...blockers.flatMap(({ message, hint }) => [
      `  ${style.red('✗')} ${indent(showSafely(message), '    ').trimStart()}`,
      ...(hint === null || hint === '' ? [] : [indent(showSafely(hint), '    ')]),
    ]),
    renderVerdict(plan, style),
  ].join('\n');
}
