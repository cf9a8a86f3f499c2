// The options of `drover rollout start`: how a rollout goes.
import { z } from 'zod';
import { flag } from '../../../shared/terminal/inputs.js';
import type { RolloutBody } from '../../../shared/wire/rollouts_api.js';
import { seconds, share, shares, wholeNumber } from './number_words.js';
import { parseWindow } from './window_word.js';

const year = 31_536_000;

export const settingsOptions = {
  '--canary <share>': 'how many tenants are the first wave: a number or a percentage (default: 3)',
  '--waves <shares>': 'the waves after it, such as 10%,50%; the last one is the rest (default: the rest)',
  '--max-parallel <number>': 'tenants at once (default: 10)',
  '--per-host <number>': 'tenants of one host at once (default: 1)',
  '--soak <time>': 'the time between the end of a wave and the next one, such as 30m (default: none)',
  '--pause-after-canary': 'the wave after the canary waits for `drover rollout approve --next-wave`',
  '--wave-deadline <time>': 'a wave that takes longer leaves behind what has not begun, such as 2h',
  '--failures <share>': 'it halts at so many failures (default: 3)',
  '--repeats <number>': 'it halts when one failure has repeated so often (default: 3)',
  '--window <window>...': 'when tenants may be started: "mon-fri 22:00-05:00 Europe/Berlin"',
  '--start-within <time>': 'a host must begin an upgrade within this time (default: 1h)',
  '--unreachable-after <time>': 'an upgrade whose host is offline counts as a failure after it (default: 15m)',
  '--give-up-after <time>': 'a tenant of an open wave that cannot start expires after it (default: 3d)',
  '--reconnect-jitter <time>': 'spread of starts on a host that was offline, once it is back (default: 30s)',
};

const window = z.string().transform((text, context) => {
  const parsed = parseWindow(text);
  if (typeof parsed !== 'string') return parsed;
  context.addIssue(parsed);
  return z.NEVER;
});

/** The schema of these options. */
export const settingsWords = z.object({
  canary: share('--canary'),
  waves: shares('--waves'),
  maxParallel: wholeNumber('--max-parallel', 10_000),
  perHost: wholeNumber('--per-host', 1000),
  soak: seconds('--soak', { least: 0, most: year, example: '30m' }),
  pauseAfterCanary: flag,
  waveDeadline: seconds('--wave-deadline', { least: 1, most: year, example: '2h' }),
  failures: share('--failures'),
  repeats: wholeNumber('--repeats', 10_000),
  window: z.array(window).max(20, { error: '--window can be given 20 times at most' }).optional(),
  startWithin: seconds('--start-within', { least: 1, most: 604_800, example: '1h' }),
  unreachableAfter: seconds('--unreachable-after', { least: 1, most: year, example: '15m' }),
  giveUpAfter: seconds('--give-up-after', { least: 1, most: year, example: '3d' }),
  reconnectJitter: seconds('--reconnect-jitter', { least: 0, most: 3600, example: '30s' }),
});

type Settings = Partial<Omit<RolloutBody, 'version' | 'where' | 'plan' | 'approve' | 'commit'>>;

/** As keys of the API; those that were not given have the controller's defaults. */
export function makeSettings(words: z.infer<typeof settingsWords>): Settings {
  const settings = {
    canary: words.canary,
    waves: words.waves,
    max_parallel: words.maxParallel,
    per_host: words.perHost,
    soak_s: words.soak,
    pause_after_canary: words.pauseAfterCanary,
    wave_deadline_s: words.waveDeadline,
    failures: words.failures,
    repeats: words.repeats,
    windows: words.window,
    start_within_s: words.startWithin,
    unreachable_after_s: words.unreachableAfter,
    give_up_after_s: words.giveUpAfter,
    reconnect_jitter_s: words.reconnectJitter,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
