import { describe, expect, it, test } from 'vitest';
import { admitEvent, isEvent, tellEvent } from '../../../../agent/store/admit_event.js';
import { fitPlan } from '../../../../shared/model/plan/fit_plan.js';
import { sharedLimits } from '../../../../shared/limits.js';
import { eventSchema, type Event } from '../../../../shared/model/journal/events.js';
import type { Plan } from '../../../../shared/model/plan/plan.js';
import { encodeFrame } from '../../../../shared/wire/protocol.js';

const stamp = { n: 1, at: '2026-11-27T10:00:00.000Z' };
const secrets = ['hunter22hunter22'];

const plan: Plan = {
  tenant: 'acme',
  host: 'web-17',
  made_at: stamp.at,
  kind: 'upgrade',
  previous: { version: 'v1.0.0', commit: 'a'.repeat(40) },
  target: { version: 'v2.0.0', commit: 'b'.repeat(40) },
  crossed: ['v2.0.0'],
  hooks: [],
  migrations: [],
  known_migrations: [],
  requirements: { action: 'none', key: null, reason: 'none are configured', files: null },
  changed_files: 10_000,
  branch: null,
  migrations_by: null,
  discarded: [],
  record: null,
  disk: [],
  warnings: [],
  warning_codes: [],
  blockers: [],
};
const name = (at: number) => `${'n'.repeat(200)}-${at}`;
const many = <Item>(length: number, make: (at: number) => Item) => Array.from({ length }, (_, at) => make(at));
const sha256 = '0'.repeat(64);

/** The frame in which the event would be sent. */
const frameOf = (event: Event) => encodeFrame({ type: 'stream', upgrade: 'u1', item: { event } });

describe('an event that is admitted', () => {
  it('is clean, masked and short in every text', () => {
    const failure = {
      step: 'migrate' as const,
      code: 'io',
      message: `said \u001b[31mhunter22\u001b[0mhunter22\0 \ud800 ${'x'.repeat(5000)}`,
      hint: 'hunter22hunter22',
      output_tail: `${'y'.repeat(30_000)} the end`,
      needs_operator: false,
    };
    const event = admitEvent(
      { ...stamp, type: 'step-end', step: 'migrate', stage: 'run', status: 'failed', failure },
      secrets,
    );
    if (event.type !== 'step-end') throw new Error('another event');
    const { message = '', hint, output_tail: tail = '' } = event.failure ?? {};
    expect(message).toMatch(/^said \[masked\]␀ \uFFFD x+… \[\d+ characters left out\]$/);
    expect(message).toHaveLength(4000);
    expect(hint).toBe('[masked]');
    expect(tail).toMatch(/^… \[\d+ characters left out\]y+ the end$/);
    expect(tail).toHaveLength(20_000);
  });

  it('is refused with a name or a value that is over its limit and cannot be shortened', () => {
    expect(() => admitEvent({ ...stamp, type: 'memo', key: 'k', value: 'x'.repeat(300_000) }, [])).toThrow(
      'must be JSON',
    );
    expect(() =>
      admitEvent({ ...stamp, type: 'exit', key: 'a\0', code: 0, signal: null, cause: 'exited', ms: 0 }, []),
    ).toThrow('letters');
  });
});

describe('an event from before there were limits', () => {
  const markers = many(6000, name);
  const old: unknown[] = [
    { ...stamp, type: 'memo', key: 'markers_before', value: markers },
    { ...stamp, type: 'line', text: 'x'.repeat(2 * 1024 ** 2) },
    {
      ...stamp,
      type: 'begin',
      version: 1,
      id: 'u1',
      tenant: 'acme',
      host: 'web-17',
      request: {},
      current_version: null,
      config: null,
      plan: { ...plan, known_migrations: many(6000, (at) => ({ file: name(at), sha256 })) },
    },
    {
      ...stamp,
      type: 'command',
      key: 'k'.repeat(3000),
      step: 'migrate',
      stage: 'run',
      title: '',
      boot_id: 'b',
      quiet: false,
    },
  ];

  test.each(old.map((event) => ({ type: Object(event).type, event })))(
    'still counts, and is told in a frame: $type',
    ({ event }) => {
      expect(isEvent(event)).toBe(true);
      if (!isEvent(event)) return;
      const told = tellEvent(event);
      expect(eventSchema.safeParse(told).success).toBe(true);
      expect(told.n).toBe(1);
      expect(Buffer.byteLength(frameOf(told))).toBeLessThan(sharedLimits.frame.max);
      expect(frameOf(told)).toContain('left out'.slice(told.type === 'begin' ? 8 : 0));
    },
  );

  it('of an unknown kind is none', () => {
    expect(isEvent({ ...stamp, type: 'other' })).toBe(false);
    expect(isEvent('text')).toBe(false);
  });
});

describe('a plan', () => {
  test.each([
    [
      '5,000 hooks',
      {
        hooks: many(5000, (at) => ({
          tag: 'v2.0.0',
          phase: 'post-pull' as const,
          file: name(at),
          sha256,
          interpreter: ['/bin/bash'],
          mark: null,
        })),
      },
    ],
    [
      '5,000 migrations',
      {
        migrations: many(5000, (at) => ({ file: name(at), sha256, tag: 'v2.0.0' })),
        known_migrations: many(5000, (at) => ({ file: name(at), sha256 })),
      },
    ],
    ['20,000 crossed tags', { crossed: many(20_000, (at) => `v2.${at}.0`) }],
    ['a path of 5,000 characters', { discarded: ['x'.repeat(5000)] }],
    ['long messages', { warnings: many(500, () => 'w'.repeat(4000)) }],
  ])('that is too large is blocked, and fits into a frame: %s', (_what, more) => {
    const fit = fitPlan({ ...plan, ...more });
    expect(fit?.blockers[0]).toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('too large to be stored'),
    });
    const frame = encodeFrame({ type: 'plan_result', request_id: 'r1', plan: fit, error: null });
    expect(Buffer.byteLength(frame)).toBeLessThan(sharedLimits.frame.max);
  });

  it('of ordinary size stays as it is', () => {
    const large = { ...plan, known_migrations: many(2000, (at) => ({ file: `scripts/${at}.py`, sha256 })) };
    expect(fitPlan(large)).toEqual(large);
  });

  it('has no secret in its warnings and blockers', () => {
    const blockers = [{ code: 'io' as const, message: 'git said hunter22hunter22', hint: 'not hunter22hunter22' }];
    const fit = fitPlan({ ...plan, blockers, warnings: ['hunter22hunter22'] }, secrets);
    expect(fit).toMatchObject({
      blockers: [{ message: 'git said [masked]', hint: 'not [masked]' }],
      warnings: ['[masked]'],
    });
  });
});
