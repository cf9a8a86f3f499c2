import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bashWords } from '../../../../agent/command/own_bash.js';
import { createProbe } from '../../../../agent/command/probe.js';
import { currentUser } from '../../../../agent/command/user.js';

test("nothing of the user's ~/.bashrc reaches a script that reads its standard input", async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'drover-bash-'));
  onTestFinished(() => rm(home, { recursive: true }));
  writeFileSync(path.join(home, '.bashrc'), 'echo printed by .bashrc\nset -- changed\n');
  const user = currentUser();
  const probe = createProbe({ agentUid: user.uid, signal: new AbortController().signal });
  const look = { user, cwd: '/', env: { PATH: '/usr/bin:/bin', HOME: home }, stdin: 'read' };
  const answer = await probe({ argv: bashWords('cat; printf " %s" "$0" "$@"', ['a b', '']), ...look });
  expect(answer).toEqual({ exitCode: 0, stdout: 'read bash a b ', stderr: '' });
});

test('no other file writes the words of a bash script', () => {
  const agent = path.join(import.meta.dirname, '../../../../agent');
  const files = readdirSync(agent, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const writing = files.filter((name) => /'bash',\s*'-c'/.test(readFileSync(path.join(agent, name), 'utf8')));
  expect(writing).toEqual([]);
});
