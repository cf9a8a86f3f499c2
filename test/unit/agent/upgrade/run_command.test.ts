// What a step's command leaves in the journal beside its exit.
import { expect, it } from 'vitest';
import { createRunCommand } from '../../../../agent/upgrade/run_command.js';
import { runPlaces } from '../../../../agent/store/run_folders.js';
import type { Event, EventBody } from '../../../../shared/model/events.js';
import { nobody } from '../../../helpers/agent/run_commands.js';

const never = new AbortController().signal;

/** The events of a command that leaves these processes behind. */
async function runAndLeave(left: number[]): Promise<Event[]> {
  const events: Event[] = [];
  const run = createRunCommand({
    journal: { events, append: (body: EventBody) => void events.push({ ...body, n: events.length + 1, at: '' }) },
    flushJournal: async () => {},
    flushOutput: async () => {},
    execute: async () => ({ code: 0, signal: null, cause: 'exited', ms: 1, left }),
    bootId: 'boot',
    upgradeId: 'id',
    runs: runPlaces('/nowhere/id', 0),
    step: 'migrate',
    stage: 'run',
    attempt: 1,
    lost: 'fail',
    secrets: [],
    cancel: never,
  });
  const spec = { title: 'Migrate', argv: ['true'], user: nobody, cwd: '/', env: {}, timeLimitMs: 1000 } as const;
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
  expect((await runAndLeave([])).map(({ type }) => type)).toEqual(['command', 'exit']);
});
