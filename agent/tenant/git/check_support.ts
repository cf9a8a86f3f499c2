// Checks that a commit holds only what Drover can check out: no submodules, no Git LFS.
import { AppError } from '../../../shared/errors.js';
import type { Tree } from '../tree.js';

const submodule = '160000';
const lfsAttribute = /^[^#\n]*\sfilter=lfs(\s|$)/m;

/** Throws AppError `unsupported-repository` naming the path. A `.gitmodules` without a submodule is ignored. */
export async function checkSupport(tree: Tree, commit: string): Promise<void> {
  const entries = await tree.list(commit);
  const module = entries.find(({ mode }) => mode === submodule);
  if (module !== undefined) {
    throw new AppError('unsupported-repository', `the target holds the submodule ${module.path}`, {
      hint: 'Submodules are not supported: track the files themselves, or install them as a requirement.',
    });
  }
  const attributes = entries.filter(({ path, type }) => type === 'blob' && /(^|\/)\.gitattributes$/.test(path));
  const contents = await tree.read(attributes.map(({ oid }) => oid));
  const lfs = attributes.find(({ oid }) => lfsAttribute.test(contents.get(oid)?.toString() ?? ''));
  if (lfs === undefined) return;
  throw new AppError('unsupported-repository', `the target uses Git LFS (${lfs.path})`, {
    hint: 'Git LFS is not supported: track the files themselves, or fetch them in a release hook.',
  });
}
