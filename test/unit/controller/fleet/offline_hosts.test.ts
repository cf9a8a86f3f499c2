// Which hosts webhooks are told of as offline: those that are away for a minute, and not before.
import { expect, it } from 'vitest';
import { createOfflineHosts } from '../../../../controller/fleet/offline_hosts.js';

/** Hosts that count as online, of which some are connected; `at` moves the clock and looks. */
function watch(...hosts: string[]) {
  const [online, connected] = [new Set(hosts), new Set<string>()];
  const told: [string, string][] = [];
  let nowMs = 0;
  /** What happens while the store answers. */
  let meanwhile: (() => void) | null = null;
  const offline = createOfflineHosts({
    store: {
      hosts: {
        listOnline: async () => [...online],
        noteOffline: async (host, at) => {
          meanwhile?.();
          online.delete(host);
          told.push([host, at]);
        },
      },
    },
    connections: { isConnected: (host) => connected.has(host) },
    clock: { now: () => new Date(nowMs), monotonicMs: () => nowMs },
  });
  return {
    online,
    connected,
    told,
    onNote: (work: () => void) => void (meanwhile = work),
    at: async (ms: number) => {
      nowMs = ms;
      await offline.look();
    },
  };
}

it('is a host that was away at a look a minute ago, once', async () => {
  const { at, told } = watch('web-1');
  await at(5000);
  await at(64_999);
  expect(told).toEqual([]);
  await at(65_000);
  expect(told).toEqual([['web-1', '1970-01-01T00:01:05.000Z']]);
  await at(200_000);
  expect(told).toHaveLength(1);
});

it('is none that is connected, nor one that was back meanwhile: its minute begins anew', async () => {
  const { at, told, connected } = watch('web-1', 'web-2');
  connected.add('web-2');
  await at(0);
  connected.add('web-1');
  await at(50_000);
  connected.delete('web-1');
  await at(70_000);
  await at(129_999);
  expect(told).toEqual([]);
  await at(130_000);
  expect(told.map(([host]) => host)).toEqual(['web-1']);
});

it('is none that comes back while another one is noted', async () => {
  const { at, told, connected, onNote } = watch('web-1', 'web-2');
  onNote(() => connected.add('web-2'));
  await at(0);
  await at(60_000);
  expect(told.map(([host]) => host)).toEqual(['web-1']);
});

it('is a host again that came back and went, a minute after that', async () => {
  const { at, told, online, connected } = watch('web-1');
  await at(0);
  await at(60_000);
  online.add('web-1');
  connected.add('web-1');
  await at(70_000);
  connected.clear();
  await at(80_000);
  await at(139_999);
  expect(told).toHaveLength(1);
  await at(140_000);
  expect(told).toHaveLength(2);
});
