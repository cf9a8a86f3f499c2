// Rollouts, targets and fleet plans for the tests of what is shown, and what a person sees of it.
import type { FleetPlan, Rollout, Target } from '../../../../../shared/wire/rollouts_api.js';
import { rolloutSettingsSchema } from '../../../../../shared/model/rollout.js';
import { createScreen } from '../../../../../shared/terminal/screen/screen.js';
import { createStyle } from '../../../../../shared/terminal/screen/style.js';
import { fakeStream } from '../../../agent/cli/fake_world.js';
import { plan } from '../../../shared/terminal/streams.js';

export const id = '019b2692-0000-7000-8000-00000000abcd';
export const now = new Date('2026-12-01T10:00:00.000Z');

/** A name, a message and a selection that try to steer the terminal. */
export const hostile = 'evil\u001b[2J\u001b]0;title\u0007\rover\u009b31m\u202egnp';

const none = {
  total: 800,
  succeeded: 405,
  running: 12,
  offered: 0,
  waiting: 376,
  failed: 0,
  rolled_back: 3,
  refused: 0,
  needs_operator: 1,
  cancelled: 0,
  expired: 0,
  plan_changed: 0,
  taken_back: 0,
  skipped: 3,
  waived: 0,
  offline: 3,
  unreachable: 0,
  counted: 4,
};

type Wave = Rollout['wave_list'][number];

export const wave = (no: number, change: Partial<Wave> = {}): Wave => ({
  no,
  name: no === 0 ? 'canary' : `${no}0%`,
  tenants: 10,
  succeeded: 0,
  failed: 0,
  state: 'waiting',
  opened_at: null,
  passed_at: null,
  waits: null,
  ...change,
});

const opened = { opened_at: '2026-12-01T09:00:00.000Z' };

export const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  id,
  version: 'v0.7.0',
  commit: '8e51774abcde00000000000000000000000000ff',
  where: 'ring=stable',
  state: 'running',
  direction: 'forward',
  created_at: '2026-12-01T09:00:00.000Z',
  created_by: 'anna',
  ended_at: null,
  why: null,
  counts: none,
  budget: { counted: 4, limit: 5 },
  wave: 1,
  waves: 3,
  estimated_end: '2026-12-01T10:41:00.000Z',
  settings: rolloutSettingsSchema.parse({}),
  plan: null,
  approved: null,
  canary_misses: [],
  wave_list: [
    wave(0, { ...opened, state: 'passed', succeeded: 10, passed_at: '2026-12-01T09:20:00.000Z' }),
    wave(1, { ...opened, tenants: 400, succeeded: 395, failed: 3, state: 'open', waits: '12 run' }),
    wave(2, { name: 'rest', tenants: 390, waits: 'wave 2 (10%) has not passed' }),
  ],
  failures: [
    {
      signature: 'migrate | - | duplicate column name: author',
      step: 'migrate',
      hook: null,
      message: 'duplicate column name: author',
      output: ['Adding the authors'],
      tenants: 3,
      examples: ['bert', 'dora', 'emil'],
      is_fixed: false,
    },
  ],
  unapproved: [],
  next_opening: null,
  ...change,
});

export const target = (slug: string, change: Partial<Target> = {}): Target => ({
  slug,
  host: 'web-17',
  wave: 1,
  stage: 'running',
  outcome: null,
  attempt: 1,
  upgrade: '019b2692-0000-7000-8000-000000000001',
  version: 'v0.5.0',
  plan_class: null,
  step: 'hooks-post-migrate',
  steps: [],
  message: null,
  signature: null,
  started_at: '2026-12-01T09:59:54.000Z',
  finished_at: null,
  waits: null,
  is_unreachable: false,
  ...change,
});

const planClass = (
  letter: string,
  change: Partial<FleetPlan['classes'][number]> = {},
): FleetPlan['classes'][number] => ({
  plan_class: letter.toLowerCase().padEnd(64, '0'),
  letter,
  tenants: 766,
  examples: ['anna', 'bert'],
  plan,
  is_blocked: false,
  ...change,
});

export const blockedBy = (...codes: FleetPlan['classes'][number]['plan']['blockers'][number]['code'][]) => ({
  ...plan,
  blockers: codes.map((code) => ({ code, message: `because of ${code}`, hint: null })),
});

export const fleetPlan = (change: Partial<FleetPlan> = {}): FleetPlan => ({
  id,
  version: 'v0.4.0',
  where: 'ring=stable',
  state: 'done',
  created_at: '2026-12-01T09:00:00.000Z',
  finished_at: '2026-12-01T09:01:00.000Z',
  created_by: 'anna',
  pin: { version: 'v0.4.0', commit: 'abc123def4567890abc123def4567890abc123de' },
  disagreeing: [],
  hosts: 121,
  tenants: 800,
  planned: 800,
  failed: [],
  classes: [planClass('A')],
  ...change,
});
export { planClass };

export const plainStyle = createStyle(false);
export const look = (width: number | null) => ({ style: plainStyle, width, height: null });

/** What a terminal of this width gets, printed. */
export function printOn(columns: number, render: (screen: ReturnType<typeof createScreen>) => string): string {
  const stdout = Object.assign(fakeStream(true), { columns, rows: 200 });
  const screen = createScreen({ stdout, stderr: fakeStream(true), env: { NO_COLOR: '1' } });
  screen.print(render(screen));
  return stdout.written;
}

/** The lines of a frame that a terminal of this size shows. */
export function frameOn(
  columns: number,
  rows: number,
  render: (screen: ReturnType<typeof createScreen>) => string,
): string[] {
  const stdout = Object.assign(fakeStream(true), { columns, rows });
  const screen = createScreen({ stdout, stderr: fakeStream(true), env: { NO_COLOR: '1' } });
  screen.showFrame(render(screen));
  return stdout.written.split('\n');
}
