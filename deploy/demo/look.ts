// Looks at a tenant from outside, as its users and its administrator would: HTTP, git, and the audit trail of its hooks.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DemoTenant } from './app/make_tenant.js';
import { listNotes, readVersion } from './app/notes_client.js';
import { printTable } from './narrate.js';
import { runProgram } from './run_program.js';

export interface Look {
  /** What /health says. */
  version: string;
  /** What /notes says. */
  texts: string[];
  /** The commit that is checked out, by its subject. */
  commit: string;
  /** `<tag> <phase>` of each hook that ran, once for each run, oldest first. */
  hooks: string[];
}

export async function lookAt(tenant: DemoTenant): Promise<Look> {
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

/** Every hook of the demo's app adds its line when it starts. */
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

/** Shows two looks at a tenant side by side. */
export function compareLooks(slug: string, before: Look, after: Look): void {
  const row = (what: string, show: (look: Look) => string) => [what, show(before), show(after)];
  printTable([
    [`${slug} from outside`, 'before', 'after'],
    row('GET /health', ({ version }) => version),
    row('GET /notes', ({ texts }) => `${texts.length} notes, "${texts[0] ?? ''}"`),
    row('git log -1', ({ commit }) => commit),
    row('hooks.log', ({ hooks }) => `${hooks.length} hooks ran`),
  ]);
}
