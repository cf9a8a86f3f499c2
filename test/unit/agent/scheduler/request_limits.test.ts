import { once } from 'node:events';
import { expect, test } from 'vitest';
import { agentLimits } from '../../../../agent/limits.js';
import { sharedLimits } from '../../../../shared/limits.js';
import { createRequestLimits } from '../../../../agent/scheduler/request_limits.js';

const perMinute = agentLimits.requestsPerMinute.max;

function openLimits() {
  let nowMs = 0;
  const limits = createRequestLimits({ monotonicMs: () => nowMs });
  const countAll = (by: 'host' | 'controller', kind: 'cancel' | 'plan' = 'cancel') => {
    for (let n = 0; n < perMinute; n += 1) limits.count(by, kind);
  };
  return { limits, countAll, pass: (ms: number) => (nowMs += ms) };
}

test('a controller gets so many requests of each kind a minute, and more as time passes', () => {
  const { limits, countAll, pass } = openLimits();
  countAll('controller');
  expect(() => limits.count('controller', 'cancel')).toThrow(`${perMinute} requests (cancel) a minute`);
  countAll('controller', 'plan');
  pass(60_000 / perMinute + 1);
  limits.count('controller', 'cancel');
  expect(() => limits.count('controller', 'cancel')).toThrow('a minute');
  pass(3_600_000);
  countAll('controller');
  expect(() => limits.count('controller', 'cancel')).toThrow('a minute');
});

test('a controller may ask for each tenant of the largest host at once', async () => {
  const { limits } = openLimits();
  const tenants = Array.from({ length: sharedLimits.tenants.max });
  for (const _ of tenants) limits.count('controller', 'upgrade');
  const plans = await Promise.all(tenants.map(() => limits.look('controller', 'plan', async () => 'a plan')));
  expect(plans).toHaveLength(tenants.length);
});

test('an operator of the host is never refused', () => {
  const { limits, countAll } = openLimits();
  countAll('host');
  expect(() => limits.count('host', 'cancel')).not.toThrow();
});

test('looks at tenants run a few at a time, wait up to a number, and leave the host’s own alone', async () => {
  const { limits } = openLimits();
  const holding = new AbortController();
  const held = once(holding.signal, 'abort');
  let running = 0;
  const look = (by: 'host' | 'controller', kind: 'plan' | 'rollback' = 'plan') =>
    limits.look(by, kind, async () => {
      running += 1;
      await held;
    });
  const { plansAtOnce, plansWaiting } = agentLimits;
  const looks = Array.from({ length: plansAtOnce.max + plansWaiting.max }, () => look('controller'));
  await expect(look('controller')).rejects.toMatchObject({ code: 'busy' });
  expect(running).toBe(plansAtOnce.max);
  const own = look('host');
  expect(running).toBe(plansAtOnce.max + 1);
  // A rollback starts soon or not at all.
  const rollback = look('controller', 'rollback');
  expect(running).toBe(plansAtOnce.max + 2);
  holding.abort();
  await Promise.all([...looks, own, rollback]);
  await look('controller');
});

test('marks run beside each other and beside plans, and those of a controller wait up to a number', async () => {
  const { limits } = openLimits();
  const holding = new AbortController();
  const held = once(holding.signal, 'abort');
  // A mark makes a plan of its own.
  const mark = (by: 'host' | 'controller') => limits.look(by, 'mark', () => limits.look(by, 'plan', () => held));
  const { plansAtOnce, plansWaiting } = agentLimits;
  const marks = Array.from({ length: plansAtOnce.max + plansWaiting.max }, () => mark('controller'));
  await expect(mark('controller')).rejects.toMatchObject({ code: 'busy' });
  const own = Array.from({ length: plansAtOnce.max + plansWaiting.max + 1 }, () => mark('host'));
  holding.abort();
  await Promise.all([...marks, ...own]);
});
