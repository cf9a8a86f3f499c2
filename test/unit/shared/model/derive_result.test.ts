// The result is the contract's response, to the letter, when the upgrade was the contract's example.
import { describe, expect, it } from 'vitest';
import { deriveResult } from '../../../../shared/model/journal/derive_result.js';
import { createLogRenderer } from '../../../../shared/model/journal/render_log.js';
import type { StepName } from '../../../../shared/model/step_names.js';
import type { Event, EventBody } from '../../../../shared/model/journal/events.js';
import type { Phase, Plan } from '../../../../shared/model/plan/plan.js';
import { resultSchema } from '../../../../shared/model/result.js';

const plan: Plan = {
  tenant: 'testsite',
  host: 'h1',
  made_at: '2025-12-16T10:15:00.000Z',
  kind: 'upgrade',
  previous: { version: 'v0.3.27', commit: 'old' },
  target: { version: 'v0.3.28', commit: 'abc123' },
  crossed: ['v0.3.28'],
  hooks: [],
  migrations: [],
  known_migrations: [],
  requirements: { action: 'none', key: null, reason: '', files: null },
  changed_files: 1,
  branch: null,
  migrations_by: null,
  discarded: [],
  record: null,
  disk: [],
  warnings: [],
  warning_codes: [],
  blockers: [],
};
const request = { version: 'v0.3.28', force: false, allow_downgrade: false, from: null, commit: null };
const begin: Extract<EventBody, { type: 'begin' }> = {
  type: 'begin',
  version: 1,
  id: 'u1',
  tenant: 'testsite',
  host: 'h1',
  request,
  plan,
  current_version: 'v0.3.27',
  config: null,
};

function step(name: StepName, inside: EventBody[]): EventBody[] {
  const about = { step: name, stage: 'run' } as const;
  return [{ type: 'step-begin', ...about }, ...inside, { type: 'step-end', ...about, status: 'ok' }];
}

function undo(name: StepName): EventBody[] {
  const about = { step: name, stage: 'undo' } as const;
  return [
    { type: 'step-begin', ...about },
    { type: 'step-end', ...about, status: 'ok' },
  ];
}

const say = (text: string): EventBody => ({ type: 'line', text });

function command(key: string, what: { phase?: Phase; migration?: string; code?: number }): EventBody[] {
  const { phase, migration, code = 0 } = what;
  const hook = phase === undefined ? {} : { hook: { tag: 'v0.3.28', phase, file: key, sha256: '' } };
  const about = { step: 'migrate', stage: 'run', title: key, boot_id: 'b', quiet: false } as const;
  return [
    { type: 'command', key, ...about, ...hook, ...(migration === undefined ? {} : { migration }) },
    { type: 'exit', key, code, signal: null, cause: 'exited', ms: 1 },
  ];
}

/** Events a second apart. */
function stamp(bodies: EventBody[]): Event[] {
  return bodies.map((body, index) => ({
    ...body,
    n: index + 1,
    at: new Date(1_765_880_100_000 + index * 1000).toISOString(),
  }));
}

const example = stamp([
  begin,
  ...step('stop-services', [say('Stopping services...'), say('Services stopped')]),
  ...step('backup-database', [
    say('Backing up database...'),
    { type: 'memo', key: 'backup_path', value: '/path/to/pocket.db.backup_20251216' },
  ]),
  ...step('hooks-post-pull', [...command('v0.3.28.sh', { phase: 'post-pull' }), say('Post-pull hook OK: v0.3.28.sh')]),
  ...step('migrate', [
    say('Running migrations...'),
    ...command('m', { migration: 'scripts/add_segment_tables.py' }),
    say('Ran 1 migrations'),
  ]),
  ...step('start-services', [say('Starting services...')]),
  ...step('health-check', [say('Health check passed')]),
  { type: 'finish', status: 'success', current_version: 'v0.3.28', hold: null, failure: null },
]);

