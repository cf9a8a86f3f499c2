// What a step's command leaves in the journal beside its exit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Outcome } from '../../../../agent/command/execute.js';
import { createRunCommand, type CommandRunner } from '../../../../agent/upgrade/run_command.js';
import { runPlaces } from '../../../../agent/store/run_folders.js';
import type { Event, EventBody } from '../../../../shared/model/journal/events.js';
import { currentUser } from '../../../../agent/command/user.js';
import { AppError } from '../../../../shared/errors.js';
import { nobody } from '../../../helpers/agent/run_commands.js';

const never = new AbortController().signal;

const spec = { title: 'Migrate', argv: ['true'], user: nobody, cwd: '/', env: {}, timeLimitMs: 1000 } as const;
const exited: Outcome = { code: 0, signal: null, cause: 'exited', ms: 1, left: [] };

/** A runner whose commands end so, one after the other and then always as the last one; and what it did. */
function makeRunner(outcomes: readonly Outcome[], over: Partial<CommandRunner> = {}) {
  const events: Event[] = [];
  const [executed, kept] = [new Array<string>(), new Array<string>()];
  const run = createRunCommand({
    journal: { events, append: (body: EventBody) => void events.push({ ...body, n: events.length + 1, at: '' }) },
    flushJournal: async () => {},
    flushOutput: async (folder) => void kept.push(folder),
    execute: async ({ folder }) => {
      executed.push(path.basename(folder));
      return outcomes[executed.length - 1] ?? outcomes.at(-1) ?? exited;
    },
    bootId: 'boot',
    upgradeId: 'id',
    runs: runPlaces('/nowhere/id', 0),
    step: 'migrate',
    stage: 'run',
    attempt: 1,
    lost: 'fail',
    secrets: [],
    cancel: never,
    ...over,
  });
  return { events, run, executed, kept };
}

/** The events of a command that leaves these processes behind. */
async function runAndLeave(left: number[]): Promise<Event[]> {
  const { events, run } = makeRunner([{ ...exited, left }]);
  await run('all', spec);
  await run('all', spec);
  return events;
}

it('warns once, before the exit, of processes that did not end, with what to do', async () => {
  const events = await runAndLeave([12, 13]);
  expect(events.map(({ type }) => type)).toEqual(['command', 'warning', 'exit']);
  expect(events[1]).toMatchObject({
    text:
      `Migrate: processes of ${nobody.name} that it left behind have not ended within 10 s of SIGKILL ` +
      '(last seen: 12, 13); end them by hand',
  });
  expect(events[2]).not.toHaveProperty('left');
});

it('names only the first of many, and warns of nothing where all ended', async () => {
  const many = await runAndLeave(Array.from({ length: 5000 }, (_, pid) => pid + 1));
  expect(many[1]).toMatchObject({ text: expect.stringContaining('(last seen: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …)') });
  const ten = await runAndLeave([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(ten[1]).toMatchObject({ text: expect.stringContaining('(last seen: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10); ') });
  expect((await runAndLeave([])).map(({ type }) => type)).toEqual(['command', 'exit']);
});

const lost: Outcome = { code: null, signal: null, cause: 'lost', ms: 0, left: [] };

it('runs a lost command again, each time as another one, and gives it up after the fifth time more', async () => {
  const again = makeRunner([lost, lost, exited], { lost: 'again' });
  await again.run('all', spec);
  expect(again.executed).toEqual(['migrate.all', 'migrate.all~1', 'migrate.all~2']);
  const always = makeRunner([lost], { lost: 'again' });
  await expect(always.run('all', spec)).rejects.toMatchObject({ code: 'command-lost' });
  expect(always.executed).toHaveLength(6);
});

it('never runs a command again that must not be, once it was lost', async () => {
  const { run, executed } = makeRunner([lost, exited]);
  await expect(run('all', spec)).rejects.toMatchObject({ code: 'command-lost' });
  await expect(run('all', spec)).rejects.toMatchObject({ code: 'command-lost' });
  expect(executed).toEqual(['migrate.all']);
});

it('starts services again that ran in an earlier boot, and nothing else that has ended', async () => {
  const before = makeRunner([exited]);
  await before.run('all', spec);
  const inNewBoot = (keepsChildren: boolean) => {
    const runner = makeRunner([exited], { bootId: 'next boot' });
    runner.events.push(...before.events);
    return runner.run('all', { ...spec, keepsChildren }).then(() => runner.executed);
  };
  expect(await inNewBoot(false)).toEqual([]);
  expect(await inNewBoot(true)).toEqual(['migrate.all~1']);
});

it('syncs the output of a durable command that has ended, and of no other', async () => {
  const durable = { folders: [], user: nobody };
  const { run, kept } = makeRunner([exited]);
  await run('plain', spec);
  await run('durable', { ...spec, durable });
  expect(kept.map((folder) => path.basename(folder))).toEqual(['migrate.durable']);
});

/** The undo of a command that systemd does not answer for, once it has begun or before; `folders` are those it is run in. */
const refuse = (folders: string[], begins: boolean) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-runs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const execute: CommandRunner['execute'] = async ({ folder: run }) => {
    folders.push(run);
    if (begins) mkdirSync(run, { recursive: true });
    if (begins) writeFileSync(path.join(run, 'started'), '');
    throw new AppError('io', 'systemd does not answer');
  };
  const runs = { own: path.join(folder, 'own'), spare: path.join(folder, 'in/spare'), agentUid: currentUser().uid };
  return makeRunner([], { stage: 'undo', runs, execute }).run('all', spec);
};

describe('an undo whose command cannot be run in its own folder', () => {
  it('runs it in the spare one', async () => {
    const folders: string[] = [];
    await expect(refuse(folders, false)).rejects.toThrow('systemd does not answer');
    expect(folders.map((folder) => path.basename(path.dirname(folder)))).toEqual(['own', 'spare']);
  });

  it('runs no second one beside one that has begun', async () => {
    const folders: string[] = [];
    await expect(refuse(folders, true)).rejects.toThrow('systemd does not answer');
    expect(folders).toHaveLength(1);
  });
});
