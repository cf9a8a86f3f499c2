// The screen of a rollout: what it says, at every width, and with names that try to steer the terminal.
import { describe, expect, it } from 'vitest';
import { renderRollout } from '../../../../../controller/cli/render/rollout/render_rollout.js';
import { renderRollouts } from '../../../../../controller/cli/render/rollout/render_rollouts.js';
import { renderTargets } from '../../../../../controller/cli/render/rollout/render_targets.js';
import { renderWaits } from '../../../../../controller/cli/render/rollout/render_waits.js';
import { findUnsafeText } from '../../../../helpers/hostile_values.js';
import { frameOn, hostile, id, look, now, plainStyle, printOn, rollout, target, wave } from './rollout_samples.js';

const running = Array.from({ length: 12 }, (_, index) => target(`tenant-${index}`));
const held = [
  target('gamma', { stage: 'ended', outcome: 'needs_operator', message: 'rollback: health refused\nmore' }),
];
const frame = { rollout: rollout(), running, needsOperator: held };

const evil = {
  rollout: rollout({
    where: hostile,
    version: hostile,
    created_by: hostile,
    why: hostile,
    canary_misses: [hostile],
    wave_list: [wave(0, { name: hostile }), wave(1, { name: hostile, waits: hostile })],
    failures: [
      {
        signature: hostile,
        step: 'migrate',
        hook: hostile,
        message: hostile,
        output: [hostile],
        tenants: 1,
        examples: [hostile],
        is_fixed: false,
      },
    ],
    unapproved: [{ plan_class: 'a'.repeat(64), tenants: 1, examples: [hostile], blockers: [] }],
  }),
  running: [target(hostile, { host: hostile })],
  needsOperator: [target(hostile, { host: hostile, message: hostile })],
};

it('says how far it is, what is wrong and what to do', () => {
  expect(renderRollout(frame, { screen: look(null), now }).split('\n')).toEqual([
    `rollout ${id}  → v0.7.0 (8e51774abcde)`,
    '  for ring=stable, started 2026-12-01 09:00:00 by anna',
    '  running  wave 2/3  ▓▓▓▓▓░░░░░ 412/800  about 41 min left',
    '  ok 405  running 12  rolled back 3  needs you 1  waiting 376  offline 3  skipped 3',
    '  halts at 5 failures (4 so far); at most 10 at once, 1 per host',
    '',
    '  WAVE          TENANTS  OK   FAIL  STATE',
    '  1     canary  10       10   0     passed',
    '  2     10%     400      395  3     running: 12 run',
    '  3     rest    390      –    –     not open: wave 2 (10%) has not passed',
    '',
    '  NEEDS YOU (1)',
    '  gamma  web-17  drover resume gamma  rollback: health refused',
    '',
    '  FAILED (3, one cause)',
    '  migrate: duplicate column name: author',
    '    │ Adding the authors',
    '    bert, dora, emil   drover logs bert',
    '',
    '  RUNNING',
    ...running.map(({ slug }) => `  ${slug.padEnd(9)}  web-17  hooks-post-migrate  0:06`),
  ]);
});

it('says why it waits: halted, no window, plans that nobody has approved', () => {
  const waiting = rollout({
    state: 'halted',
    why: '5 failures, and it halts at 5: retry, waive, or resume with more failures',
    next_opening: '2026-12-01T21:00:00.000Z',
    unapproved: [{ plan_class: '2a91'.padEnd(64, '0'), tenants: 7, examples: ['lena', 'otto'], blockers: [] }],
    estimated_end: null,
  });
  const text = renderRollout({ rollout: waiting, running: [], needsOperator: [] }, { screen: look(null), now });
  expect(text).toContain('\n  halted  wave 2/3  ▓▓▓▓▓░░░░░ 412/800\n');
  expect(text).toContain('\n  5 failures, and it halts at 5: retry, waive, or resume with more failures\n');
  expect(text).toContain('\n  no window is open: the next one opens 2026-12-01 21:00 UTC\n');
  expect(text).toContain(`\n  2a910000  lena, otto … 5 more  drover rollout approve ${id} --plan 2a910000`);
  expect(text).toContain('\n  2     10%     400      395  3     halted: 12 run\n');
});

const outOf = (change: Parameters<typeof rollout>[0], height: number | null = null) =>
  renderRollout(
    { rollout: rollout(change), running: [], needsOperator: [] },
    { screen: { ...look(null), height }, now },
  )
    .split('\n')
    .filter((line) => line.startsWith('    drover rollout'))
    .map((line) => line.trim().replaceAll(id, 'ID'));

describe('a rollout that waits for somebody', () => {
  it('shows the commands that let it go on', () => {
    const retry = 'drover rollout retry ID --fixed        tries again what failed, once that is mended';
    const waive = 'drover rollout waive ID TENANT         leaves one out';
    const more = 'drover rollout resume ID --failures 6  goes on as it is';
    expect(outOf({ state: 'halted', budget: { counted: 5, limit: 5 } })).toEqual([retry, waive, more]);
    const few = { budget: { counted: 1, limit: 5 }, failures: [] };
    expect(outOf({ state: 'halted', ...few }).at(-1)).toMatch(/^drover rollout resume ID +goes on$/);
    expect(outOf({ state: 'paused', why: 'paused by ann' })).toEqual(['drover rollout resume ID  goes on']);
  });

  it('has none of them while it runs, once it has ended, and on a screen that has keys', () => {
    expect(outOf({})).toEqual([]);
    expect(outOf({ state: 'aborted' })).toEqual([]);
    expect(outOf({ state: 'halted' }, 40)).toEqual([]);
  });
});

