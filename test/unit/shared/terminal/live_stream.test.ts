// What a terminal shows of an upgrade while it happens.
import { describe, expect, it } from 'vitest';
import { createLiveRenderer } from '../../../../shared/terminal/stream/live_stream.js';
import { createStyle } from '../../../../shared/terminal/screen/style.js';
import type { EventBody } from '../../../../shared/model/journal/events.js';
import { begin, command, finish, journal, plan, step } from './streams.js';

/** All lines for these events; a string among them is what the last command printed. */
function render(...items: (EventBody | string)[]): string[] {
  const stream = createLiveRenderer(createStyle(false));
  const events = journal(...items.filter((item) => typeof item !== 'string'));
  let key = '';
  let n = 0;
  return items.flatMap((item) => {
    if (typeof item === 'string') {
      return stream.render({ output: { key, at: 0, next: 1, text: item } }, 0)?.split('\n') ?? [];
    }
    if (item.type === 'command') key = item.key;
    const event = events[n];
    n += 1;
    return event === undefined ? [] : (stream.render({ event }, 0)?.split('\n') ?? []);
  });
}

describe('the live stream', () => {
  it('begins with the tenant, both versions and the commit', () => {
    expect(render(begin)).toEqual(['testsite on h1  v0.1.0 → v0.4.0  (abc123def456)']);
  });

  it('says what was asked for where there is no plan', () => {
    const unplanned = { ...begin, plan: null };
    expect(render(unplanned)).toEqual(['testsite on h1  v0.1.0 → v0.4.0']);
    expect(render({ ...unplanned, current_version: null })).toEqual(['testsite on h1  → v0.4.0']);
  });

  it('has a line for each step that has ended: its place, what it did, how long it took', () => {
    expect(render(...step('stop-services'))).toEqual([expect.stringMatching(/^ {2}✓ {2}1\/14 stop-services +1\.0 s$/)]);
    const [, hooks, checkout] = render(begin, ...step('hooks-pre-pull'), ...step('checkout'));
    expect(hooks).toMatch(/^ {2}– {2}5\/14 hooks-pre-pull +none +1\.0 s$/);
    expect(checkout).toMatch(/^ {2}✓ {2}6\/14 checkout +3 files +1\.0 s$/);
  });

  it('shows what a command prints below its title, line by line', () => {
    expect(render(command('a', 'post-pull: v0.2.0.sh'), 'one\ntwo\n', 'three\n')).toEqual([
      '    post-pull: v0.2.0.sh',
      '    │ one',
      '    │ two',
      '    │ three',
    ]);
  });

  it('does not name commands that print nothing', () => {
    expect(render(command('a', 'list marker files'))).toEqual([]);
  });

  it('leaves announcements to the pending line, and shows the other details', () => {
    const lines = render({ type: 'line', text: 'Stopping services...' }, { type: 'line', text: 'Services stopped' });
    expect(lines).toEqual(['    Services stopped']);
  });

  it('shows warnings', () => {
    expect(render({ type: 'warning', text: 'a migration was changed' })).toEqual([
      '  warning: a migration was changed',
    ]);
  });

  it('shows why a step failed, and that the upgrade is rolled back from there', () => {
    const failure = {
      step: 'migrate',
      code: 'command-failed',
      message: 'it failed',
      output_tail: '',
      needs_operator: false,
    } as const;
    const lines = render(
      { type: 'step-begin', step: 'migrate', stage: 'run' },
      { type: 'step-end', step: 'migrate', stage: 'run', status: 'failed', failure },
      ...step('checkout', [], 'undo'),
      ...step('stop-services', [], 'undo'),
    );
    expect(lines).toEqual([
      expect.stringMatching(/^ {2}✗ 10\/14 migrate +1\.0 s$/),
      '    it failed',
      '  Rolling back',
      expect.stringMatching(/^ {2}✓ undo checkout /),
      expect.stringMatching(/^ {2}✓ undo stop-services /),
    ]);
  });

  it('says what an operator asked for', () => {
    expect(
      render(
        { type: 'cancel', force: true },
        { type: 'rollback', id: 'r', restore_database: true },
        { type: 'resume', accept: true },
      ),
    ).toEqual([
      '  Cancel asked for, with force',
      '  Rollback asked for, with the database restored',
      '  Accepted as it is',
    ]);
  });

  it('says when a command was ended rather than ending by itself', () => {
    const exit = { type: 'exit', key: 'a', code: null, signal: 'SIGKILL', cause: 'time-limit', ms: 5 } as const;
    expect(render(exit)).toEqual(['    the command was ended: time-limit']);
    expect(render({ ...exit, cause: 'exited' })).toEqual([]);
  });

  it('lets no name from a repository steer the terminal', () => {
    const lines = render(command('a', 'migrate: \u001b[2Jevil\u0007.py'), 'x\n', {
      type: 'warning',
      text: '\u001b]0;title\u0007!',
    });
    // oxlint-disable-next-line no-control-regex -- control characters are what this is about
    expect(lines.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(lines[0]).toContain('evil');
  });

  it('leaves the end to the summary', () => {
    expect(render(finish('success', 'v0.4.0'))).toEqual([]);
  });

  it('shows what runs and for how long, what comes next, and how long the services are down', () => {
    const stream = createLiveRenderer(createStyle(false));
    const hook = { phase: 'post-migrate', interpreter: [], sha256: '', mark: null } as const;
    const hooks = ['v0.2.0', 'v0.4.0'].map((tag) => ({
      ...hook,
      tag,
      file: `${tag}.post-migrate.sh`,
      interpreter: [],
    }));
    const events = journal(
      { ...begin, plan: { ...plan, hooks } },
      ...step('stop-services'),
      { type: 'step-begin', step: 'hooks-post-migrate', stage: 'run' },
      {
        type: 'command',
        key: 'a',
        step: 'hooks-post-migrate',
        stage: 'run',
        title: 'post-migrate: v0.2.0.post-migrate.sh',
        boot_id: 'b',
        quiet: false,
        hook: { tag: 'v0.2.0', phase: 'post-migrate', file: 'v0.2.0.post-migrate.sh', sha256: '' },
      },
    );
    expect(stream.pending(0)).toEqual([]);
    for (const event of events) stream.render({ event }, 1000);
    expect(stream.pending(5000)).toEqual([
      '  ⠋ 11/14 hooks-post-migrate       1/2 v0.2.0.post-migrate.sh  5 s',
      '    0:08, down 0:07  · record-version  · start-services  · health-check',
    ]);
    expect(stream.isCancellable()).toBe(true);
    for (const event of journal(...step('checkout', [], 'undo')).slice(0, 1)) stream.render({ event }, 6000);
    expect(stream.pending(6000)[0]).toMatch(/^ {2}. undo checkout$/);
    expect(stream.isCancellable()).toBe(false);
  });
});
