// What unit hosts stand on: a machine, a template of a host with these releases, and a folder that both machines write to.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addReleaseOn, makeTemplate } from './agent_host.js';
import type { Ground } from './unit_host.js';
import { bootMachine } from '../machine/machine.js';

/** Each release, by its tag, has these files on top of v0.2.0. `close` ends the machine and removes all. */
export async function makeGround(
  releases: Readonly<Record<string, Readonly<Record<string, string>>>>,
): Promise<Ground & { close(): Promise<void> }> {
  const template = await makeTemplate({ user: 'nobody' });
  for (const [tag, files] of Object.entries(releases)) {
    await addReleaseOn(template.repository, { base: 'v0.2.0', tag }, files);
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'drover-systemd-'));
  await chmod(folder, 0o755);
  const machine = await bootMachine({ readOnly: [template.folder], writable: [folder] });
  return {
    template,
    folder,
    machine,
    async close() {
      await machine.stop();
      await rm(folder, { recursive: true });
      await template.remove();
    },
  };
}
