import { describe, expect, it } from 'vitest';
import { askPin } from '../../../../controller/rollout/start/ask_pin.js';
import type { StoredTenant } from '../../../../controller/store/stored.js';
import { reportedTenant } from '../../../helpers/controller/protocol_peer.js';
import { plan } from '../../shared/terminal/streams.js';

type Hosts = Parameters<typeof askPin>[0]['hosts'];

const signal = new AbortController().signal;

const neverAnswers = (_host: string, _frame: unknown, asking: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    asking.addEventListener('abort', () => reject(asking.reason), { once: true });
  });

describe('a rollout without a fleet plan', () => {
  it('finds a connected host behind any number of tenants of hosts that are away', async () => {
    const all = Array.from({ length: 2500 }, (_, index) => ({
      slug: `t${String(index).padStart(4, '0')}`,
      host: index < 2400 ? 'away' : 'here',
      report: reportedTenant('t'),
    }));
    const listTenants = async ({ limit, cursor = '' }: { limit: number; cursor?: string | undefined }) => {
      const left = all.filter(({ slug }) => slug > cursor);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of a tenant is not looked at
      const items = left.slice(0, limit) as unknown as StoredTenant[];
      return { items, next: left.length > limit ? (items.at(-1)?.slug ?? null) : null };
    };
    const asked: string[] = [];
    const pin = await askPin(
      {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only this method is called
        hosts: { listTenants } as unknown as Hosts,
        connections: {
          isConnected: (host) => host === 'here',
          request: async (host) => {
            asked.push(host);
            return { type: 'plan_result', request_id: 'r', plan, error: null };
          },
        },
        makeId: () => 'r',
      },
      { version: null, commit: null, selection: null, signal },
    );
    expect(asked).toEqual(['here']);
    expect(pin).toMatchObject(plan.target ?? {});
  });

  it('says so where no host answers in time', async () => {
    const item = { slug: 't', host: 'here', report: reportedTenant('t') };
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rest of a tenant is not looked at
    const hosts = { listTenants: async () => ({ items: [item], next: null }) } as unknown as Hosts;
    const asking = askPin(
      { hosts, connections: { isConnected: () => true, request: neverAnswers }, makeId: () => 'r', waitMs: 1 },
      { version: null, commit: null, selection: null, signal },
    );
    await expect(asking).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('here') });
  });
});
