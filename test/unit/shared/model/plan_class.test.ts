// The class of a plan: equal for plans that do the same, whatever the host; another one for each thing that is done.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planClassOf } from '../../../../shared/model/plan/plan_class.js';
import { phases, planSchema, type Plan, type PlannedHook } from '../../../../shared/model/plan/plan.js';
import { sampleSeed } from '../../../helpers/sample_seed.js';
import { plan as whole } from '../terminal/streams.js';

const hex = (length: number) =>
  fc
    .array(fc.nat(15), { minLength: length, maxLength: length })
    .map((all) => all.map((one) => one.toString(16)).join(''));
const [sha, commit] = [hex(64), hex(40)];
const tag = fc.constantFrom('v1.0.0', 'v1.1.0', 'v2.0.0-rc.1', 'release/3');
const file = fc.constantFrom('v1.0.0.sh', 'scripts/1.py', 'a b', '', 'ü.sh');
const words = fc.string({ maxLength: 20 });
const path = fc.constantFrom('/srv/a', '/home/b', 'C');
const version = fc.record({ version: tag, commit });
const blockerCodes = ['disk-full', 'moved-head', 'invalid-hook', 'work-tree'] as const;
const warningCodes = ['unhealthy-now', 'changed-migration', 'a-later-code'];
const passingCodes = ['moved-tags', 'locked-database', 'late-requirements'];
const few = { maxLength: 3 };

/** What the upgrade does. */
const deeds = fc.record({
  kind: fc.constantFrom('upgrade', 'reapply', 'downgrade', 'none'),
  previous: fc.option(version),
  target: fc.option(version),
  hooks: fc.array(
    fc.record({
      tag,
      phase: fc.constantFrom(...phases),
      file,
      sha256: sha,
      interpreter: fc.constant<string[]>([]),
      mark: fc.option(fc.record({ as: fc.constantFrom('done', 'skipped'), reason: fc.constant('') })),
    }),
    few,
  ),
  migrations: fc.array(fc.record({ file, sha256: sha, tag }), few),
  migrations_by: fc.option(fc.constant('')),
  requirements: fc.record({
    action: fc.constant('none'),
    key: fc.constant(null),
    reason: fc.constant(''),
    files: fc.option(sha),
  }),
  discarded: fc.uniqueArray(file, few),
  warning_codes: fc.uniqueArray(fc.constantFrom(...warningCodes), few),
  blockers: fc.array(
    fc.record({ code: fc.constantFrom(...blockerCodes), message: fc.constant(''), hint: fc.constant(null) }),
    few,
  ),
} satisfies Partial<Record<keyof Plan, unknown>>);

/** All that a host, a moment or a cache makes of it. */
const circumstances = fc.record({
  tenant: fc.constantFrom('anna', 'bert'),
  host: fc.constantFrom('web-1', 'web-2'),
  made_at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'),
  changed_files: fc.nat(),
  branch: fc.option(path),
  crossed: fc.array(tag, few),
  known_migrations: fc.array(fc.record({ file, sha256: sha }), few),
  record: fc.constant(null),
  disk: fc.array(fc.record({ folder: path, needed_bytes: fc.nat(), free_bytes: fc.nat() }), few),
  warnings: fc.array(words, few),
});
const details = fc.record({
  previousCommit: commit,
  interpreter: path,
  reason: words,
  message: words,
  by: words,
  requirements: fc.record({
    action: fc.constantFrom('unchanged', 'ahead', 'in-place'),
    key: fc.option(sha),
    reason: words,
  } as const),
  isReversed: fc.boolean(),
  passing: fc.uniqueArray(fc.constantFrom(...passingCodes), few),
});

type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

const context = fc.record({ circumstances, details });

function makePlan(did: Of<typeof deeds>, { circumstances: where, details: detail }: Of<typeof context>): Plan {
  return {
    ...did,
    ...where,
    previous: did.previous === null ? null : { ...did.previous, commit: detail.previousCommit },
    hooks: did.hooks.map(({ mark, ...hook }) => ({
      ...hook,
      interpreter: [detail.interpreter],
      mark: mark === null ? null : { ...mark, reason: detail.reason },
    })),
    migrations_by: did.migrations_by === null ? null : detail.by,
    requirements: { ...detail.requirements, files: did.requirements.files },
    discarded: detail.isReversed ? did.discarded.toReversed() : did.discarded,
    warning_codes: [...detail.passing, ...(detail.isReversed ? did.warning_codes.toReversed() : did.warning_codes)],
    blockers: did.blockers.map((blocker) => ({ ...blocker, message: detail.message, hint: detail.message })),
  };
}

const run = { seed: sampleSeed, numRuns: 300 };

