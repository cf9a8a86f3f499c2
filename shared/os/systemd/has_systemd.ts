// Whether systemd manages this machine.
import { existsSync } from 'node:fs';

/** As sd_booted(3) asks. */
export function hasSystemd(): boolean {
  return existsSync('/run/systemd/system');
}
