// One controller per folder of data, however the one before it ended.
import { expect, onTestFinished, test } from 'vitest';
import { makeControllerPlace } from '../../helpers/controller/controller_process.js';

test('a second controller on the same data is refused, and takes over once the first one was killed', async () => {
  const place = await makeControllerPlace();
  onTestFinished(() => place.remove());
  const first = await place.start();
  onTestFinished(() => first.end('SIGKILL'));
  await expect(place.start()).rejects.toThrow(/another controller runs on .*\/data \(it holds .*controller\.lock\)/);
  await first.end('SIGKILL');
  const second = await place.start();
  await second.end('SIGTERM');
  expect(place.readToken()).not.toBe('');
});
