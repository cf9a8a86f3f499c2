// Every word of every command line of `drover`, and its environment, with every hostile text: a clear refusal, or an
// answer, and nothing that steers a terminal.
import { expect, it } from 'vitest';
import { droverProgram } from '../../../controller/cli/drover_program.js';
import { findUnsafeText, hostileTexts } from '../../helpers/hostile_values.js';
import { sample, sampleTitle } from '../../helpers/sample_seed.js';
import { useOperator, type Run } from '../controller/cli/drover.js';

/** The words of each command, with `@` for the hostile one; a command with two has two lines. */
const lines: readonly (readonly string[])[] = [
  ['@'],
  ...['status', 'tenants', 'hosts', 'upgrades', 'plan', 'logs', 'cancel', 'rollback'].map((name) => [name, '@']),
  ['upgrade', '@', '--detach'],
  ['plan', 'testsite', '@'],
  ['upgrade', 'testsite', '@', '--detach'],
  ['upgrade', 'testsite', '--start-within', '@'],
  ['upgrades', '--tenant', '@'],
  ['upgrades', '--host', '@'],
  ['upgrades', '--status', '@'],
  ['upgrades', '--limit', '@'],
  ['resume', '@'],
  ['history', '@'],
  ['completion', '@'],
  ['tenants', '--where', '@'],
  ['tenants', 'move', '@', 'h1'],
  ['tenants', 'move', 'testsite', '@', '--reason', '@'],
  ['tenants', 'label', 'testsite', '@'],
  ['tenants', 'forget', '@'],
  ['hosts', 'revoke', '@'],
  ['join-tokens', 'create', '--host', '@'],
  ['join-tokens', 'list'],
  ['join-tokens', 'revoke', '@'],
  ['audit', '--by', '@'],
  ['audit', '--tenant', '@'],
  ['tokens', 'create', '@', '--role', 'viewer'],
  ['tokens', 'create', 'anna', '--role', '@'],
  ['tokens', 'create', 'anna', '--role', 'viewer', '--scope', '@'],
  ['tokens', 'list'],
  ['tokens', 'revoke', '@'],
  ['webhooks', 'list'],
  ['webhooks', 'create', '@', 'https://example.com/'],
  ['webhooks', 'create', 'chat', '@'],
  ['webhooks', 'test', '@'],
  ['webhooks', 'deliveries', '@'],
  ['webhooks', 'redeliver', 'chat', '@'],
  ['webhooks', 'rotate', '@'],
  ['webhooks', 'remove', '@'],
  ['hooks', 'list', '@'],
  ['hooks', 'list', 'testsite', '@'],
  ['hooks', 'history', '@'],
  ['hooks', 'mark', '@', 'v1.0.0', '--done', '--reason', 'by hand'],
  ['hooks', 'mark', 'testsite', '@', '--done', '--reason', 'by hand'],
  ['rollout', 'plan', '@'],
  ['rollout', 'plan', '--where', '@'],
  ['rollout', 'plan', '--show', '@'],
  ['rollout', 'plan', '--cancel', '@'],
  ...['canary', 'waves', 'max-parallel', 'per-host', 'soak', 'wave-deadline', 'failures', 'repeats', 'window'].map(
    (option) => ['rollout', 'start', 'v0.4.0', `--${option}`, '@'],
  ),
  ...['start-within', 'unreachable-after', 'give-up-after', 'reconnect-jitter', 'commit', 'where', 'plan'].map(
    (option) => ['rollout', 'start', 'v0.4.0', `--${option}`, '@'],
  ),
  ['rollout', 'start', '@'],
  ['rollout', 'start', '--plan', '019b2692-0000-7000-8000-00000000000a', '--approve', '@'],
  ['rollout', 'list', '--limit', '@'],
  ...['show', 'watch', 'pause', 'resume', 'abort', 'approve', 'rollback'].map((name) => ['rollout', name, '@']),
  ['rollout', 'show', '--targets', '--stage', '@'],
  ['rollout', 'show', '--targets', '--wave', '@'],
  ['rollout', 'resume', '--failures', '@'],
  ['rollout', 'retry', '@', '--yes'],
  ['rollout', 'waive', '@', '@'],
  ['rollout', 'approve', '--plan', '@'],
  ['freeze', 'list', '--limit', '@'],
  ['freeze', 'start', '@'],
  ...['where', 'from', 'until', 'zone'].map((option) => ['freeze', 'start', 'xmas', `--${option}`, '@']),
  ['freeze', 'end', '@'],
  ['freeze', 'except', '@', 'testsite', '--reason', '@'],
  ['freeze', 'except', 'xmas', '@', '--reason', 'a fix'],
  ['context', '@'],
  ['context', 'add', '@', 'http://127.0.0.1:1'],
  ['context', 'add', 'prod', '@'],
  ['context', 'add', 'prod', 'http://127.0.0.1:1', '--token-file', '@'],
  ['context', 'use', '@'],
  ['context', 'remove', '@'],
  ['status', '--context', '@'],
];

const rows = lines.flatMap((words) => hostileTexts.map(([what, text]) => ({ words, what, text })));

function complaintsOf({ exitCode, stdout, stderr }: Run): string[] {
  return [
    // 10 says that a plan has changes.
    ...([0, 1, 2, 3, 10].includes(exitCode) ? [] : [`the exit code is ${exitCode}`]),
    ...(exitCode % 10 === 0 || stderr !== '' ? [] : ['nothing says why']),
    ...(/internal error|TypeError|RangeError/.test(stderr) ? [stderr] : []),
    ...findUnsafeText(stdout),
    ...findUnsafeText(stderr),
  ];
}

it(`a hostile word is refused or answered on every command line (${sampleTitle})`, async () => {
  const { drover } = await useOperator();
  const complaints: string[] = [];
  for (const { words, what, text } of sample(rows, 120)) {
    const run = await drover(...words.map((word) => (word === '@' ? text : word)));
    complaints.push(...complaintsOf(run).map((complaint) => `${words.join(' ')}, ${what}: ${complaint}`));
  }
  expect(complaints).toEqual([]);
});

it('a hostile URL or token of the environment is refused', async () => {
  const { begin, url } = await useOperator();
  const complaints: string[] = [];
  for (const [what, text] of hostileTexts) {
    for (const env of [
      { DROVER_URL: text, DROVER_TOKEN: 'x' },
      { DROVER_URL: url, DROVER_TOKEN: text },
    ]) {
      const run = await begin(['status'], { env }).done;
      const complaint = [...complaintsOf(run), ...(run.exitCode === 0 ? ['it was taken'] : [])];
      complaints.push(...complaint.map((one) => `${Object.keys(env).join()}, ${what}: ${one}`));
    }
  }
  expect(complaints).toEqual([]);
});

it('every command has its line here', () => {
  const known = new Set(lines.map((words) => words.join(' ')));
  const missing = droverProgram.commands.filter(
    ({ name }) => ![...known].some((line) => line === name || line.startsWith(`${name} `)),
  );
  expect(missing.map(({ name }) => name)).toEqual(['context list']);
});
