// A fleet upgrade on real programs: a fleet plan, a canary, a wave that breaks the budget, the halt, the retry, the end; with the
// controller and agents killed in between, and all of it looked at from outside.
import { rmSync, writeFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../../controller/client/create_client.js';
import { systemClock } from '../../../shared/os/clock.js';
import type { Rollout } from '../../../shared/wire/rollouts_api.js';
import { useController } from '../../helpers/controller/use_controller.js';
import { gate, lookAt, makeRealFleet, quota, target, type RealTenant } from './fleet.js';

const used = useController();

const hosts = Object.fromEntries(
  ['h1', 'h2', 'h3', 'h4', 'h5'].map((host) => [host, [1, 2, 3, 4].map((no) => `${host}-t${no}`)]),
);
const limit = { timeout: 120_000, interval: 200 };

/** Lets hooks go on; mended ones succeed. */
function letGo(tenants: readonly RealTenant[], { isMended }: { isMended: boolean }): void {
  for (const tenant of tenants) {
    if (isMended) writeFileSync(tenant.file(quota), '');
    rmSync(tenant.file(gate), { force: true });
  }
}

const sorted = (ids: readonly string[]) => ids.toSorted((a, b) => a.localeCompare(b));

test('five hosts, twenty tenants: a wave that breaks the budget halts it; mended, all get there, and each hook ran once an attempt', async () => {
  const { place } = used;
  const fleet = await makeRealFleet({ url: place.agentUrl, joinToken: place.readJoinToken() }, hosts);
  onTestFinished(() => fleet.close());
  const client = createClient({ url: place.url, token: place.readToken(), clock: systemClock, random: Math.random });
  const killController = async () => {
    await used.controller.end('SIGKILL');
    used.controller = await place.start();
  };
  const hostOf = (name: string) => {
    const found = fleet.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`no host ${name}`);
    return found;
  };
  for (const tenant of fleet.tenants) writeFileSync(tenant.file(gate), '');
  await Promise.all(fleet.hosts.map((host) => host.start()));
  await expect.poll(async () => (await client.listTenants({ limit: 100 })).items.length, limit).toBe(20);

  // The plan: two classes, for half of the tenants were on another version.
  const { id: planId } = await client.planFleet({ version: target });
  await expect.poll(async () => (await client.findFleetPlan(planId)).state, limit).toBe('done');
  const plan = await client.findFleetPlan(planId);
  expect(plan).toMatchObject({ planned: 20, failed: [], disagreeing: [], classes: [{ tenants: 10 }, { tenants: 10 }] });
  const approve = plan.classes.map(({ plan_class: own }) => own.slice(0, 8));
  const waves = { canary: '3', waves: ['8'], failures: '3', repeats: 100, reconnect_jitter_s: 0 };
  const { id } = await client.startRollout({ plan: planId, approve, ...waves }, 'the one');
  const look = () => client.findRollout(id);
  const until = async (isSo: (rollout: Rollout) => boolean) => {
    await expect.poll(async () => isSo(await look()), limit).toBe(true);
  };

  // The canary, in whose hooks the controller and an agent die.
  await until(({ counts }) => counts.running === 3);
  const targets = (await client.listTargets(id, { limit: 100 })).items;
  const waveOf = new Map(targets.map(({ slug, wave }) => [slug, wave]));
  const ofWave = (no: number) => fleet.tenants.filter(({ slug }) => waveOf.get(slug) === no);
  const canary = ofWave(0);
  expect(new Set(canary.map(({ host }) => host)).size).toBe(3);
  const struck = hostOf(canary[0]?.host ?? '');
  await Promise.all([struck.kill(), killController()]);
  await struck.start();
  letGo(canary, { isMended: true });
  await until(({ wave_list: list }) => list[0]?.passed_at !== null);

  // The wave: the release is broken for all of its tenants.
  await until(({ counts }) => counts.running >= 3);
  const [first, second] = ofWave(1).map(({ host }) => hostOf(host));
  await Promise.all([first?.kill(), killController(), second === first ? null : second?.kill()]);
  await Promise.all([first?.start(), second === first ? null : second?.start()]);
  letGo(ofWave(1), { isMended: false });
  await until(({ state }) => state === 'halted');
  await until(({ counts }) => counts.running + counts.offered === 0);
  const halted = await look();
  expect(halted).toMatchObject({ counts: { succeeded: 3 }, failures: [{ is_fixed: false }] });
  expect(halted.counts.rolled_back).toBeGreaterThanOrEqual(3);
  expect(halted.counts.rolled_back).toBeLessThan(8);
  for (const tenant of fleet.tenants) {
    const seen = lookAt(tenant, hostOf(tenant.host));
    const isThere = waveOf.get(tenant.slug) === 0;
    expect(seen).toMatchObject({ isRunning: true, changes: '', integrity: 'ok', notes: 'kept' });
    expect(seen.serves === target).toBe(isThere);
    expect(seen.tables.includes('quotas')).toBe(isThere);
    expect(waveOf.get(tenant.slug) === 2 ? seen.hookRuns : []).toEqual([]);
  }
  await expect(client.resumeRollout(id, {})).rejects.toMatchObject({ code: 'unresolved' });
  await expect(client.retryTargets(id, {})).rejects.toMatchObject({ code: 'unresolved' });

  // Mended: those that failed are tried again, and the rest follows, through another death of the controller.
  letGo(fleet.tenants, { isMended: true });
  const { retried } = await client.retryTargets(id, { fixed: true });
  expect(retried).toHaveLength(halted.counts.rolled_back);
  await client.resumeRollout(id, {});
  await until(({ counts }) => counts.succeeded >= 8);
  await killController();
  await until(({ state }) => state === 'done');

  const done = await look();
  expect(done.counts).toMatchObject({ total: 20, succeeded: 20, counted: 0 });
  const commit = fleet.app.git('rev-parse', `${target}^{commit}`);
  for (const { slug, attempt } of (await client.listTargets(id, { limit: 100 })).items) {
    const tenant = fleet.tenants.find((one) => one.slug === slug);
    if (tenant === undefined) throw new Error(`no tenant ${slug}`);
    const seen = lookAt(tenant, hostOf(tenant.host));
    const isThere = { head: commit, changes: '', serves: target, isRunning: true, integrity: 'ok', notes: 'kept' };
    expect(seen).toMatchObject(isThere);
    expect(seen.tables).toBe('notes,quotas');
    // Each attempt that began is one journal, and one run of the hook; the halt has withdrawn others.
    const runs = retried.includes(slug) ? 2 : 1;
    expect(seen.hookRuns).toHaveLength(runs);
    expect(sorted(seen.journals.map(({ id: own }) => own))).toEqual(sorted(seen.hookRuns));
    expect(attempt).toBeGreaterThanOrEqual(runs);
    const ends = seen.journals.map(({ ended }) => ended);
    expect(ends.filter((end) => end === 'success')).toHaveLength(1);
    expect(ends.filter((end) => end === 'rolled_back')).toHaveLength(runs - 1);
  }
});