describe('the result', () => {
  it('begins with the response of the contract, in its order', () => {
    const result = deriveResult(example);
    expect(JSON.stringify(Object.fromEntries(Object.entries(result).slice(0, 8)))).toBe(
      JSON.stringify({
        status: 'success',
        previous_version: 'v0.3.27',
        new_version: 'v0.3.28',
        commit: 'abc123',
        migrations_run: ['scripts/add_segment_tables.py'],
        hooks_executed: ['post-pull: v0.3.28.sh - OK'],
        backup_path: '/path/to/pocket.db.backup_20251216',
        details: [
          'Stopping services...',
          'Services stopped',
          'Backing up database...',
          'Post-pull hook OK: v0.3.28.sh',
          'Running migrations...',
          'Ran 1 migrations',
          'Starting services...',
          'Health check passed',
        ],
      }),
    );
    expect(resultSchema.parse(result)).toEqual(result);
  });

  it('has a downtime from the first stop to the last start', () => {
    expect(deriveResult(example).downtime_ms).toBe(21_000);
  });

  it('gives a rollback that an operator asked for its own downtime', () => {
    const restarted = [...step('stop-services', []), ...step('start-services', [])];
    const finish = { type: 'finish', hold: null, failure: null } as const;
    const events = stamp([
      begin,
      ...restarted,
      { ...finish, status: 'success', current_version: 'v0.3.28' },
      { type: 'rollback', id: 'r1', restore_database: false },
      ...undo('start-services'),
      ...undo('checkout'),
      ...undo('stop-services'),
      { ...finish, status: 'rolled_back', current_version: 'v0.3.27' },
    ]);
    expect(deriveResult(events.slice(0, 6))).toMatchObject({ downtime_ms: 3000, rollback: null });
    const rollback = { asked_at: events[6]?.at, downtime_ms: 5000 };
    expect(deriveResult(events)).toMatchObject({ downtime_ms: 3000, rollback });
  });

  it('names a failed hook with its exit code, and leaves a failed migration out', () => {
    const result = deriveResult(
      stamp([
        begin,
        ...command('v0.3.28.post-migrate.sh', { phase: 'post-migrate', code: 3 }),
        ...command('m', { migration: 'a.py', code: 1 }),
      ]),
    );
    expect(result.hooks_executed).toEqual(['post-migrate: v0.3.28.post-migrate.sh - FAILED (exit 3)']);
    expect(result.migrations_run).toEqual([]);
  });

  it('is running until there is an end', () => {
    expect(deriveResult(stamp([begin]))).toMatchObject({ status: 'running', finished_at: null, current_version: null });
  });

  it('says of a marked hook that it was skipped and why, once its point was reached', () => {
    const mark = { as: 'skipped', reason: 'not here' } as const;
    const hook = {
      tag: 'v0.3.28',
      phase: 'pre-pull',
      file: 'v0.3.28.pre-pull.sh',
      sha256: '',
      interpreter: [],
      mark,
    } as const;
    const marked: EventBody = { ...begin, plan: { ...plan, hooks: [{ ...hook, interpreter: [] }] } };
    expect(deriveResult(stamp([marked])).hooks_executed).toEqual([]);
    expect(deriveResult(stamp([marked, ...step('hooks-pre-pull', [])])).hooks_executed).toEqual([
      'pre-pull: v0.3.28.pre-pull.sh - SKIPPED (not here)',
    ]);
  });
});

describe('the stream in plain text', () => {
  it('has a line for what a reader wants to know and none for the rest', () => {
    const log = createLogRenderer();
    const lines = example.map((event) => log.render({ event })).filter((text) => text !== null);
    expect(lines[0]).toMatch(/upgrade u1 of testsite on h1: v0\.3\.27 -> v0\.3\.28 \(abc123\)$/);
    expect(lines.at(-1)).toMatch(/== success$/);
    expect(lines.join('\n')).not.toContain('backup_path');
  });
});
