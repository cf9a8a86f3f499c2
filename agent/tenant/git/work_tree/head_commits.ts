// Asks git for the commits of many work trees' HEAD, and for the tags in their history: those of one user by one process.
import { AppError } from '../../../../shared/errors.js';
import type { RunProbe, User } from '../../../command/spec.js';
import type { TenantPath } from '../../../command/tenant_path.js';
import { agentLimits } from '../../../limits.js';
import { gatherLooks } from '../../gather_looks.js';
import { tenantGitEnvironment } from './tenant_git.js';

/** What git says of a work tree of the user. Throws AppError `work-tree` with git's own words, and what a probe throws. */
export type AskWorkTree = (user: User, workTree: TenantPath) => Promise<string>;

/** Asks for the commit that HEAD is on. */
export function createCommitReader(probe: RunProbe): AskWorkTree {
  return askTogether(probe, "rev-parse --verify 'HEAD^{commit}'");
}

/** Asks for the tags in HEAD's history: of each its object, of an annotated one the object of that, and its full name. */
export function createTagReader(probe: RunProbe): AskWorkTree {
  return askTogether(probe, "for-each-ref --merged=HEAD --format='%(objectname) %(*objectname) %(refname)' refs/tags/");
}

interface Said {
  exitCode: number;
  text: string;
}

/** `question` is of the shell's language. */
function askTogether(probe: RunProbe, question: string): AskWorkTree {
  const script = `for tree; do said=$(git -C "$tree" ${question} 2>&1); printf '%s\\0%s\\0' $? "$said"; done`;

  /** As far as it came within the time. */
  async function ask(user: User, trees: readonly TenantPath[], limits: { timeLimitMs: number; keepsPrinted: boolean }) {
    const argv = ['sh', '-c', script, 'sh', ...trees] as const;
    const { stdout } = await probe({ argv, user, cwd: '/', env: tenantGitEnvironment({ user }), ...limits });
    const fields = stdout.split('\0').slice(0, -1);
    return trees.flatMap((_, index): Said[] => {
      const [exitCode, text] = fields.slice(2 * index);
      return exitCode === undefined || text === undefined ? [] : [{ exitCode: Number(exitCode), text }];
    });
  }

  const { looksTogether, headRead } = agentLimits;
  const gather = gatherLooks<TenantPath, Said>({
    askMany: (user, trees) => ask(user, trees, { timeLimitMs: looksTogether.max, keepsPrinted: true }),
    async askOne(user, tree) {
      const [said] = await ask(user, [tree], { timeLimitMs: headRead.max, keepsPrinted: false });
      return said ?? { exitCode: 126, text: 'git could not be run' };
    },
  });
  return async (user, tree) => {
    const { exitCode, text } = await gather(user, tree);
    if (exitCode === 0) return text;
    const [what = ''] = question.split(' ');
    throw new AppError(
      'work-tree',
      `git ${what} in ${tree.shown} as ${user.name}: ${text.trim() || `exit ${exitCode}`}`,
    );
  };
}
