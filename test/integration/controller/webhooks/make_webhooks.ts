// Webhooks over a store in memory, with a clock that the test moves on.
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { openStore } from '../../../../controller/store/sqlite/open_store.js';
import { createAddressRules } from '../../../../controller/webhooks/address_rules.js';
import { createWebhooks, type WebhooksOptions } from '../../../../controller/webhooks/create_webhooks.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { makeId } from '../../../../shared/os/ids.js';
import { createNotifier } from '../../../../shared/os/notifier.js';
import { collectLog } from '../../../helpers/collect_log.js';

export const tester = { token: 't1', name: 'tester', address: null, reason: null };
export const hourMs = 3_600_000;

/** Started, until the test has finished; `wrap` stands before the store. */
export async function makeWebhooks(
  change: Partial<WebhooksOptions> = {},
  wrap = (store: WebhooksOptions['store']) => store,
) {
  const notifier = createNotifier();
  const store = openStore(':memory:', { notify: (webhook) => notifier.notify(webhook) });
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
  const noteAttempt: typeof store.webhooks.noteAttempt = async (attempt) => {
    await store.webhooks.noteAttempt(attempt);
    notifier.notify('noted');
  };
  const webhooks = createWebhooks({
    store: wrap({ ...store.webhooks, noteAttempt }),
    notifier,
    clock,
    makeId,
    randomBytes,
    log: collectLog(),
    random: () => 0.5,
    rules: createAddressRules(['127.0.0.1']),
    resolve: async () => ['127.0.0.1'],
    version: '1.2.3',
    ...change,
  });
  await webhooks.start();
  onTestFinished(async () => {
    await webhooks.close();
    await store.close();
  });
  return {
    webhooks,
    add: (url: string) => webhooks.create({ name: 'chat', url, events: ['host.offline'], scope: null }, tester),
    test: () => webhooks.test('chat', tester),
    store,
    /** Moves the clock on, and lets the sender look at it. */
    skip: async (ms: number) => {
      aheadMs += ms;
      for (const { id } of await store.webhooks.list()) notifier.notify(id);
    },
    /** The log, the first one first, once it is so. */
    see: async (isSo: (log: Awaited<ReturnType<typeof list>>) => boolean) => {
      const subscription = notifier.subscribe('noted');
      try {
        for (let log = await list(); ; log = await list()) {
          if (isSo(log)) return log;
          await subscription.next();
        }
      } finally {
        subscription.close();
      }
    },
  };
  async function list() {
    return (await webhooks.listDeliveries('chat', { limit: 100 })).items.toReversed();
  }
}

export const allDelivered = (log: readonly { state: string }[]) => log.every(({ state }) => state === 'delivered');
