// The refusal of modified files: what differs of each, and what helps against that.
import { AppError } from '../../../../shared/errors.js';
import type { ReadContext } from '../../site.js';
import { nameSome } from '../name_some.js';
import { splitZero } from '../object_id.js';
import type { ModifiedFile } from './read_work_tree.js';
import { askGit } from './tenant_git.js';

const maxNamed = 10;

const words: Record<ModifiedFile['differs'] | 'line ends', string> = {
  content: 'content',
  'line ends': 'only its line ends',
  mode: 'only its mode',
  kind: 'it became another kind of file',
  deleted: 'it is gone',
  added: 'it is added',
};

const hints: Partial<Record<keyof typeof words, string>> = {
  mode: 'Where only the mode differs, `chmod` gives it back, or `git config core.fileMode false` tells git to overlook it.',
  'line ends':
    'Where only the line ends differ, an editor or `core.autocrlf` has rewritten them: `git checkout -- FILE` gives them back.',
};

/** AppError `modified-files` for these files of the work tree. */
export async function explainModified(readContext: ReadContext, files: readonly ModifiedFile[]): Promise<AppError> {
  const withOtherText = await findOtherText(readContext);
  const found = files.map(({ path, differs }) => ({
    path,
    differs: differs === 'content' && !withOtherText.has(path) ? ('line ends' as const) : differs,
  }));
  const named = found.map(({ path, differs }) => `${path} (${words[differs]})`);
  const own = [...new Set(found.map(({ differs }) => differs))].flatMap((differs) => hints[differs] ?? []);
  const hint =
    'Look with `git diff`. `git stash` or `git checkout` them, or allow them with `modified_ok`; discarded changes are saved as a patch.';
  return new AppError(
    'modified-files',
    `modified files in ${readContext.site.appDir.shown}: ${nameSome(named, maxNamed)}`,
    { hint: [hint, ...own].join(' '), details: { paths: files.map(({ path }) => path) } },
  );
}

/** The files in which more than line ends differs from HEAD. Binary ones count. */
async function findOtherText(readContext: ReadContext): Promise<Set<string>> {
  const form = ['--no-ext-diff', '--no-textconv', '--no-renames', '--ignore-submodules=all', '--ignore-cr-at-eol'];
  const lines = splitZero(await askGit(readContext, ['diff', '--numstat', '-z', ...form, 'HEAD', '--']));
  return new Set(
    lines.flatMap((line) => {
      const [added, removed, ...path] = line.split('\t');
      return added === '0' && removed === '0' ? [] : [path.join('\t')];
    }),
  );
}
