// Which hosts webhooks are told of as offline, and as connected again: one event an outage, and none of a short break.
import { expect, it } from 'vitest';
import { createHostPresence } from '../../../../controller/fleet/host_presence.js';

/** Hosts that webhooks know as connected; `at` moves the clock and looks. */
function watch(...hosts: string[]) {
  const online = new Set(hosts);
  const told: string[] = [];
  let nowMs = 0;
  /** What happens while the store answers. */
  let meanwhile: (() => void) | null = null;
  const note = (what: string) => async (host: string, at: string) => {
    meanwhile?.();
    if (what === 'offline') online.delete(host);
    else online.add(host);
    told.push(`${host} ${what} ${at.slice(11, 19)}`);
  };
  const presence = createHostPresence({
    store: {
      hosts: { listOnline: async () => [...online], noteConnected: note('connected'), noteOffline: note('offline') },
    },
    clock: { now: () => new Date(nowMs), monotonicMs: () => nowMs },
    offlineAfterMs: 60_000,
  });
  return {
    told,
    onNote: (work: () => void) => void (meanwhile = work),
    at: async (ms: number) => {
      nowMs = ms;
      await presence.look();
    },
    arrive: (ms: number, host = 'web-1') => {
      nowMs = ms;
      presence.arrive(host);
    },
    leave: (ms: number, host = 'web-1') => {
      nowMs = ms;
      presence.leave(host);
    },
  };
}

it('is offline after a minute away, once, and connected after a minute back', async () => {
  const { at, told, arrive, leave } = watch('web-1');
  arrive(1000);
  leave(100_000);
  await at(159_999);
  expect(told).toEqual([]);
  await at(160_000);
  await at(400_000);
  expect(told).toEqual(['web-1 offline 00:02:40']);
  arrive(500_000);
  await at(559_999);
  expect(told).toHaveLength(1);
  await at(560_000);
  await at(900_000);
  expect(told.slice(1)).toEqual(['web-1 connected 00:09:20']);
});

it('has the time to come back when the controller starts', async () => {
  const { at, told, arrive } = watch('web-1', 'web-2');
  await at(5000);
  arrive(64_000, 'web-2');
  await at(64_999);
  expect(told).toEqual([]);
  await at(65_000);
  expect(told).toEqual(['web-1 offline 00:01:05']);
});

it('is not offline for a short break, with a minute connected before and after it', async () => {
  const { at, told, arrive, leave } = watch('web-1');
  for (let ms = 0; ms < 1_200_000; ms += 120_000) {
    arrive(ms);
    await at(ms + 60_000);
    leave(ms + 60_000);
    await at(ms + 119_999);
  }
  expect(told).toEqual([]);
});

it('is offline once where it comes and goes faster than that, and connected once it stays', async () => {
  const { at, told, arrive, leave } = watch('web-1');
  // Away for 3 s in every 10 s: a minute in all after 200 s.
  for (let ms = 0; ms < 3_600_000; ms += 10_000) {
    arrive(ms);
    await at(ms + 5000);
    leave(ms + 7000);
    await at(ms + 9999);
  }
  expect(told).toEqual(['web-1 offline 00:03:29']);
  arrive(3_600_000);
  for (let ms = 3_600_000; ms < 4_000_000; ms += 15_000) await at(ms);
  expect(told.slice(1)).toEqual(['web-1 connected 01:01:00']);
  // It has begun anew: another minute away is another outage.
  leave(4_000_000);
  await at(4_059_999);
  expect(told).toHaveLength(2);
  await at(4_060_000);
  expect(told).toHaveLength(3);
});

it('is not connected without a break where another connection has replaced the first', async () => {
  const { at, told, arrive } = watch();
  arrive(0);
  arrive(50_000);
  await at(109_999);
  expect(told).toEqual([]);
  await at(110_000);
  expect(told).toEqual(['web-1 connected 00:01:50']);
});

it('is not offline where it comes back while another one is noted', async () => {
  const { at, told, arrive, onNote } = watch('web-1', 'web-2');
  onNote(() => arrive(60_000, 'web-2'));
  await at(0);
  await at(60_000);
  expect(told).toEqual(['web-1 offline 00:01:00']);
});
