// A shell script of git commands in the tenant's work tree, as one command: a repeated call begins it anew.
import { tenantCommand, type Site } from '../../site.js';
import { bashWords } from '../../../command/own_bash.js';
import type { CommandSpec } from '../../../command/spec.js';
import { tenantGitEnvironment } from './tenant_git.js';

/**
 * A git that died with the host leaves locks that make the next git fail. The plan found none, and only the upgrade
 * works in the tree, so the locks are the upgrade's own.
 */
export const removeLocks = 'for file in "$gitdir"/index.lock "$gitdir"/HEAD.lock; do rm -f -- "$file"; done';
/** Git does not sync the files it writes; a step that counts as done must outlive a power cut. */
export const syncTree = 'sync -f -- . "$gitdir"';

export interface GitScript {
  title: string;
  timeLimitMs: number;
  /** For bash, which ends it at the first command that fails; `$gitdir` is the repository. */
  body: string;
  args: readonly string[];
}

/** The script as a command of the tenant's user in `app_dir`. */
export function gitScript(site: Site, { title, timeLimitMs, body, args }: GitScript): CommandSpec {
  return tenantCommand(site, {
    title,
    argv: gitScriptArgv(body, args),
    env: gitScriptEnvironment(site),
    timeLimitMs,
  });
}

/** The words of the script, for a probe. */
export function gitScriptArgv(body: string, args: readonly string[]): [string, ...string[]] {
  const start = 'set -eu -o pipefail; gitdir=$(git rev-parse --absolute-git-dir)';
  return bashWords(`${start}\n${body}`, args);
}

/** Names of files are bytes: in another locale bash would read some of them as characters. */
export function gitScriptEnvironment(site: Site): Record<string, string> {
  return { ...tenantGitEnvironment(site), LC_ALL: 'C' };
}
