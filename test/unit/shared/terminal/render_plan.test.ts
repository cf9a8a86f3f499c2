// A plan, as people see it.
import { describe, expect, it } from 'vitest';
import { renderPlan } from '../../../../shared/terminal/render_plan.js';
import { createStyle } from '../../../../shared/terminal/screen/style.js';
import type { Plan, PlannedHook } from '../../../../shared/model/plan/plan.js';
import { plan } from './streams.js';

const render = (change: Partial<Plan>) => renderPlan({ ...plan, ...change }, createStyle(false)).split('\n');
const hook: PlannedHook = {
  tag: 'v0.2.0',
  phase: 'post-pull',
  file: 'v0.2.0.sh',
  sha256: '0123456789abcdef0123456789abcdef',
  interpreter: ['/bin/bash'],
  mark: null,
};

describe('the plan', () => {
  it('begins with the versions and the commit, and ends with the verdict', () => {
    const lines = render({});
    expect(lines[0]).toBe('testsite  v0.1.0 → v0.4.0  (abc123def456)');
    expect(lines.at(-1)).toBe('Nothing blocks this upgrade.');
  });

  it('lists the hooks in order, with phase, file, short hash and mark', () => {
    const marked: PlannedHook = { ...hook, tag: 'v0.4.0', file: 'v0.4.0.sh', mark: { as: 'done', reason: 'by hand' } };
    const lines = render({ hooks: [hook, marked] });
    const at = lines.findIndex((line) => line.includes('hooks'));
    expect(lines.slice(at, at + 2)).toEqual([
      '  hooks         post-pull  v0.2.0.sh  0123456789ab',
      '                post-pull  v0.4.0.sh  0123456789ab  does not run: marked done (by hand)',
    ]);
  });

  it('says who knows the migrations where a command runs them', () => {
    const text = render({ migrations_by: 'bin/migrate' }).join('\n');
    expect(text).toMatch(/migrations +by `bin\/migrate`, which knows/);
  });

  it('says which tags are crossed, which migrations run, and what room is needed', () => {
    const text = render({
      migrations: [{ file: 'scripts/1.py', sha256: 'x', tag: 'v0.2.0' }],
      disk: [{ folder: '/data', needed_bytes: 64 * 1024 ** 2, free_bytes: 3 * 1024 ** 3 }],
      discarded: ['config.ini'],
      requirements: { action: 'ahead', key: 'k', reason: 'requirements.txt changed', files: null },
    }).join('\n');
    expect(text).toMatch(/crosses +v0\.2\.0, v0\.4\.0/);
    expect(text).toMatch(/migrations +scripts\/1\.py {2}v0\.2\.0/);
    expect(text).toMatch(/disk +\/data: needs 64 MiB of 3\.0 GiB free/);
    expect(text).toMatch(/discarded +config\.ini/);
    expect(text).toMatch(/requirements +ahead: requirements\.txt changed/);
  });

  it('names every blocker with its way out', () => {
    const lines = render({
      warnings: ['a hook is misspelt'],
      blockers: [
        { code: 'modified-files', message: 'README.md is modified', hint: 'git stash' },
        { code: 'disk-full', message: 'no room', hint: null },
      ],
    });
    expect(lines.slice(-5)).toEqual([
      '  warning: a hook is misspelt',
      '  ✗ README.md is modified',
      '    git stash',
      '  ✗ no room',
      'Blocked: an upgrade of testsite would be refused.',
    ]);
  });

  it('is two lines when there is nothing to do', () => {
    expect(render({ kind: 'none' })).toEqual([
      'testsite  v0.1.0 → v0.4.0  (abc123def456)',
      'Nothing to do: testsite is already on v0.4.0.',
    ]);
  });
});