it('says which tenants are unreachable, and not how long those run that are taken back', () => {
  const lost = [target('greta', { is_unreachable: true })];
  const seen = renderRollout({ rollout: rollout(), running: lost, needsOperator: [] }, { screen: look(null), now });
  expect(seen).toContain('\n  greta  web-17  hooks-post-migrate  0:06  unreachable');
  expect(renderTargets(lost, look(null))).toMatch(/\ngreta .* unreachable +web-17/);
  const back = { rollout: rollout({ direction: 'back' }), running: [target('anna')], needsOperator: [] };
  expect(renderRollout(back, { screen: look(null), now })).toMatch(/\n {2}anna {2}web-17 {2}hooks-post-migrate\n/);
});

describe.each([40, 80, 200])('on a terminal of %i columns', (columns) => {
  it('a frame fits its width and height, the line at the bottom is there, and the tables fit', () => {
    const footer = 'p pause   a abort   q quit (the rollout goes on)';
    const lines = frameOn(columns, 30, (screen) => renderRollout(frame, { screen, now, footer }));
    expect(lines.length).toBeLessThanOrEqual(29);
    expect(lines.filter((line) => line.length >= columns)).toEqual([]);
    expect(lines.at(-1)).toBe(`  ${footer}`.slice(0, columns - 1));
    const table = renderRollout(frame, { screen: look(columns), now }).split('\n');
    const from = table.findIndex((line) => line.includes('TENANTS'));
    expect(table.slice(from, from + 4).filter((line) => line.length > columns && columns > 60)).toEqual([]);
  });

  it('nothing steers it, whatever names and messages hold', () => {
    for (const text of [
      printOn(columns, (screen) => renderRollout(evil, { screen, now, footer: hostile })),
      printOn(columns, (screen) => renderRollouts([evil.rollout], screen)),
      printOn(columns, (screen) => renderTargets([...evil.running, ...evil.needsOperator], screen)),
      printOn(columns, (screen) =>
        renderWaits([target(hostile, { waits: { rule: 'busy', text: hostile, until: null } })], screen).join('\n'),
      ),
      frameOn(columns, 24, (screen) => renderRollout(evil, { screen, now, footer: hostile })).join('\n'),
    ]) {
      expect(findUnsafeText(text)).toEqual([]);
    }
  });
});

it('what runs is cut to the height, and counted', () => {
  const lines = frameOn(100, 30, (screen) => renderRollout(frame, { screen, now, footer: 'keys' }));
  expect(lines.slice(-3)).toEqual(['  … 6 more', '', '  keys']);
});

it('many waves are shown around the open one; all of them where there is no height', () => {
  const waves = Array.from({ length: 40 }, (_, no) => wave(no, no < 20 ? { state: 'passed', opened_at: 'x' } : {}));
  const long = { rollout: rollout({ wave_list: waves, wave: 20, waves: 40 }), running: [], needsOperator: [] };
  const short = frameOn(100, 50, (screen) => renderRollout(long, { screen, now }));
  expect(short.filter((line) => /^ {2}\d+ /.test(line)).map((line) => line.trim().split(' ')[0])).toEqual([
    '19',
    '20',
    '21',
    '22',
    '23',
    '24',
    '25',
  ]);
  expect(short.join('\n')).toContain('… 33 more waves: `drover rollout show` lists them');
  expect(renderRollout(long, { screen: look(null), now }).match(/^ {2}\d+ /gm)).toHaveLength(40);
});

const waits = (slug: string, rule: 'frozen' | 'wave', text: string) =>
  target(slug, { stage: 'waiting', waits: { rule, text, until: null } });

it('those that wait are grouped by rule and reason, whichever tenant the reason names', () => {
  const waiting = [
    waits('anna', 'frozen', 'the freeze xmas; `drover freeze except xmas anna` lets it through'),
    waits('bert', 'frozen', 'the freeze xmas; `drover freeze except xmas bert` lets it through'),
    waits('carl', 'wave', 'the canary has not passed'),
  ];
  expect(renderWaits(waiting, { style: plainStyle, width: null })).toEqual([
    '',
    '  WAITING',
    '  WAIT  RULE    WHY                                                                  WHO',
    '  2     frozen  the freeze xmas; `drover freeze except xmas TENANT` lets it through  anna, bert',
    '  1     wave    the canary has not passed                                            carl',
  ]);
  expect(renderWaits([], { style: plainStyle, width: null })).toEqual([]);
});

it('the matrix has a character for every step', () => {
  const steps = [
    { name: 'stop-services', status: 'ok', ms: 1 },
    { name: 'backup-database', status: 'failed', ms: 1 },
  ];
  const [, first, second] = renderTargets(
    [
      target('anna', { steps, stage: 'ended', outcome: 'rolled_back', message: 'the disk is full\nmore', attempt: 2 }),
      target('bert', { wave: null, stage: 'skipped' }),
    ],
    look(null),
  ).split('\n');
  expect(first).toBe('anna    2     ✓✗············  rolled back  web-17  2        the disk is full');
  expect(second).toMatch(/^bert {4}– {5}·{14} {2}skipped +web-17$/);
});
