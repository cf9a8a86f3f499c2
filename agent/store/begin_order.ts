// The order in which upgrades began on this host, in one append-only file of ids. Neither ids, which come from others,
// nor clocks, which are set, say it.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { replaceFile } from '../../shared/os/files.js';
import { appendLine } from './append_line.js';
import type { StateFolder } from './state_folder.js';

/** Lines beyond those of journals that exist; more are removed. */
const maxOldLines = 1000;

/**
 * Notes that this upgrade begins now; it is on the disk when this resolves. Call it before the journal's first event,
 * once its folder exists, and never while the order is pruned. May be called again.
 */
export async function noteBegin(state: Pick<StateFolder, 'order'>, id: string): Promise<void> {
  await appendLine(state.order, id);
}

/** Sorts ids, the one that began last first. Those that began before this file was kept come last, sorted by id. */
export async function sortByBegin(state: Pick<StateFolder, 'order'>, ids: readonly string[]): Promise<string[]> {
  const places = new Map((await readOrder(state)).map((id, place) => [id, place]));
  const placeOf = (id: string) => places.get(id) ?? -1;
  return ids.toSorted((left, right) => placeOf(right) - placeOf(left) || (left < right ? 1 : -1));
}

/** Removes the ids of pruned journals once there are many. `kept`: the ids of all journals. May be called again. */
export async function pruneOrder(state: Pick<StateFolder, 'order'>, kept: ReadonlySet<string>): Promise<void> {
  const order = await readOrder(state);
  if (order.length <= kept.size + maxOldLines) return;
  const text = order.flatMap((id) => (kept.has(id) ? [`${id}\n`] : [])).join('');
  await replaceFile(state.order, text, { mode: 0o600 });
}

async function readOrder({ order }: Pick<StateFolder, 'order'>): Promise<string[]> {
  if (!existsSync(order)) return [];
  return (await readFile(order, 'utf8')).split('\n').filter((line) => line !== '');
}
