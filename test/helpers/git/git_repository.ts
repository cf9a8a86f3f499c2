// Real git repositories for tests: reproducible commits, tags, and signing keys, with no configuration of this machine.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_AUTHOR_DATE: '2025-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
  GIT_COMMITTER_DATE: '2025-01-01T00:00:00Z',
};

export interface TestRepository {
  folder: string;
  /** As the tenant file names it. */
  url: string;
  /** Runs git in the repository and returns what it printed, trimmed. Throws when it fails. */
  git: (...args: string[]) => string;
  /** Writes files (null deletes one), commits everything there is, and returns the commit. */
  commit: (files: Record<string, string | null>) => string;
  /** As `commit`, and puts an annotated tag on it. */
  release: (tag: string, files: Record<string, string | null>) => string;
}

/** A new repository with a work tree on the branch `main` in `folder`, without a commit. */
export function makeRepository(folder: string, objectFormat: 'sha1' | 'sha256' = 'sha1'): TestRepository {
  mkdirSync(folder, { recursive: true });
  const git = (...args: string[]) => runGit(folder, args);
  git('init', '--quiet', '--initial-branch=main', `--object-format=${objectFormat}`);
  const commit = (files: Record<string, string | null>) => {
    writeFiles(folder, files);
    git('add', '--all');
    git('commit', '--quiet', '--allow-empty', '--message=change');
    return git('rev-parse', 'HEAD');
  };
  const release = (tag: string, files: Record<string, string | null>) => {
    const made = commit(files);
    git('tag', '--annotate', '--message=release', tag);
    return made;
  };
  return { folder, url: `file://${folder}`, git, commit, release };
}

/** A clone of `from` in `folder` with `version` checked out: what a tenant's `app_dir` is. */
export function cloneRepository(from: TestRepository, folder: string, version: string): void {
  cloneWith(['--no-hardlinks', '--', from.folder], folder, version);
}

/** As `cloneRepository`, with these options of git, and from a URL: so that they count. */
export function clonePartly(
  from: TestRepository,
  folder: string,
  { version, options }: { version: string; options: readonly string[] },
): void {
  cloneWith([...options, '--', from.url], folder, version);
}

function cloneWith(words: readonly string[], folder: string, version: string): void {
  runGit('/', ['clone', '--quiet', ...words, folder]);
  runGit(folder, ['-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', version]);
}

/** Gives a folder and all in it to the user `nobody`. */
export function giveToNobody(folder: string): void {
  execFileSync('chown', ['--recursive', 'nobody:', folder]);
}

/** Writes files below a folder; null deletes one. */
export function writeFiles(folder: string, files: Record<string, string | null>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    if (content === null) rmSync(file, { recursive: true });
    else {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
  }
}

export interface SigningKey {
  /** `git -c …` arguments that sign with it. */
  signWith: string[];
  /** The line of an allowed signers file. */
  allowedSigner: string;
}

/** A new ssh key in `folder` to sign tags with. */
export function makeSigningKey(folder: string, name: string): SigningKey {
  const file = path.join(folder, name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
  const publicKey = execFileSync('cat', [`${file}.pub`], { encoding: 'utf8' }).trim();
  return {
    signWith: ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${file}`],
    allowedSigner: `${name}@example.com ${publicKey}\n`,
  };
}

function runGit(folder: string, args: readonly string[]): string {
  const options = { cwd: folder, env: environment, encoding: 'utf8', stdio: 'pipe' } as const;
  return execFileSync('git', [...args], options).trim();
}