describe('the class of a plan', () => {
  it('is the same whatever host, path, time, size, cache and text', () => {
    fc.assert(
      fc.property(deeds, context, context, (did, one, other) => {
        expect(planClassOf(makePlan(did, one))).toBe(planClassOf(makePlan(did, other)));
      }),
      run,
    );
  });

  it('is another one for what does something else', () => {
    const canonical = (did: Of<typeof deeds>) =>
      JSON.stringify([
        did.kind,
        did.previous?.version ?? null,
        did.target,
        did.hooks.map((hook) => [hook.tag, hook.phase, hook.file, hook.sha256, hook.mark?.as]),
        did.migrations_by === null,
        did.migrations.map((migration) => [migration.file, migration.sha256, migration.tag]),
        did.requirements.files,
        did.discarded.toSorted(),
        did.warning_codes.toSorted(),
        [...new Set(did.blockers.map(({ code }) => code))].toSorted(),
      ]);
    fc.assert(
      fc.property(deeds, deeds, context, (one, other, where) => {
        const isEqual = planClassOf(makePlan(one, where)) === planClassOf(makePlan(other, where));
        expect(isEqual).toBe(canonical(one) === canonical(other));
      }),
      run,
    );
  });

  const hook: PlannedHook = { tag: 'v1', phase: 'pre-pull', file: 'v1.sh', sha256: 'a', interpreter: [], mark: null };
  const migration = { file: 'm.py', sha256: 'a', tag: 'v1' };
  const base: Plan = {
    ...whole,
    previous: { version: 'v0', commit: 'c0' },
    target: { version: 'v1', commit: 'c1' },
    hooks: [hook],
    migrations: [migration],
  };
  const changes: Record<string, Partial<Plan>> = {
    kind: { kind: 'reapply' },
    'previous version': { previous: { version: 'v0.1', commit: 'c0' } },
    'no previous version': { previous: null },
    'target version': { target: { version: 'v1.1', commit: 'c1' } },
    'target commit': { target: { version: 'v1', commit: 'c2' } },
    'no hook': { hooks: [] },
    'another hook': { hooks: [hook, hook] },
    'the tag of a hook': { hooks: [{ ...hook, tag: 'v2' }] },
    'the phase of a hook': { hooks: [{ ...hook, phase: 'post-pull' }] },
    'the name of a hook': { hooks: [{ ...hook, file: 'v1.pre-pull.sh' }] },
    'the content of a hook': { hooks: [{ ...hook, sha256: 'b' }] },
    'a mark': { hooks: [{ ...hook, mark: { as: 'done', reason: '' } }] },
    'another mark': { hooks: [{ ...hook, mark: { as: 'skipped', reason: '' } }] },
    'no migration': { migrations: [] },
    'the name of a migration': { migrations: [{ ...migration, file: 'n.py' }] },
    'the content of a migration': { migrations: [{ ...migration, sha256: 'b' }] },
    'the tag of a migration': { migrations: [{ ...migration, tag: 'v2' }] },
    'a command that runs migrations': { migrations_by: 'bin/migrate' },
    'requirement files': { requirements: { ...whole.requirements, files: 'f' } },
    'a discarded file': { discarded: ['config.ini'] },
    'a warning': { warning_codes: ['unhealthy-now'] },
    'a warning of a later agent': { warning_codes: ['of-later'] },
    'a blocker': { blockers: [{ code: 'disk-full', message: '', hint: null }] },
    'another blocker': { blockers: [{ code: 'moved-head', message: '', hint: null }] },
  };

  it.each(Object.keys(changes))('is changed by: %s', (name) => {
    expect(planClassOf({ ...base, ...changes[name] })).not.toBe(planClassOf(base));
  });

  it('is different for all of these', () => {
    const classes = Object.values(changes).map((change) => planClassOf({ ...base, ...change }));
    expect(new Set(classes).size).toBe(classes.length);
  });

  it('depends on the order of hooks and migrations, in which they run', () => {
    const [one, two] = [hook, { ...hook, sha256: 'b' }];
    expect(planClassOf({ ...base, hooks: [one, two] })).not.toBe(planClassOf({ ...base, hooks: [two, one] }));
    const [first, second] = [migration, { ...migration, file: 'n.py' }];
    expect(planClassOf({ ...base, migrations: [first, second] })).not.toBe(
      planClassOf({ ...base, migrations: [second, first] }),
    );
  });

  it('decides on every key of a plan', () => {
    const covered = ['kind', 'previous', 'target', 'hooks', 'migrations', 'migrations_by', 'requirements', 'discarded'];
    const free = ['tenant', 'host', 'made_at', 'crossed', 'known_migrations', 'changed_files', 'branch', 'record'];
    const decided = [...covered, 'warning_codes', 'blockers', ...free, 'disk', 'warnings'];
    expect(Object.keys(planSchema.shape).toSorted()).toEqual(decided.toSorted());
  });

  it('survives the way to the other side', () => {
    const [sha256, at] = ['a'.repeat(64), 'c'.repeat(40)];
    const sent = { ...base, hooks: [{ ...hook, sha256 }], migrations: [{ ...migration, sha256 }] };
    const valid = { ...sent, previous: { version: 'v0', commit: at }, target: { version: 'v1', commit: at } };
    expect(planClassOf(planSchema.parse(JSON.parse(JSON.stringify(valid))))).toBe(planClassOf(valid));
  });
});
