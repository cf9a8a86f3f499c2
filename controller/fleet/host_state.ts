// What a host is now, what is wrong with one that is not connected, and what to do about it.
import { AppError } from '../../shared/errors.js';
import type { ReportedProblem } from '../../shared/model/report/report.js';
import { showTime } from '../../shared/os/clock.js';
import type { HostState } from '../../shared/wire/api.js';
import type { KeyState } from '../store/joining.js';
import { isRefused, refusedKey } from '../store/refused_key.js';
import type { StoredHost } from '../store/stored.js';

interface Known {
  keyState: KeyState | null;
  /** Null for a host that never connected. */
  connectedAt: string | null;
}

/** A key that is refused comes first: its connection is being closed. Pure. */
export function findHostState({ keyState, connectedAt }: Known, isConnected: boolean): HostState {
  if (isRefused(keyState)) return keyState;
  if (isConnected) return 'connected';
  return connectedAt === null ? 'joined' : 'offline';
}

type Host = Pick<StoredHost, 'host' | 'host_key' | 'first_seen_at' | 'connected_at' | 'seen_at'>;

const startHint =
  'Start its agent there: `systemctl enable --now drover-agent`; if it runs, `journalctl -u drover-agent` says why it does not connect.';

/** Why a host cannot connect, or has not yet; nothing for any other. Pure. */
export function explainState({ host, host_key: key, first_seen_at, connected_at }: Host): ReportedProblem[] {
  const again = `drover join-tokens create --host ${host}`;
  if (key?.state === 'quarantined') {
    const from = key.places.length === 0 ? '' : `, from ${[...new Set(key.places)].join(' and ')}`;
    return [
      {
        message: `two machines use its key${from}: it is refused for both since ${showTime(key.since)} UTC`,
        hint: `Give the copy another \`host\` name; then, on each, \`drover-agent enroll --reset\` with a join token for its name: ${again}`,
      },
    ];
  }
  if (key?.state === 'revoked') {
    const why = key.why === null ? '' : `: ${key.why}`;
    return [
      {
        message: `its key was revoked at ${showTime(key.since)} UTC${why}`,
        hint: `It joins again with \`drover-agent enroll --reset\` and a join token: ${again}`,
      },
    ];
  }
  if (connected_at !== null) return [];
  return [{ message: `it joined at ${showTime(first_seen_at)} UTC and has never connected`, hint: startHint }];
}

/** AppError `offline` for what only a connected host can do; `why` completes the message. Pure. */
export function absentHost(
  { host, host_key, connected_at, seen_at }: Omit<Host, 'first_seen_at'>,
  why: string,
): AppError {
  const keyState = host_key?.state ?? null;
  if (isRefused(keyState)) return refusedKey(host, keyState, why);
  if (connected_at === null || seen_at === null) {
    return new AppError('offline', `${host} has joined and never connected, and ${why}`, { hint: startHint });
  }
  return new AppError('offline', `${host} is offline (last seen ${showTime(seen_at)} UTC), and ${why}`, {
    hint: 'Check the agent there: `systemctl status drover-agent`; `drover hosts` shows when it is connected again.',
  });
}
