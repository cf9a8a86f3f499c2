// Upgrades that a rollout asks for: of an approved class and a pinned commit, named in the journal, withdrawn unbegun.
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import type { Scheduler } from '../../../../agent/scheduler/scheduler.js';
import { findUpgrade } from '../../../../agent/store/find_upgrades.js';
import type { Origin } from '../../../../agent/store/origin.js';
import { listQueued, writeQueued } from '../../../../agent/store/queue.js';
import { stateFolder } from '../../../../agent/store/state_folder.js';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import type { UpgradeRequest } from '../../../../shared/model/request.js';
import { gate, openPlainHost, type PlainHost } from '../../../helpers/agent/plain_host.js';
import { seeChange } from '../../../helpers/see_change.js';

const wish: UpgradeRequest = { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null };
const rollout = { id: uuidv7(), attempt: 3 };
const origin: Origin = { by: 'controller', startWithinMs: 600_000, rollout };

async function open(slugs: readonly string[]): Promise<PlainHost> {
  const plain = await openPlainHost(slugs.map((slug) => ({ slug })));
  onTestFinished(() => plain.close());
  return plain;
}

interface Wished {
  plan_class?: string;
  request?: Partial<UpgradeRequest>;
  id?: string;
}

async function ask(upgrades: Scheduler, tenant: string, { plan_class, request, id = uuidv7() }: Wished = {}) {
  await upgrades.upgrade(id, tenant, { request: { ...wish, ...request }, plan_class, origin });
  return id;
}

async function run(plain: PlainHost, tenant: string, wished: Wished = {}) {
  const id = await ask(plain.upgrades, tenant, wished);
  await plain.upgrades.idle();
  return read(plain, id);
}

function read({ state }: Pick<PlainHost, 'state'>, id: string) {
  const found = findUpgrade(state, id);
  if (found === null) throw new Error('it has not begun');
  const { finish } = found.progress;
  return {
    status: finish?.status,
    code: finish?.failure?.code,
    failure: finish?.failure,
    ...found,
  };
}

const hookRuns = (plain: PlainHost, tenant: string) => {
  const file = path.join(plain.placeOf(tenant), 'db/hooks.log');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').length - 1 : 0;
};

it('runs with a plan of the approved class, and names its rollout from the queue to the journal', async () => {
  const plain = await open(['anna']);
  const plan = await plain.upgrades.plan('anna', wish, 'controller');
  const { begin, status } = await run(plain, 'anna', { plan_class: planClassOf(plan) });
  expect(status).toBe('success');
  expect(begin).toMatchObject({ rollout, plan_class: planClassOf(plan) });
});

it('is refused with a plan of another class before anything stops, and the journal has the new plan', async () => {
  const plain = await open(['anna']);
  const approved = 'a'.repeat(64);
  const { begin, status, failure, events } = await run(plain, 'anna', { plan_class: approved });
  const made = begin.plan === null ? '' : planClassOf(begin.plan);
  expect({ status, code: failure?.code }).toEqual({ status: 'refused', code: 'plan-changed' });
  expect(failure?.message).toContain(made.slice(0, 12));
  expect(failure?.message).toContain(approved.slice(0, 12));
  expect(failure?.hint).toContain('Nothing was stopped');
  expect(begin.plan).toMatchObject({ target: { version: 'v0.2.0' }, blockers: [] });
  expect(events.map(({ type }) => type)).toEqual(['begin', 'finish']);
  expect(hookRuns(plain, 'anna')).toBe(0);
  // Of that class it runs.
  expect(await run(plain, 'anna', { plan_class: made })).toMatchObject({ status: 'success' });
});

it('is refused with a plan of another class also where the agent dies right after the first event', async () => {
  const plain = await open(['anna']);
  const { begin } = await run(plain, 'anna', { plan_class: 'a'.repeat(64) });
  const folder = path.join(plain.state.upgrades, begin.id);
  const [first] = readFileSync(path.join(folder, 'journal.jsonl'), 'utf8').split('\n');
  writeFileSync(path.join(folder, 'journal.jsonl'), `${first}\n`);
  const next = await plain.restart();
  expect(await next.recover()).toEqual([begin.id]);
  await next.idle();
  expect(read(plain, begin.id)).toMatchObject({ status: 'refused', code: 'plan-changed' });
  expect(hookRuns(plain, 'anna')).toBe(0);
});

it('says what blocks it, not that the plan has changed; and has nothing to do where the tenant is there', async () => {
  const plain = await open(['anna', 'bert']);
  writeFileSync(path.join(plain.placeOf('anna'), 'app/README.md'), 'changed by hand\n');
  expect(await run(plain, 'anna', { plan_class: 'a'.repeat(64) })).toMatchObject({
    status: 'refused',
    code: 'modified-files',
  });
  expect(await run(plain, 'bert')).toMatchObject({ status: 'success' });
  expect(await run(plain, 'bert', { plan_class: 'a'.repeat(64) })).toMatchObject({ status: 'success' });
  expect(hookRuns(plain, 'bert')).toBe(1);
});

const onBroken = (error: Error) => expect.unreachable(error.message);

