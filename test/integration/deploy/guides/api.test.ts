// The guide to the API: every command in it, as it stands there, against the real routes.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { serve, token } from '../../../helpers/controller/serve_api.js';
import { begin, finish } from '../../../unit/shared/terminal/streams.js';

const guide = readFileSync(path.join(import.meta.dirname, '../../../../deploy/guides/api.md'), 'utf8');
const blocks = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block ?? '');

const expected = ['plan', 'upgrade', 'upgrade', 'upgrade', 'cancel', 'rollback', 'resume', 'mark'];

it('has commands that work', async () => {
  const [opening = '', ...commands] = blocks;
  const { url, fleet } = await serve();
  const upgrade = fleet.upgrade.bind(fleet);
  fleet.upgrade = async (...words) => {
    const stored = await upgrade(...words);
    fleet.append(stored.id, begin, finish('success', 'v0.4.0'));
    return stored;
  };
  const cancel = fleet.cancel.bind(fleet);
  fleet.cancel = async (...words) => {
    const cancelled = await cancel(...words);
    fleet.append(cancelled.id, finish('cancelled', 'v0.1.0'));
    return cancelled;
  };
  const { id } = fleet.add('one');
  fleet.append(id, begin);
  const script = [opening.replaceAll(/^export .*$/gm, ''), ...commands].join('\n');
  const { stdout } = await promisify(execFile)('/bin/bash', ['-euc', script], {
    env: { PATH: process.env['PATH'], DROVER_URL: url, DROVER_TOKEN: token, ID: id },
  });
  expect(commands.length).toBeGreaterThan(6);
  expect(stdout).toContain('"slug":"testsite"');
  expect(stdout).toContain('event: end');
  expect(stdout).toContain('"token":"drover_');
  expect(stdout).toContain('"action":"tokens.create"');
  expect(fleet.asked.map((asked) => asked.split(' ')[0])).toEqual(expected);
}, 60_000);
