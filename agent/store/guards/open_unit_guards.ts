// The boot guards of the units of this machine's systemd.
import { AppError } from '../../../shared/errors.js';
import { hasSystemd } from '../../../shared/os/systemd/has_systemd.js';
import { createProbe } from '../../command/probe.js';
import type { User } from '../../command/spec.js';
import { runtimeUnitFolder, unitFolder } from './drop_in.js';
import { createUnitGuards, type UnitGuards } from './unit_guards.js';

export interface OpenUnitGuards {
  guardFolder: string;
  /** Runs systemctl. */
  agentUser: User;
  signal: AbortSignal;
}

const reloadLimitMs = 90_000;

/** Null where no systemd runs, or the agent may not change its units. */
export function openUnitGuards({ guardFolder, agentUser, signal }: OpenUnitGuards): UnitGuards | null {
  if (agentUser.uid !== 0 || !hasSystemd()) return null;
  const probe = createProbe({ agentUid: agentUser.uid, signal });
  const argv = ['systemctl', 'daemon-reload'] as const;
  return createUnitGuards({
    guardFolder,
    unitFolder,
    runtimeFolder: runtimeUnitFolder,
    async reload() {
      const { exitCode, stderr } = await probe({ argv, user: agentUser, cwd: '/', timeLimitMs: reloadLimitMs });
      if (exitCode === 0) return;
      throw new AppError('unguarded', `systemctl daemon-reload: exit ${exitCode}: ${stderr.trim()}`);
    },
  });
}
