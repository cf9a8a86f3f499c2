// Showing an upgrade: what belongs to the request, then the result; Ctrl-C ends the display alone.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../../../shared/terminal/program.js';
import { cliCommandsWith, type ProgramContext } from '../../../../shared/terminal/cli_command.js';
import type { Following, Operations, Started } from '../../../../shared/terminal/operations.js';
import { showUpgrade } from '../../../../shared/terminal/stream/show_upgrade.js';
import { deriveResult } from '../../../../shared/model/journal/derive_result.js';
import type { Event } from '../../../../shared/model/journal/events.js';
import { z } from 'zod';
import { fakeStream, fakeWorld } from '../../agent/cli/fake_world.js';
import { begin, finish, journal, step } from './streams.js';

const events = journal(
  begin,
  ...step('migrate'),
  finish('success', 'v0.4.0'),
  { type: 'rollback', id: 'r1', restore_database: false },
  ...step('migrate', [], 'undo'),
  finish('rolled_back', 'v0.1.0'),
);
const started: Started = {
  id: 'u1',
  tenant: 'testsite',
  result: { ...deriveResult([]), id: 'u1', tenant: 'testsite', status: 'queued' },
  isOwn: (event) => event.type === 'rollback',
};

/** Gives these events, and then waits for the signal, or ends. */
function operationsOf(given: readonly Event[], { endless = false } = {}): Pick<Operations, 'follow'> {
  return {
    async *follow(_started, { signal, onWaiting }: Following) {
      onWaiting({ text: 'h1 is offline', isLong: true });
      for (const event of given) {
        onWaiting(null);
        yield { event };
      }
      if (endless) {
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('left')));
        });
      }
      return deriveResult(given);
    },
  };
}

const unused = () => Promise.reject(new Error('unused'));

async function show(
  operations: Pick<Operations, 'follow'>,
  { words = ['show'], isTTY = false, interrupts = false } = {},
) {
  const { world, stderr } = fakeWorld();
  const stdout = fakeStream(isTTY);
  const port: Operations = {
    plan: unused,
    upgrade: unused,
    rollback: unused,
    resume: unused,
    mark: unused,
    listHookRuns: unused,
    listUpgrades: unused,
    listVersions: unused,
    cancel: unused,
    find: unused,
    close: () => undefined,
    ...operations,
  };
  const command = cliCommandsWith<ProgramContext>()({
    arguments: [],
    options: {},
    help: '',
    input: z.object({}),
    async execute(context) {
      const shown = await showUpgrade(context, { operations: port, started, program: 'drover' });
      return shown === null ? 130 : 0;
    },
  });
  const exitCode = await runProgram(words, {
    world: {
      ...world,
      stdout,
      onSignal(_signal, listener) {
        if (interrupts) setImmediate(listener);
        return () => undefined;
      },
    },
    program: {
      name: 'drover',
      intro: '',
      outro: '',
      options: {},
      commands: [{ name: 'show', summary: '', load: async () => ({ command }) }],
      groups: {},
      forbiddenHint: '',
      makeContext: (base) => base,
    },
  });
  return { exitCode, stdout: stdout.written, stderr: stderr.written };
}

describe('showing an upgrade', () => {
  it('shows the head of the stream, then what belongs to the request, then the result', async () => {
    const { exitCode, stdout } = await show(operationsOf(events));
    expect(exitCode).toBe(0);
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^2025-12-16 10:15:00 upgrade /),
      expect.stringContaining('rollback asked for'),
      expect.stringContaining('[undo migrate] begins'),
      expect.stringContaining('[undo migrate] done'),
      expect.stringContaining('== rolled_back'),
    ]);
    expect(stdout).toContain('↩ rolled back: testsite is on v0.1.0 again');
    expect(stdout).toContain('drover logs u1');
  });

  it('says on a terminal of each rollback that it begins', async () => {
    const twice = journal(
      begin,
      { type: 'rollback', id: 'r0', restore_database: false },
      ...step('migrate', [], 'undo'),
      finish('success', 'v0.4.0'),
      { type: 'rollback', id: 'r1', restore_database: false },
      ...step('migrate', [], 'undo'),
      finish('rolled_back', 'v0.1.0'),
    );
    expect((await show(operationsOf(twice), { isTTY: true })).stdout.split('Rolling back')).toHaveLength(3);
  });

  it('notes a long wait once to who has no terminal, and shows it in the pending line of one', async () => {
    expect((await show(operationsOf(events))).stderr).toBe('h1 is offline\n');
    const terminal = await show(operationsOf(events), { isTTY: true });
    expect(terminal.stderr).toBe('');
    expect(terminal.stdout).toContain('  … h1 is offline');
  });

  it('is the result and nothing else under --json', async () => {
    const { stdout, stderr } = await show(operationsOf(events), { words: ['show', '--json'] });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(deriveResult(events));
  });

  it('ends at Ctrl-C with 130 and the ways back', async () => {
    const { exitCode, stderr } = await show(operationsOf(events.slice(0, 2), { endless: true }), { interrupts: true });
    expect(exitCode).toBe(130);
    expect(stderr).toContain('You stopped watching; the upgrade of testsite continues.');
    expect(stderr).toContain('  drover logs u1 -f   follows it\n  drover cancel u1    cancels it\n');
  });

  it.each([
    ['as it was asked for, where nothing came of it yet', [], started.result],
    ['as far as it came', events.slice(0, 2), deriveResult(events.slice(0, 2))],
  ])('gives at Ctrl-C under --json the upgrade %s', async (_how, given, expected) => {
    const options = { words: ['show', '--json'], interrupts: true };
    const { exitCode, stdout } = await show(operationsOf(given, { endless: true }), options);
    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toEqual(expected);
  });
});
