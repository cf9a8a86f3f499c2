// Fills the disk of a host's state; the quiet point makes room again.
import type { Action } from '../action.js';

export const fillDisk: Action = {
  weight: 2,
  async act({ hosts, pick }) {
    const host = pick(hosts);
    host.fillDisk();
    return `fill the disk of ${host.name}`;
  },
};
