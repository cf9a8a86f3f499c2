// The launchers of a host behind one port. Each run folder names its own, so that another choice changes nothing for the
// commands that run.
import type { Launcher } from './launcher.js';
import { isGiven, readUnit, runFolder } from './run_folder.js';

/** Which launcher runs the tenants' code. */
export type LauncherName = 'plain' | 'systemd';

export interface Launchers {
  plain: Launcher;
  systemd: Launcher;
  /** For commands of a tenant's code that begin from now on; all others are plain. */
  chosen: LauncherName;
}

/** A launcher that gives each folder to its own, and a new one to the chosen. */
export function createLaunchers({ plain, systemd, chosen }: Launchers): Launcher {
  const findOwn = async (folder: string) => ((await readUnit(runFolder(folder))) === null ? plain : systemd);
  return {
    async launch(launch, onExit) {
      const isForUnit = chosen === 'systemd' && launch.spec.unit !== undefined;
      // The plain launcher writes the environment first: what has one, and no unit, may be starting there.
      const isNew = !isGiven(runFolder(launch.folder));
      const launcher = isForUnit && isNew ? systemd : await findOwn(launch.folder);
      await launcher.launch(launch, onExit);
    },
    readState: async (folder) => (await findOwn(folder)).readState(folder),
    kill: async (folder, options) => (await findOwn(folder)).kill(folder, options),
    abandon: async (folder) => (await findOwn(folder)).abandon(folder),
  };
}
