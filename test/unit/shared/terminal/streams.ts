// Journals for the tests of what is shown: events by their bodies, numbered and a second apart.
import type { Event, EventBody, StepStage } from '../../../../shared/model/journal/events.js';
import type { StepName } from '../../../../shared/model/step_names.js';
import type { Plan } from '../../../../shared/model/plan/plan.js';

export const plan: Plan = {
  tenant: 'testsite',
  host: 'h1',
  made_at: '2025-12-16T10:15:00.000Z',
  kind: 'upgrade',
  previous: { version: 'v0.1.0', commit: '1111111111111111111111111111111111111111' },
  target: { version: 'v0.4.0', commit: 'abc123def4567890abc123def4567890abc123de' },
  crossed: ['v0.2.0', 'v0.4.0'],
  hooks: [],
  migrations: [],
  known_migrations: [],
  requirements: { action: 'none', key: null, reason: 'none are configured', files: null },
  changed_files: 3,
  branch: null,
  migrations_by: null,
  discarded: [],
  record: null,
  disk: [],
  warnings: [],
  warning_codes: [],
  blockers: [],
};

export const begin: Extract<EventBody, { type: 'begin' }> = {
  type: 'begin',
  version: 1,
  id: '019b2692-0000-7000-8000-000000000001',
  tenant: 'testsite',
  host: 'h1',
  request: { version: 'v0.4.0', force: false, allow_downgrade: false, from: null, commit: null },
  plan,
  current_version: 'v0.1.0',
  config: { secret: 'of the tenant' },
};

/** A step from its beginning to a good end. */
export function step(name: StepName, inside: EventBody[] = [], stage: StepStage = 'run'): EventBody[] {
  const about = { step: name, stage };
  return [{ type: 'step-begin', ...about }, ...inside, { type: 'step-end', ...about, status: 'ok' }];
}

export function command(key: string, title: string, quiet = false): EventBody {
  return { type: 'command', key, step: 'migrate', stage: 'run', title, boot_id: 'b', quiet };
}

export function finish(status: 'success' | 'rolled_back' | 'failed' | 'cancelled', version: string): EventBody {
  return { type: 'finish', status, hold: null, current_version: version, failure: null };
}

export function journal(...bodies: EventBody[]): Event[] {
  return bodies.map((body, index) => {
    const at = new Date(Date.UTC(2025, 11, 16, 10, 15, index)).toISOString();
    return { ...body, n: index + 1, at };
  });
}
