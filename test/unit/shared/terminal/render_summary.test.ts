// The end of a stream, as people see it.
import { describe, expect, it } from 'vitest';
import { renderSummary } from '../../../../shared/terminal/stream/render_summary.js';
import { createStyle } from '../../../../shared/terminal/screen/style.js';
import type { Failure, Result } from '../../../../shared/model/result.js';

const result: Result = {
  status: 'success',
  previous_version: 'v0.1.0',
  new_version: 'v0.4.0',
  commit: 'abc',
  migrations_run: ['scripts/1.py', 'scripts/2.py'],
  hooks_executed: ['post-pull: v0.2.0.sh - OK'],
  backup_path: '/data/pocket.db.backup_20251216_101530',
  details: [],
  id: 'u1',
  tenant: 'testsite',
  host: 'h1',
  current_version: 'v0.4.0',
  services: null,
  started_at: '',
  finished_at: '',
  downtime_ms: 2140,
  rollback: null,
  steps: [{ name: 'stop-services', status: 'ok', ms: 1 }],
  warnings: [],
  failure: null,
};
const failure: Failure = {
  step: 'migrate',
  code: 'command-failed',
  message: 'scripts/2.py - FAILED (exit 1)',
  hint: 'mend it',
  output_tail: 'Traceback\nKeyError',
  needs_operator: false,
};
const render = (change: Partial<Result>, isAccepted = false) => {
  const retryCommand = 'drover-agent upgrade testsite v0.4.0';
  const options = { style: createStyle(false), logCommand: 'drover-agent logs u1', retryCommand, isAccepted };
  return renderSummary({ ...result, ...change }, options).split('\n');
};
const headline = (change: Partial<Result>) => render(change)[0];

describe('the summary', () => {
  it('of a success says version, downtime, backup, hooks and migrations', () => {
    expect(render({})).toEqual([
      '✓ success: testsite is on v0.4.0',
      '  downtime    2.1 s',
      '  backup      /data/pocket.db.backup_20251216_101530',
      '  hooks       post-pull: v0.2.0.sh - OK',
      '  migrations  scripts/1.py',
      '              scripts/2.py',
      '  log         drover-agent logs u1',
    ]);
  });

  it('tells the first warnings, and how many more there are', () => {
    expect(render({ warnings: ['two.yaml:11: database.file: unknown key\ncorrect it'] }).slice(-2)).toEqual([
      '  warning: two.yaml:11: database.file: unknown key',
      '  correct it',
    ]);
    const many = render({ warnings: Array.from({ length: 7 }, (_, index) => `w${index}`) });
    expect(many.slice(-2)).toEqual(['  warning: w4', '  2 more warnings; --json shows all']);
  });

  it('of a failure says where and why, what was printed, and the way out', () => {
    expect(render({ status: 'rolled_back', current_version: 'v0.1.0', failure }).slice(0, 6)).toEqual([
      '↩ rolled back: testsite is on v0.1.0 again',
      '  failed at migrate:',
      '  scripts/2.py - FAILED (exit 1)',
      '    │ Traceback',
      '    │ KeyError',
      '  mend it',
    ]);
  });

  it('says how to try a release again that failed, where nothing else leads on', () => {
    const { hint: _hint, ...hintless } = failure;
    const change = { status: 'rolled_back', current_version: 'v0.1.0' } as const;
    expect(render({ ...change, failure: hintless })).toContain(
      '  then        drover-agent upgrade testsite v0.4.0   once that is fixed',
    );
    for (const other of [{ ...change, failure }, change]) expect(render(other).join('\n')).not.toContain('then');
  });

  it('says of a refusal that nothing was touched', () => {
    const change: Partial<Result> = {
      status: 'refused',
      current_version: null,
      steps: [],
      failure: { ...failure, step: null },
    };
    expect(headline(change)).toBe('✗ refused: testsite was not touched');
    expect(headline({ ...change, current_version: 'v0.1.0' })).toContain('stays on v0.1.0');
    expect(render(change).join('\n')).not.toMatch(/failed at|downtime/);
  });

  it('says when the tenant needs an operator', () => {
    expect(headline({ status: 'failed', failure: { ...failure, needs_operator: true } })).toBe(
      '✗ failed: testsite is on v0.4.0, and needs an operator',
    );
  });

  it('does not call a rollback that was declined a success', () => {
    const declined = { ...failure, step: 'start-services', message: 'not rolled back: data changed' } as const;
    const lines = render({ failure: declined });
    expect(lines.slice(0, 2)).toEqual(['! testsite stays on v0.4.0', '  not rolled back: data changed']);
    expect(lines.join('\n')).not.toContain('failed at');
  });

  it('says that nothing was done where the tenant is on the version already', () => {
    expect(headline({ steps: [] })).toBe('– testsite is already on v0.4.0; nothing done');
  });

  it('says of an accepted tenant what is allowed again, unless it still needs an operator', () => {
    expect(render({ status: 'failed', failure }, true)).toEqual([
      '✓ accepted: testsite stays on v0.4.0; upgrades are allowed again',
      '  log  drover-agent logs u1',
    ]);
    const held = { ...failure, needs_operator: true };
    expect(render({ status: 'failed', failure: held }, true)[0]).toContain('needs an operator');
  });

  it('gives the downtimes of an upgrade and of its rollback by themselves, and when the rollback was asked for', () => {
    const rollback = { asked_at: '2026-11-27T10:15:30.000Z', downtime_ms: 900 };
    expect(render({ status: 'rolled_back', rollback }).slice(1, 3)).toEqual([
      '  downtime    2.1 s, and 0.9 s for the rollback',
      '  rollback    asked for at 2026-11-27 10:15:30',
    ]);
  });

  it('says which version a cancelled upgrade left', () => {
    const change = { status: 'cancelled', current_version: 'v0.1.0' } as const;
    expect(headline(change)).toBe('↩ cancelled: testsite is on v0.1.0 again');
    expect(headline({ ...change, steps: [] })).toBe('↩ cancelled before it started: testsite stays on v0.1.0');
  });
});
