// Part six: a second host, and nine more tenants.
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pageOf, tenantSchema } from '../../../../shared/wire/api.js';
import { findFreePort } from '../../app/find_free_port.js';
import { makeHost, type DemoHost } from '../../app/make_host.js';
import { makeSites } from '../../app/make_sites.js';
import type { DemoTenant } from '../../app/make_tenant.js';
import { addNotes, readVersion } from '../../app/notes_client.js';
import { startInBackground } from '../../background_process.js';
import { fixedTag } from '../../fixed_release.js';
import { printCommand, printHeading, printText } from '../../narrate.js';
import { readApi } from '../../read_api.js';
import type { DemoController, Setup } from '../../setup.js';
import { showAndRead } from '../../shown_command.js';
import { startAgent } from '../../start_programs.js';
import { verify } from '../../verify.js';
import { writeAgentWrapper } from '../../write_wrappers.js';
import { joinHost } from '../join_host.js';

export interface Fleet {
  controller: DemoController;
  /** All twelve. */
  tenants: readonly DemoTenant[];
}

const oldTag = 'v0.5.0';
const patienceMs = 20_000;

/** Leaves another agent running, and the web server of nine tenants. */
export async function growFleet(setup: Setup, controller: DemoController): Promise<Fleet> {
  printHeading('6. A fleet');
  printText(
    'Now a second host joins, and both get more tenants, nine in all. Everything is on this one machine: the second host is\nan agent with a configuration of its own, `drover-agent-2`, and the nine tenants share one web server.',
  );
  const keys = { tenant_defaults: { allow_remote: ['rollback'] } };
  const host = await makeHost({ name: 'demo-host-2', folder: path.join(setup.folder, 'host-2'), keys });
  const agent = { program: 'drover-agent-2', host, logFile: path.join(setup.folder, 'agent-2.log') };
  await writeAgentWrapper(setup.bin, agent);
  const tenants = await addTenants(setup, host);
  await joinHost(setup, { controller, agent });
  printCommand('drover-agent-2 run &');
  await startAgent(setup, agent);
  await untilReported(setup, { controller, tenants });
  const { stdout } = await showAndRead(setup, 'drover tenants');
  const listed = stdout.match(/^\S+ +v0\.[57]\.0 .* idle$/gm) ?? [];
  verify('the controller knows all twelve tenants, and none of them is busy', listed.length, 12);
  return { controller, tenants };
}

const on = (host: DemoHost, version: string, slugs: readonly string[]) =>
  slugs.map((slug) => ({ slug, version, host: host.folder }));

async function addTenants(
  { folder, repository, tenants, host, signal }: Setup,
  second: DemoHost,
): Promise<DemoTenant[]> {
  signal.throwIfAborted();
  const {
    tenants: added,
    argv,
    env,
  } = await makeSites({
    folder: path.join(folder, 'sites'),
    repository,
    port: await findFreePort(),
    wishes: [
      ...on(host, fixedTag, ['dora', 'emil']),
      ...on(host, oldTag, ['fred']),
      ...on(second, fixedTag, ['greta', 'hans', 'ida', 'jens']),
      ...on(second, oldTag, ['karl', 'lena']),
    ],
  });
  const [first] = added;
  if (first === undefined) throw new Error('no tenant was made');
  await startInBackground({
    argv,
    env,
    logFile: path.join(folder, 'sites/server.log'),
    isReady: async () => (await readVersion(first.url).catch(() => null)) !== null,
    signal,
  });
  for (const { url } of added) await addNotes(url, ['Water the plants', 'Call the bank']);
  return [...Object.values(tenants), ...added];
}

/** Returns once the hosts have told the controller of these tenants; they look at their folders by themselves. */
async function untilReported({ signal }: Setup, { controller, tenants }: Fleet): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    const known = await readApi(controller, 'tenants', pageOf(tenantSchema));
    if (known?.items.length === tenants.length) return;
    if (performance.now() > untilMs) throw new Error(`the controller does not know all ${tenants.length} tenants`);
    await sleep(50, undefined, { signal });
  }
}
