// Checks one hook of the plan: it is a script, its interpreter exists, and the interpreter can parse it.
import { AppError } from '../../../shared/errors.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import type { TenantPath } from '../../command/tenant_path.js';
import { isConfined } from '../../command/user.js';
import type { FindProgram } from '../find_command.js';
import { findGainingPrograms, rightsHint } from '../gaining_rights.js';
import type { ReadContext } from '../site.js';
import { fileModes } from '../tree.js';
import { checkSyntax } from './check_syntax.js';
import { parseShebang } from './parse_shebang.js';

export interface HookFile {
  /** Its name inside `release/`. */
  file: string;
  mode: string;
  content: Buffer;
}

/**
 * The interpreter of a hook, and warnings about its check. Throws AppError `invalid-hook` or `missing-interpreter` for
 * a hook that is certain to fail or would silently do nothing.
 */
export async function checkHook(
  { file, mode, content }: HookFile,
  { readContext, findProgram }: { readContext: ReadContext; findProgram: FindProgram },
): Promise<{ interpreter: string[]; warnings: Warning[] }> {
  const name = `release/${file}`;
  const invalid = (what: string, hint: string) =>
    new AppError('invalid-hook', `${name} ${what}`, { hint, details: { file } });
  const fixed = 'Tag a release with the hook corrected, or mark this hook as skipped.';

  if (!fileModes.includes(mode)) throw invalid('is no regular file', 'A hook is a file of its own, not a symlink.');
  const script = content.toString('utf8');
  if (script.trim() === '') throw invalid('is empty', 'A release without work to do needs no hook: delete the file.');
  if (script.includes('\0')) throw invalid('holds NUL bytes, so it is no script', fixed);

  const interpreter = parseShebang(script);
  if (typeof interpreter === 'string') throw invalid(`cannot be run: ${interpreter}`, fixed);
  let program: TenantPath | null = null;
  for (const need of interpreter.needs) {
    program = await findProgram(need);
    if (program === null) throw missing(name, need);
  }
  if (program === null) return { interpreter: interpreter.argv, warnings: [] };
  const syntax = await checkSyntax(script, { shell: program, readContext });
  if (syntax.is === 'wrong') throw invalid(`is not understood by ${program.shown}: ${syntax.message}`, fixed);
  const warnings = warnOfRights(name, script, readContext);
  if (syntax.is === 'unchecked') {
    warnings.unshift({ code: 'unchecked-hook', text: `${name} was not checked for syntax errors: ${syntax.why}` });
  }
  return { interpreter: interpreter.argv, warnings };
}

function warnOfRights(name: string, script: string, { site }: ReadContext): Warning[] {
  const programs = isConfined(site.user) ? findGainingPrograms(script) : [];
  if (programs.length === 0) return [];
  return [{ code: 'gains-rights', text: `${name} names ${programs.join(', ')}. ${rightsHint}` }];
}

function missing(name: string, program: string): AppError {
  const where = program.includes('/') ? 'is no executable file' : "is not on the tenant's PATH";
  return new AppError('missing-interpreter', `${name} is to be run by ${program}, which ${where}`, {
    hint: `Install ${program} on this host, or correct the first line of the hook.`,
    details: { interpreter: program },
  });
}
