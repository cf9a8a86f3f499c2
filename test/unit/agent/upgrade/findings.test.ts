// What the check of a step finds, whatever ends first.
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { find } from '../../../../agent/upgrade/plan/findings.js';
import { AppError } from '../../../../shared/errors.js';

const fail = async (message: string) => {
  throw new AppError('config', message, { hint: `mend ${message}` });
};

it('is reported in the order in which the parts were begun, and the check that threw itself last', async () => {
  const found = await find(async ({ collect, warn }) => {
    warn('unhealthy-now', 'one', 'two');
    const first = collect(async () => {
      await turn();
      await fail('first');
    });
    await collect(() => fail('second'));
    await first;
    await fail('itself');
  });
  expect(found).toEqual({
    isWhole: false,
    warnings: ['one', 'two'].map((text) => ({ code: 'unhealthy-now', text })),
    blockers: ['first', 'second', 'itself'].map((message) => ({ code: 'config', message, hint: `mend ${message}` })),
  });
});

it('is whole when only parts of the check failed', async () => {
  expect(await find(({ collect }) => collect(() => fail('a part')))).toMatchObject({ isWhole: true, warnings: [] });
});
