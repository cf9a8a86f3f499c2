// A store with webhooks, for the tests of the contract about them.
import type { NewWebhook } from '../../../../../controller/store/webhooks.js';
import { webhookEventKinds } from '../../../../../shared/model/webhook_events.js';
import { makeId } from '../../../../../shared/os/ids.js';
import { now, tester, useStore, type OpenedStore } from './use_store.js';

export const later = '2026-01-02T00:00:00.000Z';
export const entry = (action: string) => ({ ...tester, at: now, action, tenant: null, host: null, target: 'chat' });

/** An attempt that succeeds. */
export const attempt = (webhook: string, sequence: number, attempts = 0) => ({
  webhook,
  sequence,
  attempts,
  at: later,
  status: 200,
  error: null,
  outcome: { state: 'delivered' } as const,
});

export function useWebhooks(open: () => Promise<OpenedStore>) {
  const opened = useStore(open);
  return {
    opened,
    /** Its id. */
    addWebhook: async (name = 'chat', change: Partial<NewWebhook> = {}): Promise<string> => {
      const about = { url: 'https://hooks.example.com/in', secret: 'whsec_c2VjcmV0', events: webhookEventKinds };
      const made = { id: makeId(), name, ...about, scope: null, created_at: now, created_by: 'tester', ...change };
      await opened.store.webhooks.add(made, entry('webhooks.create'));
      return made.id;
    },
    /** The first one first. */
    listAll: async (name = 'chat') =>
      (await opened.store.webhooks.listDeliveries(name, { limit: 100 })).items.toReversed(),
  };
}
