// Commands that come often, late and in any order: each is carried out once, also when its journal is long gone.
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { AgentFrame, ControllerFrame } from '../../../shared/wire/protocol.js';
import { makeId } from '../../../shared/os/ids.js';
import { isLong } from '../../helpers/sample_seed.js';
import { createRandom } from '../../helpers/seeded_random.js';
import { seeChange } from '../../helpers/see_change.js';
import { startTestController, type TestController } from '../../helpers/controller/test_controller.js';
import { useHosts } from '../upgrade/hosts.js';

const hosts = useHosts({ releases: [] });
const commands = isLong ? 1000 : 200;
const deliveries = 3;

type Upgrade = Extract<ControllerFrame, { type: 'upgrade' }>;

/** Cheap ones: the tenant is there already, or there is none. Both are upgrades, with a journal of their own. */
function makeCommand(n: number): Upgrade {
  const tenant = n % 50 === 0 ? 'testsite' : `ghost-${n % 7}`;
  const request = { version: 'v0.1.0', force: false, allow_downgrade: false, commit: null };
  return { type: 'upgrade', id: makeId(), tenant, request, start_within_ms: 3_600_000 };
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}

const answersIn = (controller: TestController) =>
  controller.links.flatMap(({ frames }) => frames.filter((frame) => frame.type === 'answer'));

/** Sends them all, and returns their answers once each has one. */
async function deliver(
  controller: TestController,
  frames: readonly ControllerFrame[],
): Promise<Extract<AgentFrame, { type: 'answer' }>[]> {
  const before = answersIn(controller).length;
  for (const frame of frames) controller.send(frame);
  await controller.until(() => answersIn(controller).length >= before + frames.length);
  return answersIn(controller).slice(before);
}

const listFolder = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []).toSorted();

test(`${commands} commands, delivered three times each in any order, are ${commands} upgrades`, async () => {
  const controller = await startTestController();
  onTestFinished(() => controller.close());
  const host = await hosts.open({ agentKeys: controller.agentKeys });
  await controller.until(() => controller.reports().length > 0);
  const upgrades = path.join(host.stateFolder, 'upgrades');
  const finished = path.join(host.stateFolder, 'finished');
  // A journal goes only once its tombstone is there: for a moment an id is in both.
  const known = () => [...new Set([...listFolder(upgrades), ...listFolder(finished)])].toSorted();
  const random = createRandom(6);

  const wanted = Array.from({ length: commands }, (_, index) => makeCommand(index));
  const ids = wanted.map(({ id }) => id).toSorted();
  // Cancelled before it arrives, which it does all the same.
  const unknown = makeCommand(0);
  const cancel = { type: 'cancel', request_id: makeId(), id: unknown.id, tenant: 'testsite', force: false } as const;
  expect(await deliver(controller, [cancel])).toMatchObject([{ upgrade: null, error: null }]);

  const often = shuffle(
    wanted.flatMap((frame) => Array<Upgrade>(deliveries).fill(frame)),
    random,
  );
  const answers = await deliver(controller, [...often, unknown]);
  expect(new Set(answers.map(({ request_id }) => request_id)).size).toBe(commands + 1);
  const refused = answers.filter(({ error }) => error !== null && error.code !== 'nothing-to-do');
  expect(refused).toMatchObject([{ request_id: unknown.id, error: { code: 'cancelled' } }]);

  const isOver = (id: string) => controller.streams.get(id)?.events.at(-1)?.type === 'finish';
  await controller.until(() => ids.every(isOver));
  const streams = ids.map((id) => controller.streams.get(id));
  expect(streams.filter((stream) => stream?.seamless !== true)).toEqual([]);
  expect(streams.filter((stream) => stream?.events.filter(({ type }) => type === 'begin').length !== 1)).toEqual([]);

  expect(known()).toEqual([...ids, unknown.id].toSorted());

  // From now on no journal is kept but each tenant's latest, once another upgrade has ended.
  await host.stop();
  appendFileSync(path.join(host.folder, 'host/etc/agent.yaml'), 'keep: { journals: 0s, upgrades: 1 }\n');
  const reports = controller.reports().length;
  await host.start();
  await controller.until(() => controller.reports().length > reports);
  const { id: last } = await controller.offer({ version: 'v0.1.0' });
  expect(await controller.result(last)).toMatchObject({ status: 'success' });
  await seeChange(upgrades, () => listFolder(upgrades).length <= 8);
  const before = known();
  expect(before).toEqual([...ids, unknown.id, last].toSorted());

  // Long after: each comes once more.
  const late = await deliver(controller, shuffle(wanted, random));
  expect(late.map(({ request_id }) => request_id).toSorted()).toEqual(ids);
  const gone = late.filter(({ error }) => error !== null);
  expect(gone.length).toBeGreaterThanOrEqual(commands - 8);
  expect(new Set(gone.map(({ error }) => error?.code))).toEqual(new Set(['nothing-to-do']));
  // What is asked now is answered after all that was begun: none of them has.
  const { id: final } = await controller.offer({ version: 'v0.1.0' });
  await controller.result(final);
  expect(known()).toEqual([...before, final].toSorted());
  expect(readFileSync(path.join(finished, unknown.id), 'utf8')).toContain('cancelled');
});
