// Inspects all tenants of the fleet from outside, as their users do.
import { listNotes, readVersion } from '../../app/notes_client.js';
import type { Fleet } from './grow_fleet.js';

/** By tenant: the version that GET /health answers, and the texts that GET /notes answers. */
export async function lookAtFleet({ tenants }: Fleet): Promise<Record<string, { version: string; texts: string[] }>> {
  const looks = tenants.map(async ({ slug, url }) => {
    const [version, notes] = await Promise.all([readVersion(url), listNotes(url)]);
    return [slug, { version, texts: notes.map(({ text }) => text) }] as const;
  });
  return Object.fromEntries(await Promise.all(looks));
}
