// Inspects a tenant from outside, as its users and its administrator do: HTTP, git, and the audit trail of its hooks.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DemoTenant } from './app/make_tenant.js';
import { listNotes, readVersion } from './app/notes_client.js';
import { printTable } from './narrate.js';
import { runProgram } from './run_program.js';

export interface Snapshot {
  /** The version that GET /health answers. */
  version: string;
  /** The texts that GET /notes answers. */
  texts: string[];
  /** The subject of the commit that is checked out. */
  commit: string;
  /** `<tag> <phase>` of each hook that ran, once for each run, oldest first. */
  hooks: string[];
}

export async function takeSnapshot(tenant: DemoTenant): Promise<Snapshot> {
  const { url, appDir } = tenant;
  const notes = await listNotes(url);
  return {
    version: await readVersion(url),
    texts: notes.map(({ text }) => text),
    commit: await runProgram(['git', 'log', '-1', '--format=%s'], { cwd: appDir }),
    hooks: (await readHookRuns(tenant)).map(({ tag, phase }) => `${tag} ${phase}`),
  };
}

export interface HookRun {
  tag: string;
  phase: string;
  pid: number;
}

/** The runs of the app's hooks: each hook writes a line to hooks.log when it starts. */
export async function readHookRuns({ dataDir }: DemoTenant): Promise<HookRun[]> {
  const text = await readFile(path.join(dataDir, 'hooks.log'), 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [tag = '', phase = '', pid = ''] = line.split(' ');
      return { tag, phase, pid: Number(pid) };
    });
}

/** Prints two snapshots of a tenant side by side. */
export function printSnapshots(slug: string, before: Snapshot, after: Snapshot): void {
  const row = (what: string, show: (snapshot: Snapshot) => string) => [what, show(before), show(after)];
  printTable([
    [`${slug} from outside`, 'before', 'after'],
    row('GET /health', ({ version }) => version),
    row('GET /notes', ({ texts }) => `${texts.length} notes, "${texts[0] ?? ''}"`),
    row('git log -1', ({ commit }) => commit),
    row('hooks.log', ({ hooks }) => `${hooks.length} hooks ran`),
  ]);
}
