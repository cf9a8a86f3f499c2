// Commands that come often, late and in any order: each is carried out once, also when its journal is long gone.
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
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
const commands = isLong ? 500 : 200;
const deliveries = 3;

type Upgrade = Extract<ControllerFrame, { type: 'upgrade' }>;

/** Cheap ones: the tenant is there already and becomes an upgrade with a journal, or there is none and it is refused. */
function makeCommand(n: number): Upgrade {
  const tenant = n % 50 === 0 ? 'testsite' : `ghost-${n % 7}`;
  const request = { version: 'v0.1.0', force: false, allow_downgrade: false, from: null, commit: null };
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
async function deliver(controller: TestController, frames: readonly ControllerFrame[]): Promise<Answer[]> {
  const before = answersIn(controller).length;
  for (const frame of frames) controller.send(frame);
  await controller.until(() => answersIn(controller).length >= before + frames.length);
  return answersIn(controller).slice(before);
}

type Answer = Extract<AgentFrame, { type: 'answer' }>;

/** The different answers to each id: an error's code, or `accepted`. */
function codesById(answers: readonly Answer[]): Map<string, Set<string>> {
  const codes = new Map<string, Set<string>>();
  for (const { request_id: id, error } of answers) {
    codes.set(id, (codes.get(id) ?? new Set()).add(error?.code ?? 'accepted'));
  }
  return codes;
}

const idsOf = (codes: ReadonlyMap<string, Set<string>>, isIt: (code: string) => boolean) =>
  [...codes].filter(([, given]) => [...given].every(isIt)).map(([id]) => id);

test(`${commands} commands, delivered three times each in any order, are ${commands} upgrades or refusals`, async () => {
  const controller = await startTestController();
  onTestFinished(() => controller.close());
  const host = await hosts.open({ agentKeys: controller.agentKeys });
  await controller.until(() => controller.reports().length > 0);
  const journals = () => readdirSync(path.join(host.stateFolder, 'upgrades')).toSorted();
  const tombstones = () =>
    readFileSync(path.join(host.stateFolder, 'tombstones'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '')
      .toSorted();
  const random = createRandom(6);

  const wanted = Array.from({ length: commands }, (_, index) => makeCommand(index));
  // Cancelled before it arrives, which it does all the same.
  const unknown = makeCommand(0);
  const cancel = { type: 'cancel', request_id: makeId(), id: unknown.id, tenant: 'testsite', force: false } as const;
  expect(await deliver(controller, [cancel])).toMatchObject([{ upgrade: null, error: null }]);

  const often = shuffle(
    wanted.flatMap((frame) => Array<Upgrade>(deliveries).fill(frame)),
    random,
  );
  const codes = codesById(await deliver(controller, [...often, unknown]));
  expect(codes.size).toBe(commands + 1);
  // One answer each, however often it came.
  expect([...codes].filter(([, given]) => given.size !== 1)).toEqual([]);
  expect(codes.get(unknown.id)).toEqual(new Set(['cancelled']));
  const accepted = idsOf(codes, (code) => code === 'accepted').toSorted();
  const refused = idsOf(codes, (code) => code !== 'accepted').toSorted();
  expect(accepted.length).toBeGreaterThan(0);

  const isOver = (id: string) => controller.streams.get(id)?.events.at(-1)?.type === 'finish';
  await controller.until(() => accepted.every(isOver));
  const streams = accepted.map((id) => controller.streams.get(id));
  expect(streams.filter((stream) => stream?.seamless !== true)).toEqual([]);
  expect(streams.filter((stream) => stream?.events.filter(({ type }) => type === 'begin').length !== 1)).toEqual([]);
  expect(journals()).toEqual(accepted);
  expect(tombstones()).toEqual(refused);

  // From now on no journal is kept but the latest, once another upgrade has ended.
  await host.stop();
  appendFileSync(path.join(host.folder, 'host/etc/agent.yaml'), 'keep: { journals: 0s, upgrades: 1 }\n');
  const reports = controller.reports().length;
  await host.start();
  await controller.until(() => controller.reports().length > reports);
  const { id: last } = await controller.offer({ version: 'v0.1.0' });
  expect(await controller.result(last)).toMatchObject({ status: 'success' });
  await seeChange(path.join(host.stateFolder, 'upgrades'), () => journals().length === 1);

  // Long after: each comes once more.
  const late = codesById(await deliver(controller, shuffle(wanted, random)));
  expect(idsOf(late, (code) => code === 'nothing-to-do').toSorted()).toEqual(accepted);
  for (const id of refused.filter((id) => id !== unknown.id)) expect(late.get(id)).toEqual(codes.get(id));
  // What is asked now is answered after all that was begun: none of them has.
  const { id: final } = await controller.offer({ version: 'v0.1.0' });
  await controller.result(final);
  // A journal goes only once its tombstone is there: for a moment an id has both.
  const known = [...new Set([...tombstones(), ...journals()])].toSorted();
  expect(known).toEqual([...accepted, ...refused, last, final].toSorted());
});
