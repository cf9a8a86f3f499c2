import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../../deploy/demo/app/find_free_port.js';

it('goes on to another port where the first one is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const address = taken.address();
  const first = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const free = await findFreePort();
  const choices = [first, free];
  expect(await findFreePort(() => choices.shift() ?? 0)).toBe(free);
});
