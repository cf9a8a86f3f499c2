// A tenant whose user is `nobody`, with a remote, a mirror and a work tree in a fresh folder; commands really run as that user.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, onTestFinished } from 'vitest';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { fetchMirror } from '../../../../../agent/tenant/git/fetch_mirror.js';
import { openMirror, type Mirror } from '../../../../../agent/tenant/git/mirror.js';
import { minimalEnvironment, type ReadContext, type Site, type RunContext } from '../../../../../agent/tenant/site.js';
import {
  cloneRepository,
  giveToNobody,
  makeRepository,
  type TestRepository,
} from '../../../../helpers/git/git_repository.js';
import { createTestRun, nobody } from '../../../../helpers/agent/run_commands.js';

export const signal = new AbortController().signal;
export const timeLimitMs = 30_000;
/** Of a fetch. */
export const limits = { timeLimitMs, stallLimitMs: timeLimitMs, signal };

export interface Tenant extends ReadContext, RunContext {
  site: Site;
  /** Git in the work tree, as its user, with the repository's own configuration. */
  git: (...args: string[]) => string;
}

/** Gives fresh folders that go after each test; anyone may enter them. */
export function useFolders(): () => string {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-git-'));
    chmodSync(folder, 0o755);
    folders.push(folder);
    return folder;
  };
}

export function makeRemote(folder: string): TestRepository {
  return makeRepository(path.join(folder, 'remote'));
}

/** An opened and fetched mirror of the remote. */
export async function makeMirror(folder: string, remote: TestRepository): Promise<Mirror> {
  const mirror = await openMirror({ mirrorsDir: path.join(folder, 'mirrors'), repo: remote.url });
  await fetchMirror(mirror, limits);
  return mirror;
}

/** A tenant on `version` of the remote. */
export function makeTenant(folder: string, remote: TestRepository, version: string): Tenant {
  const appDir = path.join(folder, 'app');
  cloneRepository(remote, appDir, version);
  giveToNobody(appDir);
  return openTenant(appDir);
}

export function openTenant(appDir: string): Tenant {
  const place = new TenantPath(appDir);
  const site = { slug: 'testsite', appDir: place, dataDir: place.join('db'), user: nobody, env: {} };
  const { run, probe, remove } = createTestRun();
  onTestFinished(remove);
  const git = (...args: string[]) => runAsNobody(['git', ...args], { cwd: appDir });
  return { site, probe, run, signal, git };
}

function runAsNobody(argv: readonly string[], { cwd }: { cwd: string }): string {
  const done = spawnSync('/usr/bin/setpriv', [...asNobody, ...argv], {
    cwd,
    env: minimalEnvironment(nobody),
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`${argv.join(' ')}: exit ${done.status}: ${done.stderr}`);
  return done.stdout.trim();
}

const asNobody = ['--reuid=65534', '--regid=65534', '--clear-groups', '--'];
