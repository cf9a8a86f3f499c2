// Orders an upgrade: to a new release of any kind, or to one that is there, which may be below the tenant's version.
import { firstVersion, releaseKinds } from '../releases.js';
import type { Action } from '../action.js';

export const orderUpgrade: Action = {
  weight: 5,
  async act({ controller, releases, requests, random, pick, pickTenant }) {
    const { slug } = pickTenant().tenant;
    const known = releases.above(firstVersion);
    // Half of the new ones go well, so that tenants get on.
    const kind = random() < 0.5 ? 'good' : pick(releaseKinds);
    const version = known.length > 0 && random() < 0.3 ? pick(known.slice(-4)) : await releases.add(kind);
    requests.ask('upgrade', controller.client.upgrade(slug, { version }));
    return `order an upgrade of ${slug} to ${version}${known.includes(version) ? '' : ` (${kind})`}`;
  },
};
