// Opens the stream of an upgrade: from the journal in use where it is under way, otherwise from the disk.
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import type { Event } from '../../shared/model/events.js';
import { secretsOf } from '../config/secrets.js';
import { thawTenant } from '../config/tenant_config.js';
import { findUpgrade } from './find_upgrades.js';
import type { StateFolder } from './state_folder.js';
import type { StreamSource } from './read_stream.js';
import type { Scheduler } from '../scheduler/scheduler.js';

/** For an upgrade that was refused before it had a configuration; it has no output either. */
const defaultLimitBytes = 10 * 1024 ** 2;

/**
 * The stream of the upgrade `id`; of a queued one once it begins. Without `upgrades` what is on the disk is the stream.
 * Throws AppError `unknown-upgrade`.
 */
export async function openStream(
  state: StateFolder,
  upgrades: Pick<Scheduler, 'list'> | null,
  id: string,
): Promise<StreamSource> {
  const activity = upgrades?.list().find((candidate) => candidate.id === id);
  await activity?.begun;
  const journal = activity?.journal ?? null;
  const events = journal?.events ?? findUpgrade(state, id)?.events;
  if (events === undefined) throw new AppError('unknown-upgrade', `there is no upgrade ${id} on this host`);
  const source = { folder: path.join(state.upgrades, id), ...(await readLimits(events)) };
  if (journal === null) return { ...source, readEvents: () => events };
  return {
    ...source,
    readEvents: () => journal.events.slice(0, journal.durable),
    subscribe: (listener) => journal.subscribe(listener),
  };
}

async function readLimits([begin]: readonly Event[]): Promise<Pick<StreamSource, 'secrets' | 'limitBytes'>> {
  if (begin?.type !== 'begin' || begin.config === null) return { secrets: [], limitBytes: defaultLimitBytes };
  const config = thawTenant(begin.config);
  return { secrets: await secretsOf(config), limitBytes: config.output_limit };
}
