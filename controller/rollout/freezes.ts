// Freezes: nothing of their tenants is started, but what is excepted by name.
import { AppError } from '../../shared/errors.js';
import type { Clock } from '../../shared/os/clock.js';
import type { Notifier } from '../../shared/os/notifier.js';
import { parseSelection } from '../../shared/selection/parse_selection.js';
import type { Page, PageQuery } from '../../shared/wire/api.js';
import type { Freeze, FreezeBody } from '../../shared/wire/freezes_api.js';
import type { FleetAsker } from '../fleet/fleet.js';
import type { FreezeStore, StoredFreeze } from '../store/freezes.js';
import { rolloutsKey } from './loop.js';
import { momentOf } from './windows.js';

export interface Freezes {
  /** The latest first. */
  list(query: PageQuery): Promise<Page<Freeze>>;
  /** Throws AppError `busy` for a name that is in use, `invalid` for times that are none or end before they begin. */
  start(body: FreezeBody): Promise<Freeze>;
  /** Throws AppError `unknown-freeze`. */
  end(name: string): Promise<Freeze>;
  /** Lets these tenants through. Throws AppError `unknown-freeze`, `invalid` without a reason. */
  except(name: string, tenants: readonly string[]): Promise<Freeze>;
}

export type FreezesFor = (asker: FleetAsker) => Freezes;

/** Freezes as each asker sees them. */
export function createFreezes(options: {
  store: FreezeStore;
  notifier: Pick<Notifier, 'notify'>;
  clock: Pick<Clock, 'now'>;
}): FreezesFor {
  const { store, notifier, clock } = options;
  const now = () => clock.now().toISOString();
  const changed = (freeze: StoredFreeze) => {
    notifier.notify(rolloutsKey);
    return viewFreeze(freeze, now());
  };
  return ({ scope, actor }) => {
    return {
      async list(query) {
        const at = now();
        const { items, next } = await store.list({ ...query, now: at }, scope);
        return { items: items.map((freeze) => viewFreeze(freeze, at)), next };
      },
      async start({ name, where, from, until, zone }) {
        const at = now();
        const begins_at = from === null ? at : momentOf(from, zone, 'earlier');
        const ends_at = until === null ? null : momentOf(until, zone, 'later');
        if (ends_at !== null && ends_at <= (begins_at > at ? begins_at : at)) {
          throw new AppError('invalid', `a freeze until ${until ?? ''} (${zone}) is over before it begins`, {
            hint: 'Name a later end, or none.',
          });
        }
        const selection = where === null ? null : parseSelection(where);
        const freeze = {
          name,
          where,
          begins_at,
          ends_at,
          zone,
          created_at: at,
          created_by: actor.name,
          why: actor.reason,
        };
        await store.add({ ...freeze, selection }, actor);
        return changed({ ...freeze, exceptions: [] });
      },
      end: async (name) => changed(await store.end(name, { at: now(), actor })),
      async except(name, tenants) {
        if (actor.reason === null) {
          throw new AppError('invalid', 'an exception from a freeze needs a reason', {
            hint: 'Say why: `--reason TEXT`.',
          });
        }
        return changed(await store.except(name, tenants, { at: now(), actor }));
      },
    };
  };
}

function viewFreeze(freeze: StoredFreeze, at: string): Freeze {
  const { begins_at, ends_at } = freeze;
  const hasEnded = ends_at !== null && ends_at <= at;
  return { ...freeze, state: hasEnded ? 'ended' : begins_at > at ? 'planned' : 'active' };
}
