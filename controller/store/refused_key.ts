// The error for what is asked of a host whose key is refused.
import { AppError } from '../../shared/errors.js';
import type { KeyState } from './joining.js';

/** A state in which a host cannot connect until it has joined again. */
export type RefusedState = Extract<KeyState, 'revoked' | 'quarantined'>;

/** True where the host's key is not accepted, and no other one was taken in its place. */
export const isRefused = (state: KeyState | null): state is RefusedState =>
  state === 'revoked' || state === 'quarantined';

/** AppError `offline`, with a hint; `why` completes the message. */
export function refusedKey(host: string, state: RefusedState, why: string): AppError {
  return new AppError('offline', `the key of ${host} is ${state}, and ${why}`, {
    hint: `It joins again with \`drover-agent enroll --reset\` and a join token (\`drover join-tokens create --host ${host}\`); \`drover tenants move\` gives its tenants to another host.`,
  });
}
