// Upgrades whose host loses its power at an event of the journal and boots again: the outcome.
import { appendFileSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { uuidv7 } from 'uuidv7';
import { controlTenant } from '../../../deploy/demo/app/make_tenant.js';
import { waitUntilHealthy } from '../../../deploy/demo/app/notes_client.js';
import { makeAgentHost, type AgentHost, type HostTemplate } from '../agent/agent_host.js';
import type { HostProcess } from '../agent/host_processes.js';
import { askAndLetGo, seeFinish } from './killed_upgrades.js';
import type { TenantView } from '../agent/look_at_tenant.js';
import { seeChange } from '../see_change.js';
import { makePowerDisk, type PowerDisk } from './power_disk.js';

/** What must be as before the upgrade, or as after one without a power cut. */
export interface Tenant extends Pick<TenantView, 'serves' | 'head' | 'changes' | 'database' | 'markers' | 'leftovers'> {
  runs: boolean;
  recorded: string | null;
}

export interface CutAccount {
  status: string;
  /** Step and code of what made the upgrade fail. */
  failure: string | null;
  before: Tenant;
  tenant: Tenant;
  /** What hooks wrote, besides the database. */
  files: (string | null)[];
  /** Every run of a hook and of a migration, as they wrote it to a disk that loses nothing. */
  hookRuns: string[];
  migrationRuns: string[];
  events: number;
  left: HostProcess[];
}

/**
 * When the power is cut: right after the agent has written that event of its journal, or when so many migrations have
 * finished and the agent has not noticed.
 */
export type Cut = { record: number } | { migrationsDone: number };

/** Runs an upgrade; with `cut` null, without a power cut. */
export async function runCut(
  template: HostTemplate,
  { version, cut }: { version: string; cut: Cut | null },
): Promise<CutAccount> {
  const disk = await makePowerDisk();
  try {
    return await carryOut(template, disk, { version, cut });
  } finally {
    // This also ends what still runs on it after a failure.
    await disk.remove();
  }
}

async function carryOut(
  template: HostTemplate,
  disk: PowerDisk,
  { version, cut }: { version: string; cut: Cut | null },
): Promise<CutAccount> {
  const inside = (name: string) => path.join(disk.outside, name);
  const logged = `echo "$1" >>'${inside('migrations.log')}'; node "$1" && echo >>'${inside('done.log')}'`;
  const migrations = { files: 'scripts/*.mjs', run: ['sh', '-c', logged, 'sh', '{file}'] };
  const makeKeys = () => ({ migrations, modified_ok: ['README.md'] });
  const host = await makeAgentHost(template, { folder: disk.folder, agentLog: inside('agent.log'), makeKeys });
  appendFileSync(path.join(host.tenant.appDir, 'README.md'), 'A line of our own.\n');
  writeFileSync(inside('hooks.log'), '');
  symlinkSync(inside('hooks.log'), path.join(host.tenant.dataDir, 'hooks.log'));
  await disk.sync();
  const before = plain(await host.look());
  const id = uuidv7();
  if (cut === null) await host.start();
  else {
    const agent = host.spawn('record' in cut ? { killAtEvent: cut.record } : {});
    await agent.ready;
    await askAndLetGo(host, { id, version });
    // Where this upgrade has fewer events than the undisturbed one, the power is cut after its end.
    const folder = path.join(host.stateFolder, 'upgrades', id);
    if ('record' in cut) await Promise.race([agent.ended, seeFinish(folder)]);
    else await seeChange(disk.outside, () => readLines(inside('done.log')).length >= cut.migrationsDone);
    await disk.cut();
    writeFileSync(inside('boot_id'), `${uuidv7()}\n`);
    await bootServices(host, id);
    await host.start({ bootIdFile: inside('boot_id') });
  }
  const client = await host.connect();
  const { result, events } = await client.follow(await client.ask({ version }, { id }));
  const { failure } = result;
  return {
    status: result.status,
    failure: failure === null ? null : `${failure.step} ${failure.code}`,
    before,
    tenant: plain(await host.look()),
    files: readHookFiles(host),
    hookRuns: readLines(inside('hooks.log')).map((line) => line.replace(/ \d+$/, '')),
    migrationRuns: readLines(inside('migrations.log')),
    events: events.length,
    left: await host.close(),
  };
}

/** A host starts its services when it boots, before the agent, but not those that an upgrade keeps stopped. */
async function bootServices({ stateFolder, tenant }: AgentHost, id: string): Promise<void> {
  const events = readLines(path.join(stateFolder, 'upgrades', id, 'journal.jsonl'));
  if (events.some((event) => event.includes('"title":"bin/ctl stop"'))) return;
  await controlTenant(tenant, 'start');
  await waitUntilHealthy(tenant.url);
}

function plain({ service, record, hookRuns: _runs, ...view }: TenantView): Tenant {
  return { ...view, runs: service !== null, recorded: record?.version ?? null };
}

function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}

function readHookFiles({ tenant: { appDir, dataDir } }: AgentHost): (string | null)[] {
  const files = [
    path.join(dataDir, 'settings.json'),
    path.join(dataDir, 'public/about.json'),
    path.join(appDir, 'cache/notes.json'),
  ];
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : null));
}
