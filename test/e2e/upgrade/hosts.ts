// Hosts for the tests of one file: copies of one template, each ended and looked through after its test.
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import {
  addReleaseOn,
  makeAgentHost,
  makeTemplate,
  type AgentHost,
  type HostTemplate,
  type HostWish,
} from '../../helpers/agent/agent_host.js';
import type { TenantView } from '../../helpers/agent/look_at_tenant.js';

export interface Release {
  tag: string;
  base: string;
  files: Readonly<Record<string, string>>;
}

export interface Hosts {
  template(): HostTemplate;
  /** A fresh copy, with its service up and its agent running. */
  open(wish?: HostWish): Promise<AgentHost>;
}

export interface HostsWish {
  /** The tenants' account, the tests' own without it. */
  user?: string;
  releases: readonly Release[];
  /** Agents run in the test's own process. */
  inProcess?: boolean;
}

/** To be called once per file or `describe`: makes the template with these releases before its tests. */
export function useHosts({ user, releases, inProcess = false }: HostsWish): Hosts {
  let template: HostTemplate;
  beforeAll(async () => {
    template = await makeTemplate(user === undefined ? {} : { user });
    for (const { files, ...where } of releases) await addReleaseOn(template.repository, where, files);
  });
  afterAll(() => template.remove());
  return {
    template: () => template,
    async open(wish = {}) {
      const host = await makeAgentHost(template, { inProcess, ...wish });
      onTestFinished(async () => expect(await host.close(), 'processes that are left').toEqual([]));
      await host.start();
      return host;
    },
  };
}

/** Modifies a tracked file of the tenant, which its tenant file must allow. */
export function modifyReadme({ tenant: { appDir } }: AgentHost): void {
  appendFileSync(path.join(appDir, 'README.md'), 'A line of our own.\n');
}

/** The tenant is as it was, but for its service being another process. */
export async function expectOldVersion(host: AgentHost, { service: _old, hookRuns: _ran, ...before }: TenantView) {
  const after = await host.look();
  expect(after).toMatchObject({ ...before, ...firstRecord(before) });
  expect(after.service).not.toBeNull();
  expect(after.leftovers).toEqual([]);
}

/** A tenant without a record gets one of its own version before its first upgrade changes anything. */
const firstRecord = ({ record }: Pick<TenantView, 'record'>) =>
  record === null ? { record: { upgrade_id: null, previous_version: null } } : {};

/** Nothing of the tenant was touched: its very service goes on. `hasBegun`: the upgrade was not refused. */
export async function expectUntouched(host: AgentHost, before: TenantView, hasBegun = false): Promise<void> {
  const after = await host.look();
  if (hasBegun) expect(after).toMatchObject({ ...before, ...firstRecord(before) });
  else expect(after).toEqual(before);
}

/** Deletes every note, in the tenant's own way. */
export const deleteNotes = `node --input-type=module -e "
  const { openDatabase } = await import('$APP_DIR/db.mjs');
  (await openDatabase()).exec('DELETE FROM notes');"`;

/** A hook of bash. It writes to `hooks.log` that it ran, as the app's hooks do. */
export function hookScript(phase: string, body: string): string {
  return `#!/bin/bash\necho "$DEPLOY_TAG ${phase} $$" >>"$DATA_DIR/hooks.log"\n${body}\n`;
}

/** Runs a shell line as root, for preparing what a test is about. */
export function runShell(script: string, ...words: string[]): string {
  return execFileSync('bash', ['-ceu', script, 'bash', ...words], { encoding: 'utf8' }).trim();
}

/** A service that listens, does this with its database `db`, and answers every request with 500. */
export function unhealthyServer(does: string): string {
  return `import { readFileSync } from 'node:fs';
import http from 'node:http';
import { openDatabase } from './db.mjs';
const db = await openDatabase();
${does}
const server = http.createServer((_, response) => response.writeHead(500).end('broken'));
server.listen(Number(readFileSync(process.env.DATA_DIR + '/port', 'utf8')), '127.0.0.1');
process.once('SIGTERM', () => { server.close(() => db.close()); server.closeAllConnections(); });
`;
}
