// Makes the git repository of the demo's app, the "notes" service: one commit and one tag per release.
import { chmod, cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { runProgram } from '../run_program.js';
import { findPackageRoot } from './find_package_root.js';

export interface AppRepository {
  folder: string;
  /** The value of `repo` in a tenant file. */
  url: string;
}

/** Git reads neither the machine's nor the user's configuration, which could sign commits, run hooks or rename branches. */
const gitEnvironment = {
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Notes team',
  GIT_AUTHOR_EMAIL: 'team@notes.example',
  GIT_COMMITTER_NAME: 'Notes team',
  GIT_COMMITTER_EMAIL: 'team@notes.example',
};

/**
 * Creates `folder` and makes the repository there, with the releases v0.1.0 to v0.6.0; the last one is broken on purpose.
 * The folder of a release in `files/` holds the files that it adds to the release before it, or replaces.
 */
export async function makeAppRepository(folder: string): Promise<AppRepository> {
  await mkdir(folder, { recursive: true });
  const repository = { folder, url: pathToFileURL(folder).href };
  await git(folder, ['init', '--quiet', '--initial-branch=main']);
  const releases = path.join(findPackageRoot(import.meta.dirname), 'deploy/demo/app/files');
  for (const tag of (await readdir(releases)).toSorted()) {
    await cp(path.join(releases, tag), folder, { recursive: true });
    await commitRelease(folder, tag);
  }
  return repository;
}

/**
 * Adds another release: `files` by path, with their content. Scripts (content that begins with `#!`) become executable.
 * The app of that release answers with its version.
 */
export async function addRelease(
  { folder }: AppRepository,
  tag: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const version = { 'version.mjs': `export const version = '${tag}';\n` };
  for (const [name, content] of Object.entries({ ...version, ...files })) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
    if (content.startsWith('#!')) await chmod(file, 0o755);
  }
  await commitRelease(folder, tag);
}

async function commitRelease(folder: string, tag: string): Promise<void> {
  await git(folder, ['add', '--all']);
  await git(folder, ['commit', '--quiet', `--message=Release ${tag}`]);
  await git(folder, ['tag', '--annotate', `--message=Release ${tag}`, tag]);
}

async function git(folder: string, words: readonly string[]): Promise<void> {
  await runProgram(['git', ...words], { cwd: folder, env: gitEnvironment });
}
