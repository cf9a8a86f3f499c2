// Cancels one of the upgrades that were asked for last.
import type { Action } from '../action.js';

export const cancel: Action = {
  weight: 2,
  async act({ controller, requests, random, pick }) {
    const latest = requests.upgrades().slice(0, 3);
    if (latest.length === 0) return 'cancel nothing: no upgrade is known';
    const [id, force] = [pick(latest), random() < 0.5];
    requests.ask('cancel', controller.client.cancel(id, { force }));
    return `cancel ${id}${force ? ' with force' : ''}`;
  },
};
