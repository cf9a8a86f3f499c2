// Opens the stream of an upgrade: from the open journal while it runs, otherwise from the disk.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import type { Event } from '../../../shared/model/journal/events.js';
import type { Clock } from '../../../shared/os/clock.js';
import { secretsOf } from '../../config/tenant_file/secrets.js';
import { thawTenant } from '../../config/tenant_file/tenant_config.js';
import { findUpgrade } from '../find_upgrades.js';
import type { OpenJournals } from '../open_journals.js';
import type { StateFolder } from '../state_folder.js';
import type { StreamSource } from './read_stream.js';
import { runPlaces } from '../run_folders.js';

/** For an upgrade that was refused before it had a configuration; it has no output. */
const defaultLimitBytes = 10 * 1024 ** 2;

/** Where streams are read from. */
export interface StreamStore {
  state: StateFolder;
  journals: OpenJournals;
  agentUid: number;
  clock: Pick<Clock, 'wait'>;
  /** Aborted once no upgrade of this agent goes on: then every stream ends at what exists. */
  ended?: AbortSignal;
}

/** The stream of the upgrade `id`; of a queued one once it begins. Throws AppError `unknown-upgrade`. */
export async function openStream(
  { state, journals, agentUid, clock, ended }: StreamStore,
  id: string,
): Promise<StreamSource> {
  await journals.untilBegun(id);
  const journal = journals.find(id);
  const events = journal?.events ?? findUpgrade(state, id)?.events;
  if (events === undefined) throw new AppError('unknown-upgrade', `there is no upgrade ${id} on this host`);
  const folder = path.join(state.upgrades, id);
  const source = { folder, runs: runPlaces(folder, agentUid), clock, ...(await readLimits(events)) };
  if (journal === null) return { ...source, readEvents: () => events };
  return {
    ...source,
    readEvents: () => journal.events.slice(0, journal.durable),
    subscribe: (listener) => journal.subscribe(listener),
    ended,
  };
}

async function readLimits([begin]: readonly Event[]): Promise<Pick<StreamSource, 'secrets' | 'limitBytes'>> {
  if (begin?.type !== 'begin' || begin.config === null) return { secrets: [], limitBytes: defaultLimitBytes };
  const config = thawTenant(begin.config);
  return { secrets: await secretsOf(config), limitBytes: config.output_limit };
}
