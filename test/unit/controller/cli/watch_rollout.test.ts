// `drover rollout watch` with a controller that is away for a moment, between a change and the lists of it.
import { expect, it } from 'vitest';
import { watchRollout } from '../../../../controller/cli/rollout/watch_rollout.js';
import { AppError, type ErrorCode } from '../../../../shared/errors.js';
import { createScreen } from '../../../../shared/terminal/screen/screen.js';
import type { Rollout } from '../../../../shared/wire/rollouts_api.js';
import { fakeWorld } from '../../agent/cli/fake_world.js';
import { id, rollout } from './render/rollout_samples.js';

async function* followRollout(): AsyncGenerator<Rollout, Rollout, void> {
  yield rollout();
  return rollout({ state: 'done', ended_at: '2026-12-01T10:00:00.000Z', estimated_end: null });
}

const notAsked = () => Promise.reject(new Error('not asked'));

/** Watches a rollout that runs, then ends, and whose first list is refused with this. */
function watch(code: ErrorCode) {
  const { world, stdout, stderr } = fakeWorld();
  const screen = createScreen({ stdout, stderr, env: {} });
  let lists = 0;
  const client = {
    followRollout,
    async listTargets() {
      lists += 1;
      if (lists <= 2) throw new AppError(code, 'nobody answers');
      return { items: [], next: null };
    },
    pauseRollout: notAsked,
    resumeRollout: notAsked,
    abortRollout: notAsked,
  };
  return { done: watchRollout({ ...world, screen, json: false, contextName: null }, client, id), stdout };
}

it.each(['unreachable', 'internal'] as const)('goes on where the lists of a change are %s', async (code) => {
  const { done, stdout } = watch(code);
  // 1: a tenant needs an operator.
  expect(await done).toBe(1);
  expect(stdout.written).toContain(' done\n');
});

it('ends where they are refused', async () => {
  await expect(watch('forbidden').done).rejects.toMatchObject({ code: 'forbidden' });
});
