// Who waits is woken, misses nothing, and leaves nothing behind.
import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { createNotifier, createWakeUp } from '../../../../shared/os/notifier.js';

it('leaves nothing at a signal that outlives many waits', async () => {
  const notifier = createNotifier();
  const { signal } = new AbortController();
  const subscription = notifier.subscribe('an upgrade');
  for (let n = 0; n < 20; n += 1) {
    const next = subscription.next({ signal });
    notifier.notify('an upgrade');
    await next;
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('ends a wait when its signal aborts', async () => {
  const ending = new AbortController();
  const next = createNotifier().subscribe('an upgrade').next({ signal: ending.signal });
  ending.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
});

it('misses nothing that comes between two waits, and remembers it once', async () => {
  const notifier = createNotifier();
  const subscription = notifier.subscribe('an upgrade');
  notifier.notify('an upgrade');
  notifier.notify('an upgrade');
  await subscription.next();
  await expect(subscription.next({ signal: AbortSignal.timeout(1) })).rejects.toThrow('timeout');
});

it('wakes for its own key only, and after its end for none', async () => {
  const notifier = createNotifier();
  const subscription = notifier.subscribe('one');
  notifier.notify('two');
  subscription.close();
  notifier.notify('one');
  await expect(subscription.next({ signal: AbortSignal.timeout(1) })).rejects.toThrow('timeout');
});

it('ends a wait when its time is over', async () => {
  await expect(createWakeUp().next({ timeoutMs: 1 })).resolves.toBeUndefined();
});
