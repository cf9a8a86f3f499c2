// Checks a hook's syntax with its shell, without running it, so that an error shows in the plan and not in the
// downtime.
import type { TenantPath, Word } from '../../command/tenant_path.js';
import { minimalEnvironment, type ReadContext } from '../site.js';

/** What is larger is no script to be read by a shell in a plan. */
const maxLength = 512 * 1024;

export type Syntax = { is: 'fine' } | { is: 'wrong'; message: string } | { is: 'unchecked'; why: string };

/**
 * Whether the shell at `shell` can parse the script; it runs as the tenant's user. Other interpreters are not checked
 * and count as `fine`. Throws AppError `time-limit`.
 */
export async function checkSyntax(
  script: string,
  { shell, readContext }: { shell: TenantPath; readContext: ReadContext },
): Promise<Syntax> {
  const { name } = shell;
  if (!['bash', 'sh', 'dash'].includes(name)) return { is: 'fine' };
  if (script.length > maxLength) return { is: 'unchecked', why: `it is larger than ${maxLength / 1024} KiB` };
  const read = (...options: string[]) => readBy([shell, ...options], script, readContext);
  const message = await read('-n');
  // With -n `shopt -s extglob` has no effect, so patterns such as !(*.log) are reported as errors.
  const isWrong = message !== null && (name !== 'bash' || (await read('-O', 'extglob', '-n')) !== null);
  return isWrong ? { is: 'wrong', message: message.trim() } : { is: 'fine' };
}

/** The shell reads the script from its standard input, because arguments show in `ps`. Its error text, or null. */
async function readBy(
  argv: readonly [Word, ...Word[]],
  script: string,
  { site, probe }: ReadContext,
): Promise<string | null> {
  // The site's environment is left out: the shell would run its BASH_ENV.
  const env = minimalEnvironment(site.user);
  const { exitCode, stderr } = await probe({ argv, user: site.user, cwd: '/', env, stdin: script });
  return exitCode === 0 ? null : stderr;
}
