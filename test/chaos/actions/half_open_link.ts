// Makes the connections between an agent and the controller half-open: both sides stay connected, and nothing arrives.
import type { Action } from '../action.js';

export const halfOpenLink: Action = {
  weight: 2,
  async act({ hosts, pick }) {
    const { name, proxy } = pick(hosts);
    proxy.deafen();
    return `make the link of ${name} half-open`;
  },
};
