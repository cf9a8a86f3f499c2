// Kills the controller; another one starts at once, or only later.
import type { Action } from '../action.js';

export const killController: Action = {
  weight: 2,
  async act({ controller, random }) {
    const staysDown = random() < 0.3;
    await controller.kill();
    if (!staysDown) await controller.start();
    return `kill the controller${staysDown ? '; none starts for now' : ''}`;
  },
};
