// A bench's controller: the product's store, fleet and link behind a server on loopback, in a process of its own.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { hashToken } from '../../../controller/auth/token.js';
import { listenBacklog } from '../../../controller/http/listen_backlog.js';
import { createCore } from '../../../controller/program/core.js';
import type { Candidate } from '../../../controller/store/rollouts.js';
import { createArrange } from '../../../controller/rollout/start/arrange.js';
import { rolloutSettingsSchema, type RolloutSettings } from '../../../shared/model/rollout.js';
import { upgradeBodySchema } from '../../../shared/wire/api.js';
import { systemClock } from '../../../shared/os/clock.js';
import { makeId } from '../../../shared/os/ids.js';
import { benchKey } from './bench_keys.js';
import { answerQuestions, measureResidentBytes } from './child.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'drover-bench-fleet-'));
process.on('disconnect', () => process.exit(0));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** Hostile sockets are refused by the thousand. */
const warn = (fields: object, message: string) => {
  if (!message.startsWith('refused an agent')) console.error(fields, message);
};
const quiet = { debug: () => undefined, info: () => undefined, warn, error: console.error };
const core = createCore({
  storeFile: path.join(folder, 'controller.db'),
  isOwnAuthority: () => true,
  agentUrl: () => '',
  clock: systemClock,
  makeId,
  randomBytes,
  log: quiet,
});
const actor = { token: 'bench', name: 'bench', address: null, reason: null };
const fleet = core.fleetFor({ scope: null, actor });
const server = http.createServer();
const sockets = new Set<Socket>();
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
core.link.attach(server);
core.start();
server.listen({ port: 0, host: '127.0.0.1', backlog: listenBacklog });
await once(server, 'listening');

const body = upgradeBodySchema.parse({ version: 'v0.2.0' });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves with the tenants once all their hosts have reported them, which may still be on its way to the store. */
async function awaitFleet(count: number): Promise<string[]> {
  const slugs = Array.from({ length: count }, (_, n) => `t${n}`);
  for (const slug of slugs) while ((await core.store.hosts.findTenant(slug)) === null) await pause(50);
  return slugs;
}

/** A rollout of these tenants, by their numbers, with a pin that no host is asked for. */
async function startRollout(
  id: string,
  given: Partial<RolloutSettings>,
  [from, until]: [number, number],
): Promise<void> {
  const settings = rolloutSettingsSchema.parse(given);
  const version = 'v0.2.0';
  const isOwn = ({ slug }: Candidate) => Number(slug.slice(1)) >= from && Number(slug.slice(1)) < until;
  const arrangeAll = createArrange({ version, settings, approved: null });
  const rollout = { id, version, commit: 'c'.repeat(40), settings, approved: null, at: new Date().toISOString() };
  await core.store.rollouts.start(
    { ...rollout, where: null, selection: null, scope: null, plan: null },
    { arrange: (all) => arrangeAll(all.filter(isOwn)), isConnected: () => true, key: null, actor },
  );
}

/** Resolves once it has ended: looked at whenever it is told of. */
async function awaitEnd<T extends { ended_at: string | null }>(id: string, find: () => Promise<T | null>): Promise<T> {
  const woken = core.notifier.subscribe(id);
  try {
    for (;;) {
      const found = await find();
      if (found !== null && found.ended_at !== null) return found;
      await woken.next({ timeoutMs: 1000 });
    }
  } finally {
    woken.close();
  }
}

/** Resolves with when the next step of this rollout begins: others that are open are stepped, too. */
function seeFirstStep(id: string): Promise<number> {
  const { rollouts } = core.store;
  const step = rollouts.step.bind(rollouts);
  return new Promise((resolve) => {
    rollouts.step = (stepped, ...given) => {
      if (stepped === id) {
        resolve(performance.now());
        rollouts.step = step;
      }
      return step(stepped, ...given);
    };
  });
}

/** Resolves when so many answers of agents are stored; to ask the store would take its thread from what is measured. */
function seeAnswers(count: number): Promise<void> {
  const { orders } = core.store;
  const markAccepted = orders.markAccepted.bind(orders);
  let left = count;
  return new Promise((resolve) => {
    orders.markAccepted = async (answer) => {
      await markAccepted(answer);
      if ((left -= 1) === 0) resolve();
    };
  });
}

/** These hosts have joined: `h0` and so on where it is a number. */
async function join(...words: (string | number)[]): Promise<number> {
  const [first = ''] = words;
  const names = typeof first === 'number' ? Array.from({ length: first }, (_, n) => `h${n}`) : words.map(String);
  const wish = { hosts: null, uses: names.length, expires_in_s: 3600 };
  const { token } = await core.joining.makeToken(wish, actor);
  const at = new Date().toISOString();
  const enrol = (host: string) =>
    core.store.joins.enroll({ tokenHash: hashToken(token), host, key: benchKey(host).key, address: '', at });
  await Promise.all(names.map(enrol));
  return names.length;
}

answerQuestions({
  join,
  port: () => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  },
  connected: () => core.link.count(),
  /** Cuts every connection off, as a proxy does that ends. */
  drop() {
    const dropped = sockets.size;
    for (const socket of sockets) socket.destroy();
    return dropped;
  },
  /** Has every tenant upgrade; the milliseconds until every agent's answer is stored. */
  async broadcast(tenants) {
    const slugs = await awaitFleet(Number(tenants));
    const sinceMs = performance.now();
    const answered = seeAnswers(slugs.length);
    await Promise.all(slugs.map((slug) => fleet.upgrade(slug, body)));
    await answered;
    return performance.now() - sinceMs;
  },
  /** Has a rollout offer these tenants their upgrades in one step; the milliseconds from that step on until each answer is stored. */
  async wave(from, until) {
    await awaitFleet(Number(until));
    const answered = seeAnswers(Number(until) - Number(from));
    const id = makeId();
    const stepped = seeFirstStep(id);
    await startRollout(id, { canary: '100%', max_parallel: 10_000 }, [Number(from), Number(until)]);
    await answered;
    return performance.now() - (await stepped);
  },
  /** A rollout of so many tenants; the milliseconds from its start until it is done. */
  async rollout(tenants, maxParallel) {
    await awaitFleet(Number(tenants));
    const sinceMs = performance.now();
    const settings = { canary: '1%', waves: ['10%', '50%'], max_parallel: Number(maxParallel), per_host: 10 };
    const id = makeId();
    await startRollout(id, settings, [0, Number(tenants)]);
    const { counts, state } = await awaitEnd(id, () => core.store.rollouts.find(id, null));
    const isRight = state === 'done' && counts?.succeeded === tenants;
    if (!isRight) console.error('a rollout that did not succeed', state, counts);
    return performance.now() - sinceMs;
  },
  /** A fleet plan of so many tenants; the milliseconds until each is planned. */
  async plan(tenants, classes) {
    await awaitFleet(Number(tenants));
    const sinceMs = performance.now();
    const rollouts = core.rolloutsFor({ scope: null, actor });
    const { id } = await rollouts.planFleet({ version: 'v0.2.0', where: null });
    await awaitEnd(id, async () => {
      const plan = await core.store.fleetPlans.find(id, null);
      return plan === null || plan.finished_at === null ? null : { ...plan, ended_at: plan.finished_at };
    });
    const plan = await rollouts.findPlan(id);
    if (plan.classes.length !== classes || plan.planned !== tenants) console.error('a plan of other classes', plan);
    return performance.now() - sinceMs;
  },
  memory: () => measureResidentBytes(),
});
