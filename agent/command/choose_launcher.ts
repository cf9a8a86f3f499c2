// Which launcher runs the tenants' code on this host.
import { existsSync } from 'node:fs';
import { AppError } from '../../shared/errors.js';
import type { LauncherName } from './launchers.js';
import { canBeNamed } from './systemd/unit_names.js';

/** What systemd needs to run a command in a unit, and what to say where it is missing. */
const needed = [
  { file: '/run/systemd/system', lack: 'systemd does not manage this host' },
  { file: '/usr/bin/systemd-run', lack: 'there is no /usr/bin/systemd-run' },
  { file: '/usr/bin/perl', lack: 'there is no /usr/bin/perl' },
];

export interface LauncherQuestion {
  wish: LauncherName | 'auto';
  agentUid: number;
  stateFolder: string;
}

/**
 * The launcher for an agent of this user and state folder; `auto` is systemd's wherever that can be. Throws AppError
 * `config` where systemd's is wished for and cannot be.
 */
export function chooseLauncher({ wish, agentUid, stateFolder }: LauncherQuestion): LauncherName {
  if (wish === 'plain') return 'plain';
  const lacks = [
    ...(agentUid === 0 ? [] : ['the agent does not run as root']),
    ...(canBeNamed(stateFolder)
      ? []
      : [`state_dir (${stateFolder}) has other characters than letters, digits and /._~:@+-`]),
    ...needed.filter(({ file }) => !existsSync(file)).map(({ lack }) => lack),
  ];
  if (lacks.length === 0) return 'systemd';
  if (wish === 'auto') return 'plain';
  throw new AppError('config', `launcher: systemd in agent.yaml cannot be: ${lacks.join('; ')}`, {
    hint: 'Mend that, or write `launcher: auto`, which takes the plain one where systemd cannot be had.',
  });
}
