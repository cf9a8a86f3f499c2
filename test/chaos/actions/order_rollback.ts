// Orders a rollback of a tenant's latest upgrade, with the data that was written since or without.
import type { Action } from '../action.js';

export const orderRollback: Action = {
  weight: 2,
  async act({ controller, requests, random, pickTenant }) {
    const { slug } = pickTenant().tenant;
    const restore = random() < 0.5;
    requests.ask('rollback', controller.client.rollback(slug, { restore_database: restore }));
    return `order a rollback of ${slug}${restore ? ' with its database' : ''}`;
  },
};
