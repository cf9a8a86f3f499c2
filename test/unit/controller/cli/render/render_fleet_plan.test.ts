// A fleet plan for people: classes, how they differ, what is blocked, and the command that starts a rollout.
import { describe, expect, it } from 'vitest';
import { renderFleetPlan } from '../../../../../controller/cli/render/rollout/render_fleet_plan.js';
import { findUnsafeText } from '../../../../helpers/hostile_values.js';
import { plan } from '../../../shared/terminal/streams.js';
import { blockedBy, fleetPlan, hostile, id, look, planClass, printOn } from './rollout_samples.js';

const hook = (file: string, sha256 = '1'.repeat(64)) => ({
  tag: 'v0.4.0',
  phase: 'post-pull' as const,
  file,
  sha256,
  interpreter: ['/bin/bash'],
  mark: null,
});

const first = {
  ...plan,
  hooks: [hook('v0.4.0.sh')],
  migrations: [{ file: '1.sql', sha256: '2'.repeat(64), tag: 'v0.4.0' }],
};

/** The lines of the second class beside the first. */
function compare(change: Partial<typeof plan>): string {
  const classes = [
    planClass('A', { plan: first }),
    planClass('B', { plan: { ...first, ...change }, tenants: 2, examples: ['lena', 'otto'] }),
  ];
  return renderFleetPlan(fleetPlan({ classes }), look(null)).split('\n')[2]?.trim().replaceAll(/ {2,}/g, '  ') ?? '';
}

it('shows the classes, what blocks others, what could not be planned, and the command to copy', () => {
  const classes = [
    planClass('A', { plan: first }),
    planClass('B', { plan: { ...first, previous: { version: 'v0.0.3', commit: '3'.repeat(40) } }, tenants: 28 }),
    planClass('C', { plan: { ...first, discarded: ['a.txt'] }, tenants: 2, examples: ['lena', 'otto'] }),
    planClass('D', { plan: blockedBy('disk-full'), is_blocked: true, tenants: 2, examples: ['paul', 'rosa'] }),
    planClass('E', { plan: blockedBy('moved-head'), is_blocked: true, tenants: 1, examples: ['quin'] }),
  ];
  const failed = [
    { code: 'offline' as const, message: 'its host is offline', tenants: 4, examples: ['s', 't', 'u', 'v'] },
  ];
  expect(renderFleetPlan(fleetPlan({ classes, failed }), look(null)).split('\n')).toEqual([
    'v0.4.0 (abc123def456) for ring=stable: 800 tenants on 121 hosts',
    '  A  a000  766 tenants  v0.1.0 →  1 hook, 1 migration',
    '  B  b000  28 tenants   v0.0.3 →  1 hook, 1 migration',
    '  C  c000  2 tenants    v0.1.0 →  as A, and 1 modified file is discarded (a.txt)  lena, otto',
    '  blocked  3 tenants: 2 disk-full, 1 moved-head',
    '    disk-full   paul, rosa  because of disk-full',
    '    moved-head  quin        because of moved-head',
    '  not planned  4 tenants: 4 offline',
    '    offline  s, t, u … 1 more  its host is offline',
    'Nothing was touched.',
    `  drover rollout start v0.4.0 --plan ${id} --approve a000,b000,c000`,
  ]);
});

describe('a class is told from the first one', () => {
  it.each([
    [
      'another commit',
      { target: { version: 'v0.4.0', commit: '9'.repeat(40) } },
      'as A, and the tag is at 999999999999  lena, otto',
    ],
    [
      'other content of a hook',
      { hooks: [hook('v0.4.0.sh', '9'.repeat(64))] },
      'as A, and another hook v0.4.0.sh  lena, otto',
    ],
    [
      'a marked hook',
      { hooks: [{ ...hook('v0.4.0.sh'), mark: { as: 'done' as const, reason: 'by hand' } }] },
      'as A, and the hook v0.4.0.sh is marked done  lena, otto',
    ],
    ['more hooks', { hooks: [hook('v0.3.0.sh'), hook('v0.4.0.sh')] }, '2 hooks, 1 migration  lena, otto'],
    [
      'other requirements',
      { requirements: { ...plan.requirements, files: '9'.repeat(64) } },
      'as A, and other requirement files  lena, otto',
    ],
    ['a warning', { warning_codes: ['gains-rights' as const] }, 'as A, and warning: gains-rights  lena, otto'],
    ['nothing to do', { kind: 'none' as const }, 'nothing to do  lena, otto'],
    ['a downgrade', { kind: 'downgrade' as const }, 'downgrade, 1 hook, 1 migration  lena, otto'],
    ['what is not shown', {}, 'as A, and what `--json` shows differs  lena, otto'],
  ])('%s', (_what, change, says) => {
    expect(compare(change)).toBe(`B  b000  2 tenants  v0.1.0 →  ${says}`);
  });
});

it('names as many digits as tell the classes apart, and approves all where there are many', () => {
  const near = ['12345a', '12345b'].map((digits, index) =>
    planClass(String.fromCharCode(65 + index), { plan_class: digits.padEnd(64, '0') }),
  );
  expect(renderFleetPlan(fleetPlan({ classes: near }), look(null))).toContain('--approve 12345a,12345b');
  const many = Array.from({ length: 7 }, (_, index) => planClass(String.fromCharCode(65 + index)));
  expect(renderFleetPlan(fleetPlan({ classes: many }), look(null))).toContain('--approve all');
});

it('says that hosts disagree, that it is still being made, was cancelled, or is of no use', () => {
  const disagreeing = [{ commit: '9'.repeat(40), tenants: 3 }];
  const other = renderFleetPlan(fleetPlan({ disagreeing }), look(null));
  expect(other).toContain(
    '  for 3 tenants v0.4.0 is at 999999999999: find out which commit is right, and name it with --commit\n',
  );
  expect(other).toContain('--commit abc123def4567890abc123def4567890abc123de');
  const running = renderFleetPlan(fleetPlan({ state: 'running', planned: 120 }), look(null));
  expect(running).toContain(`Still being made: 120 of 800 planned.   drover rollout plan --show ${id}`);
  expect(running).not.toContain('rollout start');
  expect(renderFleetPlan(fleetPlan({ state: 'cancelled' }), look(null))).toMatch(/121 hosts {2}cancelled\n/);
  expect(renderFleetPlan(fleetPlan({ classes: [], pin: null }), look(null))).toContain('nothing can be started.');
});

it.each([40, 80, 200])('on %i columns its tables fit, and nothing steers the terminal', (columns) => {
  const evil = {
    ...first,
    discarded: [hostile],
    hooks: [hook(hostile)],
    previous: { version: hostile, commit: '3'.repeat(40) },
  };
  const classes = [
    planClass('A', { plan: first }),
    planClass('B', { plan: evil, tenants: 1, examples: [hostile] }),
    planClass('C', {
      plan: { ...blockedBy('disk-full'), blockers: [{ code: 'disk-full', message: hostile, hint: null }] },
      is_blocked: true,
      examples: [hostile],
    }),
  ];
  const failed = [{ code: 'offline' as const, message: hostile, tenants: 1, examples: [hostile] }];
  const text = printOn(columns, (screen) => renderFleetPlan(fleetPlan({ classes, failed, where: hostile }), screen));
  expect(findUnsafeText(text)).toEqual([]);
  const plain = renderFleetPlan(fleetPlan({ classes: [planClass('A', { plan: first })] }), look(columns)).split('\n');
  expect(plain.slice(1, -2).filter((line) => line.length > columns)).toEqual([]);
});
