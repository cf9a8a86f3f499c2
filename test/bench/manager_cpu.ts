// The CPU that a machine's systemd takes.
import type { Machine } from '../helpers/machine/machine.js';

/** Milliseconds since it booted. A clock tick is 10 ms. */
export async function readManagerCpuMs(machine: Machine): Promise<number> {
  const ticks = await machine.run(['cut', '-d', ' ', '-f14,15', '/proc/1/stat']);
  return ticks.split(' ').reduce((total, text) => total + Number(text) * 10, 0);
}
