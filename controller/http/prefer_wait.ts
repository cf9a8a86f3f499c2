// `Prefer: wait=SECONDS` (RFC 7240): answers when the upgrade has ended, or after that time.
import { AppError } from '../../shared/errors.js';
import { apiPrefix, type Upgrade } from '../../shared/wire/api.js';
import type { Call, Services } from './route.js';

const maxWaitS = 600;

/** The seconds that the client waits; 0 without `wait`, or when its value is no number. */
export function readWaitS(prefer: string | undefined): number {
  const given = (prefer ?? '')
    .split(/[,;]/)
    .flatMap((preference) => /^wait\s*=\s*"?(\d{1,9})"?$/i.exec(preference.trim())?.[1] ?? []);
  return Math.min(Number(given[0] ?? 0), maxWaitS);
}

const isOver = ({ status }: Upgrade) => status !== 'queued' && status !== 'running';

/** Answers with the upgrade: 200 when it has ended within the wait, else 202. Throws what ended the asker's token. */
export async function answerUpgrade(
  { fleet, clock, waiting: waitingRequests }: Services,
  { upgrade, prefer }: { upgrade: Upgrade; prefer: string | undefined },
  { reply, signal }: Call,
): Promise<Upgrade> {
  const waitS = readWaitS(prefer);
  const waiting = new AbortController();
  const mustWait = waitS > 0 && !isOver(upgrade);
  if (mustWait) waitingRequests.admit(signal);
  if (waitS > 0) void reply.header('preference-applied', `wait=${waitS}`);
  const either = AbortSignal.any([signal, waiting.signal]);
  if (waitS > 0) {
    clock.wait(waitS * 1000, either).then(
      () => waiting.abort(),
      () => undefined,
    );
  }
  try {
    const latest = mustWait ? await fleet.waitForUpgrade(upgrade.id, either) : upgrade;
    if (signal.reason instanceof AppError) throw signal.reason;
    void reply.status(waitS > 0 && isOver(latest) ? 200 : 202).header('location', `${apiPrefix}/upgrades/${latest.id}`);
    return latest;
  } finally {
    waiting.abort();
  }
}
