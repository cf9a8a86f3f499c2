// Requests that continue an ended upgrade (a rollback, a resume): each is done once per id, and a repeated one gets the
// same answer, also from a later agent.
import type { Event } from '../../../shared/model/journal/events.js';
import { listUpgradesOf } from '../../store/find_upgrades.js';
import type { Origin } from '../../store/origin.js';
import { holdsText } from '../../store/search_journal.js';
import type { StateFolder } from '../../store/state_folder.js';
import type { SchedulerContext } from '../context.js';

export interface AskedOnce {
  /** Of the request itself. */
  id: string;
  origin: Origin;
}

export type Continuation = 'rollback' | 'resume';

/** Does the work, unless a request of this id did it before; resolves with the upgrade's id. A refusal is not kept. */
export type ContinueOnce = (tenant: string, asked: AskedOnce, work: () => Promise<string>) => Promise<string>;

/** Remembers the requests of this agent; those of earlier ones are in the journals. */
export function createContinueOnce({ host, keys, limits }: SchedulerContext, kind: Continuation): ContinueOnce {
  const accepted = new Map<string, Promise<string>>();

  async function findOrDo(tenant: string, { id, origin: { by, keyed } }: AskedOnce, work: () => Promise<string>) {
    limits.count(by, kind);
    const find = () => findContinued(host.state, { kind, id, tenant });
    const before = await limits.look(by, 'rollback', find);
    if (before !== null) return before;
    if (keyed !== undefined) await keys.note(keyed, id);
    return work();
  }

  return (tenant, asked, work) => {
    const before = accepted.get(asked.id);
    if (before !== undefined) return before;
    const done = findOrDo(tenant, asked, work);
    accepted.set(asked.id, done);
    done.catch(() => accepted.delete(asked.id));
    return done;
  };
}

async function findContinued(
  state: StateFolder,
  { kind, id, tenant }: { kind: Continuation; id: string; tenant: string },
): Promise<string | null> {
  const holdsId = (_end: unknown, folder: string) => holdsText(folder, JSON.stringify(id));
  for await (const { id: upgrade, events } of listUpgradesOf(state, tenant, holdsId)) {
    const place = events.findIndex((event) => event.type === kind && event.id === id);
    if (place !== -1 && hasContinued(events, place)) return upgrade;
  }
  return null;
}

/** An agent that died may have written the first of the two events that accept a tenant as it is: then nothing holds. */
function hasContinued(events: readonly Event[], place: number): boolean {
  const event = events[place];
  return event?.type !== 'resume' || !event.accept || events[place + 1]?.type === 'finish';
}
