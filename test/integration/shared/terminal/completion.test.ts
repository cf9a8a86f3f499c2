// What `completion bash` prints, in a real bash.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';

const dist = path.join(import.meta.dirname, '../../../../dist');
const programs = { drover: 'controller/cli/main.js', 'drover-agent': 'agent/main.js' } as const;

/** What the shell offers for the last of each of these words. */
function completeIn(program: keyof typeof programs, lines: readonly (readonly string[])[]): string[][] {
  const main = path.join(dist, programs[program]);
  const script = execFileSync(process.execPath, [main, 'completion', 'bash'], { encoding: 'utf8' });
  const run = `${script}
complete_line() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
  _${program.replaceAll('-', '_')}; echo "\${COMPREPLY[*]}"
}
${lines.map((words) => `complete_line ${program} ${words.map((word) => `'${word}'`).join(' ')}`).join('\n')}`;
  const said = execFileSync('/bin/bash', ['--norc', '-e', '-c', run], { encoding: 'utf8', cwd: '/etc' });
  return said
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''));
}

test('the shell completes commands, commands of groups, and the options of the command', () => {
  const [commands, ofGroup, options, after, files] = completeIn('drover', [
    ['up'],
    ['hooks', ''],
    ['upgrade', 'testsite', '--st'],
    ['--context', 'prod', 'upgrade', '--det'],
    ['context', 'add', 'prod', 'https://x', '--token-file', 'passw'],
  ]);
  expect(commands).toEqual(['upgrade', 'upgrades']);
  expect(ofGroup).toEqual(['list', 'history', 'mark']);
  expect(options).toEqual(['--start-within']);
  expect(after).toEqual(['--detach']);
  expect(files).toContain('passwd');
  expect(completeIn('drover-agent', [['ad'], ['config', ''], ['check', '--off']])).toEqual([
    ['adopt'],
    ['show'],
    ['--offline'],
  ]);
});
