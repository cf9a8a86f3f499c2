// Whatever a tenant puts in the place of a file that Drover looks at: a plan says what is wrong or takes it, the agent
// goes on, and no file of root changes.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../shared/errors.js';
import type { AgentHost } from '../../helpers/agent/agent_host.js';
import { findUnsafeText } from '../../helpers/hostile_values.js';
import { isLong, sample, sampleTitle } from '../../helpers/sample_seed.js';
import { useHosts } from '../upgrade/hosts.js';

/** What only root may read and write. */
const secret = path.join(tmpdir(), `drover-secret-${process.pid}`);
const words = 'words of root alone\n';

/** Makes each at the path `$1`. */
const kinds: Readonly<Record<string, string>> = {
  nothing: 'true',
  'a folder': 'mkdir "$1"',
  'a FIFO': 'mkfifo "$1"',
  'a link to a device': 'ln -s /dev/zero "$1"',
  'a link to a FIFO': 'mkfifo "$1.pipe"; ln -s "$1.pipe" "$1"',
  'a link to nowhere': 'ln -s /nonexistent/file "$1"',
  'a link to itself': 'ln -s "$1" "$1"',
  'a link to a file of root': `ln -s ${secret} "$1"`,
  'a socket': `node -e 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, 9))' "$1" || true`,
  'an empty file': 'true >"$1"',
  'a file of 2 MB': 'head -c 2000000 /dev/zero >"$1"',
  'a file that cannot be read': 'echo x >"$1"; chmod 0 "$1"',
};

const places = {
  app: [
    '.git',
    '.git/HEAD',
    '.git/config',
    '.git/index',
    '.git/objects',
    '.git/refs',
    'bin/ctl',
    'version.mjs',
    '.release-v0.2.0-done',
  ],
  data: ['notes.db', 'notes.db-wal', 'notes.db-shm', 'notes.db-journal', 'port'],
};

/** Git reads these to the end of a probe's time: only the long table has that much. */
const isSlow = ({ kind, folder }: { kind: string; folder: string }) => /FIFO|device/.test(kind) && folder === 'appDir';

const rows = Object.entries(kinds).flatMap(([kind, script]) => [
  ...places.app.map((name) => ({ kind, script, name, folder: 'appDir' as const })),
  ...places.data.map((name) => ({ kind, script, name, folder: 'dataDir' as const })),
]);

const hosts = useHosts({ user: 'nobody', releases: [], inProcess: true });
let host: AgentHost;
beforeAll(() => writeFileSync(secret, words, { mode: 0o600 }));
afterAll(() => rmSync(secret));

/** Runs the script as the tenant's user. */
function asTenant(script: string, file: string): void {
  execFileSync('setpriv', ['--reuid=nobody', '--regid=nogroup', '--clear-groups', 'bash', '-c', script, 'bash', file], {
    // The shell tells of the process that killed itself.
    stdio: 'ignore',
  });
}

async function planBeside(file: string): Promise<string[]> {
  const client = await host.connect();
  try {
    const { blockers, warnings } = await client.plan({ version: 'v0.4.0' });
    return [...blockers.map(({ message }) => message), ...warnings].flatMap(findUnsafeText);
  } catch (error) {
    if (!(error instanceof AppError)) return [`${file}: ${String(error)}`];
    return [...(error.code === 'internal' ? [error.message] : []), ...findUnsafeText(error.message)];
  } finally {
    client.close();
  }
}

test(`a plan beside an odd file ends, and the tenant can be upgraded once it is gone (${sampleTitle})`, async () => {
  host = await hosts.open();
  const complaints: string[] = [];
  for (const { kind, script, name, folder } of sample(
    rows.filter((row) => isLong || !isSlow(row)),
    16,
  )) {
    const file = path.join(host.tenant[folder], name);
    const aside = path.join(host.tenant.dataDir, 'aside');
    const isThere = existsSync(file);
    if (isThere) renameSync(file, aside);
    asTenant(script, file);
    for (const complaint of await planBeside(file)) complaints.push(`${kind} at ${name}: ${complaint}`);
    asTenant('rm -rf "$1" "$1.pipe"', file);
    if (isThere) renameSync(aside, file);
  }
  expect(complaints).toEqual([]);
  expect(readFileSync(secret, 'utf8')).toBe(words);
  expect((await host.upgrade({ version: 'v0.4.0' })).result.status).toBe('success');
});
