// The launchers of this host, put together.
import type { Launcher } from './launcher.js';
import { createLaunchers, type LauncherName } from './launchers.js';
import { createPlainLauncher, type PlainLauncherOptions } from './plain/launch.js';
import { createSystemdLauncher, type SystemdLauncherOptions } from './systemd/launch.js';
import { openServiceManager } from './systemd/service_manager.js';

type Options = PlainLauncherOptions & Omit<SystemdLauncherOptions, 'manager'> & { chosen: LauncherName };

/** Both launchers for an agent; the chosen one runs the tenants' code. */
export function openLaunchers({ chosen, ...options }: Options): Launcher {
  const systemd = createSystemdLauncher({ ...options, manager: openServiceManager() });
  return createLaunchers({ plain: createPlainLauncher(options), systemd, chosen });
}
