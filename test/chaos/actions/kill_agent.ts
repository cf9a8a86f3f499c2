// Kills an agent; another one starts at once, or only later.
import type { Action } from '../action.js';

export const killAgent: Action = {
  weight: 4,
  async act({ hosts, random, pick }) {
    const host = pick(hosts);
    const staysDown = random() < 0.3;
    await host.killAgent();
    if (!staysDown) await host.startAgent();
    return `kill the agent of ${host.name}${staysDown ? '; none starts for now' : ''}`;
  },
};
