// Brings a chaos run to a quiet point: all is mended and started, every upgrade has ended, and no tenant needs an operator.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { UpgradeSummary } from '../../shared/wire/api.js';
import { toAppError } from '../../shared/errors.js';
import { waitUntil } from './wait_until.js';
import type { World } from './world.js';

/** How often an operator tries to lead a tenant out of its hold. */
const maxTries = 5;

/** Returns once it is quiet, with what operators had to do. Throws an Error that names what does not end. */
export async function becomeQuiet(world: World): Promise<string[]> {
  const { controller, hosts, requests } = world;
  await controller.start();
  for (const host of hosts) {
    host.mendDisk();
    await waitUntil(`the agent of ${host.name} starts`, () => host.startAgent());
  }
  const done = (await requests.settle()).map((error) => `answered with an error: ${error}`);
  for (let tries = 0; ; tries += 1) {
    await seeEnds(world);
    const held = (await listLatest(world)).filter((upgrade) => upgrade.needs_operator);
    if (held.length === 0) return done;
    if (tries === maxTries) throw new Error(`still in need of an operator: ${JSON.stringify(held)}`);
    for (const { tenant } of held) done.push(await leadOut(world, tenant));
  }
}

async function seeEnds({ controller: { client }, hosts }: World): Promise<void> {
  for (const { name, tenants } of hosts) {
    await waitUntil(`${name} is connected, with its tenants`, async () => {
      for (const { slug } of tenants) await client.findTenant(slug);
      return (await client.findHost(name)).state === 'connected';
    });
  }
  await waitUntil('every upgrade ends', async () => {
    const { items } = await client.listUpgrades({ limit: 1000 });
    const open = items.filter(({ delivery }) => delivery.state !== 'ended');
    if (open.length > 0) throw new Error(JSON.stringify(open));
    const known = new Set(items.map(({ id }) => id));
    return hosts.every((host) => listHeld(host).every((id) => known.has(id)));
  });
}

/** The upgrades that a host holds, begun or queued: a controller with an older store does not know all of them at once. */
function listHeld({ stateFolder }: World['hosts'][number]): string[] {
  const idsIn = (name: string) => readdirSync(path.join(stateFolder, name)).map((entry) => path.parse(entry).name);
  return [...idsIn('upgrades'), ...idsIn('queued')];
}

/** The latest upgrade of each tenant; only that one can need an operator. */
async function listLatest({ controller: { client }, hosts }: World): Promise<UpgradeSummary[]> {
  const latest: UpgradeSummary[] = [];
  for (const { slug } of hosts.flatMap(({ tenants }) => tenants)) {
    const { items } = await client.listUpgrades({ tenant: slug, limit: 1000 });
    // Refused upgrades come after the one that needs an operator.
    latest.push(...items.filter((upgrade) => upgrade.needs_operator).slice(0, 1));
  }
  return latest;
}

/** Goes back to the backup; where the code is back already, continues that rollback, as the error says. */
async function leadOut({ controller: { client }, hosts }: World, tenant: string): Promise<string> {
  try {
    await client.rollback(tenant, { restore_database: true });
    return `${tenant} needed an operator, who went back to the backup`;
  } catch (error) {
    const host = hosts.find(({ tenants }) => tenants.some(({ slug }) => slug === tenant));
    const operator = await host?.connect(tenant);
    await operator?.command({ type: 'resume', accept: false });
    operator?.close();
    return `${tenant} needed an operator, who resumed its rollback (${toAppError(error).code})`;
  }
}
