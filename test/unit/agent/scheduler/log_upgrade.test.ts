// The lines of the agent's log about its upgrades.
import { beforeEach, expect, test } from 'vitest';
import { logBegin, logEnd } from '../../../../agent/scheduler/log_upgrade.js';
import type { FoundUpgrade } from '../../../../agent/store/find_upgrades.js';
import type { Event, EventOf } from '../../../../shared/model/journal/events.js';
import { foldProgress } from '../../../../shared/model/journal/progress.js';
import type { Failure } from '../../../../shared/model/result.js';
import type { Log } from '../../../../shared/os/log.js';

const at = '2026-11-30T10:00:00.000Z';
const begin: EventOf<'begin'> = {
  n: 1,
  at,
  type: 'begin',
  version: 1,
  id: 'u1',
  tenant: 'anna',
  host: 'web-17',
  request: { version: 'v0.4.0', force: false, allow_downgrade: false, from: null, commit: null },
  plan: null,
  current_version: 'v0.3.0',
  config: null,
};
const step: Event = { n: 2, at, type: 'step-begin', step: 'migrate', stage: 'run' };
const finish: EventOf<'finish'> = {
  n: 3,
  at,
  type: 'finish',
  status: 'success',
  current_version: 'v0.4.0',
  hold: null,
  failure: null,
};

let lines: [string, object, string][];
const note = (level: string) => (fields: object, message: string) => void lines.push([level, fields, message]);
const log: Log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
beforeEach(() => {
  lines = [];
});

function end(over: Partial<EventOf<'finish'>>): void {
  const events = [begin, { ...finish, ...over }];
  const found: FoundUpgrade = { id: 'u1', folder: '/', begin, events, progress: foldProgress(events) };
  logEnd(log, found);
}

test('one line says that an upgrade begins, goes on, or is rolled back', () => {
  logBegin(log, { events: [begin] });
  logBegin(log, { events: [begin, step] });
  const rollback: Event = { n: 4, at, type: 'rollback', id: 'r1', restore_database: false };
  logBegin(log, { events: [begin, step, finish, rollback] });
  const fields = { tenant: 'anna', from: 'v0.3.0', to: 'v0.4.0', upgrade: 'u1' };
  expect(lines).toEqual([
    ['info', fields, 'an upgrade begins'],
    ['info', fields, 'an upgrade goes on'],
    ['info', fields, 'an upgrade is rolled back'],
  ]);
});

test('one that is over before its first step has no such line', () => {
  logBegin(log, { events: [begin, finish] });
  expect(lines).toEqual([]);
});

test('one line says how it ended, and why', () => {
  end({});
  const failure: Failure = {
    step: 'migrate',
    code: 'command-failed',
    message: 'hook - FAILED (exit 3)',
    output_tail: 'no such table',
    needs_operator: false,
  };
  end({ status: 'rolled_back', current_version: 'v0.3.0', failure });
  end({ status: 'failed', hold: 'data-changed', failure });
  const fields = { tenant: 'anna', status: 'success', version: 'v0.4.0', upgrade: 'u1' };
  const why = failure.message;
  expect(lines).toEqual([
    ['info', fields, 'an upgrade has ended'],
    ['warn', { ...fields, status: 'rolled_back', version: 'v0.3.0', why }, 'an upgrade has ended'],
    ['error', { ...fields, status: 'failed', why }, 'an upgrade needs an operator'],
  ]);
});
