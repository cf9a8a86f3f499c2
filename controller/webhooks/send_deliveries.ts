// The sender of one webhook: its deliveries in order, each tried until it was taken or its time is over.
import { AppError, toAppError } from '../../shared/errors.js';
import { backOffMs } from '../../shared/os/back_off.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Log } from '../../shared/os/log.js';
import type { Subscription } from '../../shared/os/notifier.js';
import { controllerLimits } from '../limits.js';
import type { Attempt, DueDelivery, WebhookStore } from '../store/webhooks.js';
import type { AddressRules } from './address_rules.js';
import { postDelivery } from './post_delivery.js';
import { resolveTarget, type ResolveName } from './resolve_target.js';
import { signDelivery } from './sign.js';

export interface SenderOptions {
  store: Pick<WebhookStore, 'findFirst' | 'noteAttempt'>;
  rules: AddressRules;
  resolve: ResolveName;
  clock: Clock;
  /** In [0, 1), for the pauses between attempts. */
  random: () => number;
  log: Log;
  /** How long an attempt may take; the limit without it. */
  attemptMs?: number;
  /** Of the program: the header `user-agent`. */
  version: string;
}

/** From 5 s up to an hour: three days are some eighty attempts. */
const pauses = { firstMs: 5000, longestMs: 3_600_000, jitter: 0.5 };
/** After a failure of the store. */
const brokenStoreMs = 5000;

/**
 * Sends until `signal` aborts; `queued` says that something may be due, of now or since it was subscribed. An attempt that
 * is cut short is made again.
 */
export async function sendDeliveries(
  id: string,
  options: SenderOptions,
  { queued, signal }: { queued: Subscription; signal: AbortSignal },
): Promise<void> {
  const { store, clock, log } = options;
  while (!signal.aborted) {
    try {
      const first = await store.findFirst(id);
      const waitMs = first === null ? Infinity : Date.parse(first.next_at) - clock.now().getTime();
      // Another one may become the first meanwhile: one that is delivered again by hand. A clock may be set anew.
      if (first === null || waitMs > 0) await queued.next({ timeoutMs: Math.min(waitMs, pauses.longestMs), signal });
      else await store.noteAttempt({ webhook: id, ...(await attempt(first, options, signal)) });
    } catch (error) {
      if (signal.aborted) return;
      log.error({ err: error, webhook: id }, 'a webhook could not go on; it will');
      await clock.wait(brokenStoreMs, signal).catch(() => undefined);
    }
  }
}

/** Rejects where `signal` aborts. */
async function attempt(
  delivery: DueDelivery,
  options: SenderOptions,
  signal: AbortSignal,
): Promise<Omit<Attempt, 'webhook'>> {
  const { clock, random } = options;
  const { sequence, attempts, until } = delivery;
  const { status, error } = await post(delivery, options, signal);
  const now = clock.now();
  const at = now.toISOString();
  const noted = { sequence, attempts, at, status, error };
  if (error === null) return { ...noted, outcome: { state: 'delivered' } };
  if (at >= until) return { ...noted, outcome: { state: 'failed' } };
  const pauseMs = backOffMs({ ...pauses, failures: attempts }, random());
  return { ...noted, outcome: { state: 'waiting', next_at: new Date(now.getTime() + pauseMs).toISOString() } };
}

/** The status, and what was wrong with it; null where the delivery was taken. */
async function post(
  { url: target, secret, old_secrets: old, id, kind, at, sequence, data }: DueDelivery,
  { rules, resolve, clock, version, attemptMs = controllerLimits.webhookAttempt.max }: SenderOptions,
  ending: AbortSignal,
): Promise<{ status: number | null; error: string | null }> {
  const limit = AbortSignal.timeout(attemptMs);
  const signal = AbortSignal.any([ending, limit]);
  const body = `{"type":${JSON.stringify(kind)},"timestamp":"${at}","sequence":${sequence},"data":${data}}`;
  try {
    const url = new URL(target);
    const address = await abortable(resolveTarget(url, { rules, resolve }), signal);
    const now = clock.now();
    const secrets = [secret, ...old.filter(({ until }) => until > now.toISOString()).map((one) => one.secret)];
    const signed = signDelivery(secrets, { id, body, at: now });
    const headers = { 'content-type': 'application/json', 'user-agent': `drover-controller/${version}`, ...signed };
    const status = await postDelivery({ url, address, headers, body, signal });
    return { status, error: explainStatus(status) };
  } catch (error) {
    ending.throwIfAborted();
    if (limit.aborted) return { status: null, error: `no answer within ${attemptMs / 1000} s` };
    return { status: null, error: toAppError(error).message };
  }
}

function explainStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `it redirects (HTTP ${status}), which is not followed`;
  return `it answered with HTTP ${status}`;
}

/** A look-up cannot be ended; the wait for it can. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(new AppError('unreachable', 'the look-up was cut short'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
