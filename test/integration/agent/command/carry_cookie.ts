// A process that pretends to belong to a command.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, onTestFinished, vi } from 'vitest';
import type { User } from '../../../../agent/command/spec.js';

/** A process with the cookie, of that user, outside of the command's session. */
export async function carryCookie(cookie: string, user: User) {
  const argv = [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', 'sleep', '60'];
  const carrier = spawn('setpriv', argv, { env: { DROVER_COMMAND: cookie }, detached: true, stdio: 'ignore' });
  onTestFinished(() => void carrier.kill('SIGKILL'));
  await vi.waitFor(() => expect(readFileSync(`/proc/${carrier.pid}/cmdline`, 'utf8')).toMatch(/^sleep/));
  return carrier;
}
