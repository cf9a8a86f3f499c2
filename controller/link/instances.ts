// Remembers which processes have spoken for each host, as long as the controller runs: a process that comes back after
// another one is on a second machine. An agent that ends never comes back, and two do not run on one state folder.
import { controllerLimits } from '../limits.js';
import type { Claim } from './admission.js';

export interface Instances {
  /** Who has spoken after this process with the same key, and from where; null where nobody has. */
  findSuccessor(claim: Claim): { address: string } | null;
  /** This process speaks for its host from now on. */
  note(claim: Claim, address: string): void;
}

interface Speakers {
  key: string;
  /** The latest one. */
  instance: string;
  address: string;
  /** Those before it, the oldest first. */
  past: string[];
}

/** Nobody has spoken yet. Costs a few lines of text for each host that has a key. */
export function createInstances(): Instances {
  const hosts = new Map<string, Speakers>();
  return {
    findSuccessor({ host, key, instance }) {
      const speakers = hosts.get(host);
      return speakers?.key === key && speakers.past.includes(instance) ? { address: speakers.address } : null;
    },
    note({ host, key, instance }, address) {
      const before = hosts.get(host);
      const isSameKey = before?.key === key;
      if (isSameKey && before.instance === instance) {
        before.address = address;
        return;
      }
      const past = isSameKey ? [...before.past, before.instance].slice(-controllerLimits.pastAgents.max) : [];
      hosts.set(host, { key, instance, address, past });
    },
  };
}
