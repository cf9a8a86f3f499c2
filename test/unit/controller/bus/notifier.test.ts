// Who waits for news is woken, and leaves nothing behind.
import { getEventListeners } from 'node:events';
import { expect, it } from 'vitest';
import { createNotifier } from '../../../../controller/bus/notifier.js';

it('leaves nothing at a signal that outlives many waits', async () => {
  const notices = createNotifier();
  const { signal } = new AbortController();
  const bell = notices.subscribe('an upgrade');
  for (let n = 0; n < 20; n += 1) {
    const news = bell.next(signal);
    notices.notify('an upgrade');
    await news;
  }
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

it('ends a wait when its signal aborts', async () => {
  const ending = new AbortController();
  const news = createNotifier().subscribe('an upgrade').next(ending.signal);
  ending.abort(new Error('enough'));
  await expect(news).rejects.toThrow('enough');
});
