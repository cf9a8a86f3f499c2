import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { planMigrations } from '../../../../../agent/tenant/migrations/plan_migrations.js';
import type { TenantRecord } from '../../../../../shared/model/plan/plan.js';
import { createMemoryTree } from '../memory_tree.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const config = {
  files: 'scripts/*.py',
  exclude: ['scripts/tool_*.py'],
  run: ['python3', '{file}'],
  renamed: {},
} as const;
const commits = {
  c1: { 'scripts/base.py': 'base', 'scripts/tool_x.py': 'tool' },
  c2: { 'scripts/base.py': 'base', 'scripts/z_first.py': 'z', 'scripts/tool_x.py': 'tool' },
  c3: {
    'scripts/base.py': 'base',
    'scripts/z_first.py': 'z',
    'scripts/b.py': 'b',
    'scripts/a.py': 'a',
    'scripts/sub/deep.py': 'deep',
    'scripts/tool_x.py': 'tool',
    'other.py': 'other',
  },
};
const crossed = [
  { tag: 'v2', commit: 'c2' },
  { tag: 'v3', commit: 'c3' },
];
const recordWith = (files: Record<string, string>): TenantRecord => ({
  version: 'v1',
  commit: 'c1',
  previous_version: null,
  upgrade_id: null,
  recorded_at: '2025-01-01T00:00:00Z',
  applied_migrations: Object.entries(files).map(([file, text]) => ({ file, sha256: sha256(text) })),
  marks: [],
  modified_by_hooks: [],
});
const plan = (over: Partial<Parameters<typeof planMigrations>[0]> = {}) =>
  planMigrations({
    tree: createMemoryTree(commits),
    config: { ...config, exclude: [...config.exclude], run: [...config.run] },
    targetCommit: 'c3',
    previousCommit: 'c1',
    record: recordWith({ 'scripts/base.py': 'base' }),
    crossed,
    ...over,
  });

describe('planMigrations', () => {
  test('orders by the release that brought them, then by name', async () => {
    const { migrations } = await plan();
    expect(migrations).toEqual([
      { file: 'scripts/z_first.py', sha256: sha256('z'), tag: 'v2' },
      { file: 'scripts/a.py', sha256: sha256('a'), tag: 'v3' },
      { file: 'scripts/b.py', sha256: sha256('b'), tag: 'v3' },
    ]);
  });

  test('leaves out what the record knows', async () => {
    const { migrations } = await plan({ record: recordWith({ 'scripts/base.py': 'base', 'scripts/a.py': 'a' }) });
    expect(migrations.map(({ file }) => file)).toEqual(['scripts/z_first.py', 'scripts/b.py']);
  });

  test('runs what the previous version already held when the record does not know it', async () => {
    const { migrations } = await plan({ record: recordWith({}) });
    expect(migrations[0]).toEqual({ file: 'scripts/base.py', sha256: sha256('base'), tag: 'v2' });
  });

  test('takes a tenant without a record as having had all of its version', async () => {
    const { migrations, warnings } = await plan({ record: null });
    expect(migrations.map(({ file }) => file)).toEqual(['scripts/z_first.py', 'scripts/a.py', 'scripts/b.py']);
    expect(warnings).toEqual([]);
  });

  test('warns of one that was changed after it was applied, and does not run it', async () => {
    const { migrations, warnings } = await plan({ record: recordWith({ 'scripts/base.py': 'older text' }) });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('scripts/base.py');
    expect(migrations.map(({ file }) => file)).not.toContain('scripts/base.py');
  });

  test('says nothing of one that is gone, and goes on knowing it', async () => {
    const { known, warnings } = await plan({
      record: recordWith({ 'scripts/base.py': 'base', 'scripts/gone.py': 'gone' }),
    });
    expect(warnings).toEqual([]);
    expect(known).toContainEqual({ file: 'scripts/gone.py', sha256: sha256('gone') });
  });

  test('knows all of the target afterwards, by its present hash', async () => {
    const { known } = await plan({ record: recordWith({ 'scripts/base.py': 'older text' }) });
    expect(new Map(known.map(({ file, sha256 }) => [file, sha256]))).toEqual(
      new Map([
        ['scripts/base.py', sha256('base')],
        ['scripts/z_first.py', sha256('z')],
        ['scripts/a.py', sha256('a')],
        ['scripts/b.py', sha256('b')],
      ]),
    );
  });

  test('plans none when no release is crossed', async () => {
    expect((await plan({ crossed: [] })).migrations).toEqual([]);
  });

  test('plans no files for a command, and keeps what the record knows', async () => {
    const planned = await plan({ config: { command: ['bin/migrate'] } });
    expect(planned).toEqual({
      migrations: [],
      known: [{ file: 'scripts/base.py', sha256: sha256('base') }],
      applied: [{ file: 'scripts/base.py', sha256: sha256('base') }],
      warnings: [],
      blockers: [],
    });
  });

  const moved = { 'scripts/base.py': 'base', 'scripts/z_first.py': 'z', 'scripts/old/a.py': 'a' };

  test('blocks one with the content of an applied one that is gone, and says how it counts as applied', async () => {
    const { blockers } = await plan({ record: recordWith(moved) });
    expect(blockers).toMatchObject([
      {
        code: 'renamed-migration',
        message: expect.stringContaining('scripts/a.py is pending, but scripts/old/a.py'),
        hint: expect.stringContaining('renamed: { "scripts/a.py": "scripts/old/a.py" }'),
      },
    ]);
  });

  test('takes one that was renamed as applied, from then on by its new name', async () => {
    const renamed = { 'scripts/a.py': 'scripts/old/a.py', 'scripts/b.py': 'scripts/never.py' };
    const own = { ...config, exclude: [...config.exclude], run: [...config.run], renamed };
    const { migrations, known, blockers } = await plan({ record: recordWith(moved), config: own } as object);
    expect(migrations.map(({ file }) => file)).toEqual(['scripts/b.py']);
    expect(known.map(({ file }) => file)).toContain('scripts/a.py');
    expect(blockers).toEqual([]);
  });

  test('does not block a copy of one that is still there', async () => {
    const { migrations, blockers } = await plan({ record: recordWith({ 'scripts/base.py': 'a' }) });
    expect(migrations.map(({ file }) => file)).toContain('scripts/a.py');
    expect(blockers).toEqual([]);
  });
});
