// A rollout that is followed over connections that break: its end is always seen.
import { EventEmitter, once } from 'node:events';
import { expect, it } from 'vitest';
import { createClient } from '../../../../controller/client/create_client.js';
import type { Rollouts } from '../../../../controller/rollout/rollouts.js';
import { systemClock, type Clock } from '../../../../shared/os/clock.js';
import { AppError } from '../../../../shared/errors.js';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { id, rollout } from '../../../unit/controller/cli/render/rollout_samples.js';

/** Pauses between attempts are over at once; nobody is ever silent for too long. */
const hastyClock: Clock = {
  ...systemClock,
  wait: (ms, signal) => (ms < 45_000 ? systemClock.wait(0, signal) : systemClock.wait(600_000, signal)),
};

const clientOf = (url: string) => createClient({ url, token, clock: hastyClock, random: Math.random });

const view = (wave: number, ended_at: string | null = null) => rollout({ wave, ended_at });

/** A controller whose stream of rollouts breaks after each of these but the last. */
async function serveFollowed(waves: readonly number[], ends = true) {
  let connections = 0;
  const arrivals = new EventEmitter();
  const last = waves.at(-1) ?? 0;
  const rollouts: Pick<Rollouts, 'find' | 'follow'> = {
    async find(wanted) {
      if (wanted !== id) throw new AppError('unknown-rollout', `there is no rollout ${wanted}`);
      return view(last, ends ? '2026-12-01T11:00:00.000Z' : null);
    },
    async *follow(_id, signal) {
      const wave = waves[connections] ?? last;
      connections += 1;
      yield view(wave);
      if (connections < waves.length) {
        // What was sent just before a connection breaks may get lost with it.
        await once(arrivals, 'rollout', { signal });
        throw new Error('the connection breaks');
      }
      if (!ends) await systemClock.wait(600_000, signal);
    },
  };
  const none = new Proxy(rollouts, {
    get: (known, name) => Reflect.get(known, name) ?? (() => Promise.reject(new Error('not asked for'))),
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is asked for is there
  const { url } = await serve({ rolloutsFor: () => none as Rollouts });
  return { client: clientOf(url), countConnections: () => connections, noteArrival: () => arrivals.emit('rollout') };
}

it('is seen to its end, over as many connections as it takes', async () => {
  const { client, countConnections, noteArrival } = await serveFollowed([0, 1, 2]);
  const contacts: (string | null)[] = [];
  const following = client.followRollout(id, new AbortController().signal, {
    onContact: (lost) => contacts.push(lost?.code ?? null),
  });
  const seen: number[] = [];
  let next = await following.next();
  while (next.done !== true) {
    seen.push(next.value.wave);
    noteArrival();
    next = await following.next();
  }
  expect(next.value.ended_at).toBe('2026-12-01T11:00:00.000Z');
  expect(seen).toEqual([0, 1, 2]);
  expect(countConnections()).toBe(3);
  expect(contacts).toEqual([null, 'unreachable', null, 'unreachable', null]);
});

it('that there is not is said at once; a signal ends it', async () => {
  const { client } = await serveFollowed([0], false);
  const unknown = client.followRollout('019b2692-0000-7000-8000-00000000ffff', new AbortController().signal);
  await expect(unknown.next()).rejects.toMatchObject({ code: 'unknown-rollout' });
  const leaving = new AbortController();
  const following = client.followRollout(id, leaving.signal);
  await following.next();
  leaving.abort(new Error('left'));
  await expect(following.next()).rejects.toThrow('left');
});

it('is started once, however often its answer gets lost', async () => {
  const { url, ask } = await serve();
  const asked = await clientOf(url)
    .startRollout({ version: 'v0.4.0', where: 'slug=nobody' }, 'one key')
    .catch((error: unknown) => error);
  expect(asked).toMatchObject({ code: 'invalid' });
  expect(await (await ask('/api/v1/rollouts')).json()).toEqual({ items: [], next: null });
});
