// Rows of the bench that boot machines.
import type { Row } from './row.js';

/** What a row measures on machines with a systemd, which only root can boot. */
export function asRoot(measure: Row['measure']): Row['measure'] {
  return async (options) => {
    if (process.getuid?.() === 0) return measure(options);
    return { measured: null, remark: 'only root can boot a machine with a systemd' };
  };
}
