// Cuts the connections between an agent and the controller.
import type { Action } from '../action.js';

export const cutLink: Action = {
  weight: 2,
  async act({ hosts, pick }) {
    const { name, proxy } = pick(hosts);
    proxy.cut();
    return `cut the link of ${name}`;
  },
};
