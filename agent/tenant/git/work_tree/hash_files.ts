// Blob ids of the files in the work tree, without filters, so that equal ids mean equal bytes.
import { createHash } from 'node:crypto';
import { encodeBytes } from '../../../../shared/os/byte_text.js';
import { minimalEnvironment, type ReadContext } from '../../site.js';
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
  if (regular.length > 0) {
    // Without filters git runs no program that the repository configures.
    const stdin = regular.map((path) => `${quotePath(path)}\n`).join('');
    const ids = (await askGit(readContext, ['hash-object', '--no-filters', '--stdin-paths'], { stdin })).split('\n');
    for (const [index, path] of regular.entries()) blobs.set(path, ids[index] ?? '');
  }
  // git hash-object would follow a symlink.
  const targets = await readLinks(readContext, links);
  for (const [index, path] of links.entries()) blobs.set(path, hashText(targets[index] ?? '', idLength));
  return blobs;
}

/** As git reads a line of a list of paths. */
function quotePath(path: string): string {
  if (!path.startsWith('"') && !path.includes('\n')) return path;
  return `"${path.replaceAll(/["\\]/g, String.raw`\$&`).replaceAll('\n', String.raw`\n`)}"`;
}

async function readLinks({ site, probe }: ReadContext, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return [];
  const place = { user: site.user, cwd: site.appDir, env: minimalEnvironment(site.user) };
  const stdin = paths.map((path) => `${path}\0`).join('');
  const { stdout } = await probe({ argv: ['xargs', '-0r', 'readlink', '--zero', '--'], stdin, ...place });
  return stdout.split('\0');
}

function hashText(text: string, idLength: number): string {
  const content = encodeBytes(text);
  return createHash(idLength === 64 ? 'sha256' : 'sha1')
    .update(`blob ${content.length}\0`)
    .update(content)
    .digest('hex');
}
