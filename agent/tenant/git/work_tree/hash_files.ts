// Blob ids of the files in the work tree, without filters, so that equal ids mean equal bytes.
import { createHash } from 'node:crypto';
import { minimalEnvironment, type ReadContext } from '../../site.js';
import { splitForCommandLine } from './find_paths.js';
import { askGit } from './tenant_git.js';

const symlink = '120000';

/**
 * The blob id of each file; a symlink's is that of its target path. A file that vanished meanwhile throws `work-tree`.
 */
export async function hashFiles(
  readContext: ReadContext,
  { files, idLength }: { files: readonly { path: string; mode: string }[]; idLength: number },
): Promise<Map<string, string>> {
  const regular = files.filter(({ mode }) => mode !== symlink).map(({ path }) => path);
  const links = files.filter(({ mode }) => mode === symlink).map(({ path }) => path);
  const blobs = new Map<string, string>();
  for (const group of splitForCommandLine(regular)) {
    // Without filters git runs no program that the repository configures.
    const ids = (await askGit(readContext, ['hash-object', '--no-filters', '--', ...group])).split('\n');
    for (const [index, path] of group.entries()) blobs.set(path, ids[index] ?? '');
  }
  // git hash-object would follow a symlink.
  for (const path of links) blobs.set(path, hashText(await readLink(readContext, path), idLength));
  return blobs;
}

async function readLink({ site, probe }: ReadContext, path: string): Promise<string> {
  const place = { user: site.user, cwd: site.appDir, env: minimalEnvironment(site.user) };
  return (await probe({ argv: ['readlink', '--no-newline', '--', path], ...place })).stdout;
}

function hashText(text: string, idLength: number): string {
  const content = Buffer.from(text);
  return createHash(idLength === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
}
