// The streams that the bench has a simulated agent send: events without end, or one command's long output.
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Event, EventBody } from '../../../shared/model/journal/events.js';
import { currentUser } from '../../../agent/command/user.js';
import { commandFolder, runPlaces, type RunPlaces } from '../../../agent/store/run_folders.js';
import { runFolder } from '../../../agent/command/run_folder.js';

export const benchUpgrade = '019ab6a1-7f00-7cc1-9a8e-2f0d7d3c5b11';
const key = 'hooks-post-pull.v0.2.0.sh';
const step = 'hooks-post-pull';

const begin: EventBody = {
  type: 'begin',
  version: 1,
  id: benchUpgrade,
  tenant: 't0',
  host: 'h0',
  request: { version: 'v0.2.0', force: false, allow_downgrade: false, from: null, commit: null },
  plan: null,
  current_version: null,
  config: null,
};
const finish: EventBody = { type: 'finish', status: 'success', current_version: 'v0.2.0', hold: null, failure: null };

function number(bodies: readonly EventBody[]): Event[] {
  const at = new Date().toISOString();
  return bodies.map((body, index) => ({ n: index + 1, at, ...body }));
}

/** Where the run folders of an upgrade in `folder` lie. */
export const benchRuns = (folder: string): RunPlaces => runPlaces(folder, currentUser().uid);

/** As many events, most of them lines. */
export function makeRecords(count: number): Event[] {
  const lines = Array.from(
    { length: count - 2 },
    (_, n): EventBody => ({ type: 'line', text: `Line ${n} of an upgrade` }),
  );
  return number([begin, ...lines, finish]);
}

/** An upgrade with one hook, whose output of `bytes` bytes lies in `folder` as an agent would have it there. */
export function makeOutput(folder: string, bytes: number): Event[] {
  const run = runFolder(commandFolder(benchRuns(folder), key));
  mkdirSync(run.folder, { recursive: true });
  const line = `${'copied static/data/file-1234.json to /srv/other/static/data '.repeat(2)}\n`;
  writeFileSync(run.output, line.repeat(Math.ceil(bytes / line.length)));
  return number([
    begin,
    { type: 'step-begin', step, stage: 'run' },
    { type: 'command', key, step, stage: 'run', title: 'a hook', boot_id: 'boot', quiet: false },
    { type: 'exit', key, code: 0, signal: null, cause: 'exited', ms: 5 },
    { type: 'step-end', step, stage: 'run', status: 'ok' },
    finish,
  ]);
}
