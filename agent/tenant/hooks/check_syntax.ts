// Checks a hook's syntax with its shell, without running it, so that an error shows in the plan and not in the
// downtime.
import path from 'node:path';
import { minimalEnvironment, type ReadContext } from '../site.js';

/** The kernel takes at most 128 KiB in one argument; a UTF-16 unit has at most three bytes in UTF-8. */
const chunkLength = 32 * 1024;
/** All arguments together may have some 2 MiB. */
const maxLength = 512 * 1024;

export type Syntax = { is: 'fine' } | { is: 'wrong'; message: string } | { is: 'unchecked'; why: string };

/**
 * Whether the shell at `shell` can parse the script; it runs as the tenant's user. Other interpreters are not checked
 * and count as `fine`. Throws AppError `time-limit`.
 */
export async function checkSyntax(
  script: string,
  { shell, readContext }: { shell: string; readContext: ReadContext },
): Promise<Syntax> {
  const name = path.basename(shell);
  if (!['bash', 'sh', 'dash'].includes(name)) return { is: 'fine' };
  if (script.length > maxLength) return { is: 'unchecked', why: `it is larger than ${maxLength / 1024} KiB` };
  const read = (options: string) => readBy({ shell, options }, script, readContext);
  const message = await read('-n');
  // With -n `shopt -s extglob` has no effect, so patterns such as !(*.log) are reported as errors.
  const isWrong = message !== null && (name !== 'bash' || (await read('-O extglob -n')) !== null);
  return isWrong ? { is: 'wrong', message: message.trim() } : { is: 'fine' };
}

/** Passes the script to the shell's standard input; returns the shell's error text, or null. */
async function readBy(
  { shell, options }: { shell: string; options: string },
  script: string,
  { site, probe }: ReadContext,
): Promise<string | null> {
  const chunks: string[] = [];
  for (let at = 0; at < script.length; at += chunkLength) chunks.push(script.slice(at, at + chunkLength));
  const feed = 'shell=$1 options=$2; shift 2; printf %s "$@" | "$shell" $options';
  const { exitCode, stderr } = await probe({
    argv: ['sh', '-c', feed, 'sh', shell, options, ...chunks],
    user: site.user,
    cwd: '/',
    // The site's environment is left out: the shell would run its BASH_ENV.
    env: minimalEnvironment(site.user),
  });
  return exitCode === 0 ? null : stderr;
}