it('keeps class, rollout and attempt in the queue, where those of an older agent are read as well', async () => {
  const plain = await open(['anna']);
  const queued = { id: uuidv7(), tenant: 'anna', request: wish, place: 1, accepted_at: new Date().toISOString() };
  await writeQueued(plain.state, { ...queued, plan_class: 'b'.repeat(64), origin });
  const older = { ...queued, id: uuidv7(), by: 'host', start_within_ms: null };
  writeFileSync(path.join(plain.state.queued, `${older.id}.json`), JSON.stringify(older));
  const found = await listQueued(plain.state, { now: new Date(), onBroken });
  expect(found.find(({ id }) => id === queued.id)).toMatchObject({ plan_class: 'b'.repeat(64), origin: { rollout } });
  expect(found.find(({ id }) => id === older.id)?.origin.rollout).toBeUndefined();
  // And an agent that finds them there keeps to the class.
  rmSync(path.join(plain.state.queued, `${older.id}.json`));
  const next = await plain.restart();
  await next.recover();
  await next.idle();
  expect(read(plain, queued.id)).toMatchObject({ code: 'plan-changed', begin: { rollout } });
});

it('asks no remote where the mirror has the pinned tag and commit, and refuses a tag that was moved', async () => {
  const plain = await open(['anna', 'bert', 'cora']);
  const { repository } = plain;
  const commit = repository.git('rev-parse', 'v0.2.0^{commit}');
  await plain.upgrades.plan('anna', wish);
  const away = `${repository.folder}.away`;
  renameSync(repository.folder, away);
  expect(await run(plain, 'anna', { request: { commit } })).toMatchObject({ status: 'success' });
  expect(await run(plain, 'bert')).toMatchObject({ status: 'refused', code: 'repository-unreachable' });
  renameSync(away, repository.folder);
  repository.git('tag', '--force', '--annotate', '--message=again', 'v0.2.0', 'v0.1.0^{commit}');
  // The mirror still has what is asked for; once somebody has fetched it has not.
  expect(await run(plain, 'bert', { request: { commit } })).toMatchObject({ status: 'success' });
  await plain.upgrades.plan('cora', wish);
  expect(await run(plain, 'cora', { request: { commit } })).toMatchObject({ status: 'refused', code: 'moved-tag' });
});

/** A host whose first tenant is in the middle of its upgrade. */
async function openBusy() {
  const plain = await open(['anna', 'bert']);
  const data = path.join(plain.placeOf('anna'), 'db');
  mkdirSync(path.join(data, gate));
  const running = await ask(plain.upgrades, 'anna');
  await seeChange(data, () => hookRuns(plain, 'anna') > 0);
  return { plain, running, letGo: () => rmSync(path.join(data, gate), { recursive: true }) };
}

const withdraw = ({ upgrades }: PlainHost, tenant: string, id: string) =>
  upgrades.cancel(tenant, { id, force: false, unbegun: true, by: 'controller' });

it('is withdrawn in the queue, and goes on once it has begun', async () => {
  const { plain, running, letGo } = await openBusy();
  const waiting = await ask(plain.upgrades, 'bert');
  expect(await withdraw(plain, 'bert', waiting)).toBe(waiting);
  expect(read(plain, waiting)).toMatchObject({ status: 'cancelled', begin: { rollout } });
  await expect(withdraw(plain, 'anna', running)).rejects.toMatchObject({ code: 'nothing-to-do' });
  letGo();
  await plain.upgrades.idle();
  expect(read(plain, running)).toMatchObject({ status: 'success' });
  await expect(withdraw(plain, 'anna', running)).rejects.toMatchObject({ code: 'nothing-to-do' });
});

it('never begins where it is withdrawn before it came', async () => {
  const plain = await open(['anna']);
  const id = uuidv7();
  expect(await withdraw(plain, 'anna', id)).toBeNull();
  await expect(ask(plain.upgrades, 'anna', { id })).rejects.toMatchObject({ code: 'cancelled' });
  const next = await plain.restart();
  await expect(ask(next, 'anna', { id })).rejects.toMatchObject({ code: 'cancelled' });
});

it('runs nothing where it is withdrawn while it is checked', async () => {
  const plain = await open(['anna']);
  const id = await ask(plain.upgrades, 'anna');
  await new Promise<void>((resolve) => {
    const look = () => (plain.upgrades.list()[0]?.waiting === 'checking' ? resolve() : setImmediate(look));
    look();
  });
  expect(await withdraw(plain, 'anna', id)).toBe(id);
  // What an agent finds that is started after this one was killed right after its answer.
  const copy = stateFolder(path.join(plain.folder, 'copy'));
  cpSync(plain.state.folder, copy.folder, { recursive: true });
  await plain.upgrades.idle();
  expect(read(plain, id)).toMatchObject({ status: 'cancelled' });
  const next = await plain.restart(copy);
  expect(await next.recover()).toEqual([id]);
  await next.idle();
  expect(read({ state: copy }, id)).toMatchObject({ status: 'cancelled', begin: { rollout } });
  expect(hookRuns(plain, 'anna')).toBe(0);
});
