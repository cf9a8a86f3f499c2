// Faults of an agent that runs as a unit, at events of a journal that a test names.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { findPackageRoot } from '../../../deploy/demo/app/find_package_root.js';
import type { Machine } from '../machine/machine.js';
import { seeChange } from '../see_change.js';
import { agentUnit } from './site_host.js';

const folder = '/run/drover-faults';
const preload = path.join(findPackageRoot(import.meta.dirname), 'dist/test/helpers/faults/fault_when_told.js');

/** The environment of an agent that can be told to fail. */
export const faultyEnv = {
  NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
  FAULT_FOLDER: folder,
};

const systemctl = (verb: string) => `systemctl --no-block ${verb} ${agentUnit}\nsleep 0.1`;

/** Scripts that the agent runs, each of which is its end; another agent follows. */
export const ends = {
  'gets SIGKILL': 'kill -KILL $PPID',
  'is stopped, and started': `setsid --fork sh -c 'systemctl stop ${agentUnit}; systemctl start ${agentUnit}'
${systemctl('stop')}`,
  'is restarted': systemctl('restart'),
} as const;

export const kindsOfEnd = [
  'gets SIGKILL',
  'is stopped, and started',
  'is restarted',
] as const satisfies (keyof typeof ends)[];

/** Once a journal has an event with this in its line, the agent runs the script, before it does anything else. */
export function planFault(machine: Machine, part: string, script: string): void {
  const here = machine.locate(folder);
  mkdirSync(here, { recursive: true });
  writeFileSync(path.join(here, encodeURIComponent(part)), `${part}\n${script}\n`);
}

/** None of those that were planned happens any more. */
export function forgetFaults(machine: Machine): void {
  rmSync(machine.locate(folder), { recursive: true, force: true });
}

/** Returns once all that were planned have begun. */
export function seeFaults(machine: Machine): Promise<void> {
  return seeChange(machine.locate(folder), () => listFaults(machine).length === 0);
}

/** Those that were planned and have not happened. */
export function listFaults(machine: Machine): string[] {
  return readdirSync(machine.locate(folder)).map((name) => decodeURIComponent(name));
}
