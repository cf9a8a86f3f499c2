// The chapter "Fleet upgrades" of the operator's guide, word for word, over a real store and hosts that fail once.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { Fate } from '../../../../helpers/controller/rollout_host.js';
import { useRolloutFleet } from './rollout_fleet.js';

const guide = readFileSync(path.join(import.meta.dirname, '../../../../../deploy/guides/operating.md'), 'utf8');
const chapter = /^## Fleet upgrades\n([^]*?)^## /m.exec(guide)?.[1] ?? '';

/** The command lines of a part of the chapter. */
function commandsOf(title: string): string[] {
  const part = new RegExp(`^### ${title}\n([^]*?)(?:^### |$(?![^]))`, 'm').exec(chapter)?.[1] ?? '';
  const blocks = [...part.matchAll(/^```sh\n([^]*?)^```/gm)].map(([, text]) => text ?? '');
  return blocks.flatMap((text) => text.split('\n')).filter((line) => line !== '');
}

/** As a shell splits them; the guide quotes with single quotes only. */
const split = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

const hosts = [
  {
    host: 'web-1',
    tenants: ['acme-web', 'lena'],
    fateOf: (slug: string, attempt: number): Fate => (slug === 'lena' && attempt === 1 ? 'fails' : 'success'),
  },
  {
    host: 'web-2',
    tenants: ['acme-shop', 'otto'],
    fateOf: (slug: string, attempt: number): Fate => (slug === 'otto' && attempt === 1 ? 'fails' : 'success'),
  },
];

it('a plan, a rollout that halts, its way out, a freeze, and a look after a restore', async () => {
  const { drover, hosts: served } = await useRolloutFleet(hosts);
  let plan = '';
  const codes: [string, number][] = [];
  const run = async (title: string) => {
    for (const line of commandsOf(title)) {
      const [program, ...words] = split(line.replace('PLAN', plan));
      expect(program).toBe('drover');
      const { exitCode, stdout, stderr } = await drover(...words);
      expect(stderr, `${line}: ${stderr}`).not.toContain('drover: ');
      plan = / --plan ([0-9a-f-]{36}) /.exec(stdout)?.[1] ?? plan;
      codes.push([words.slice(0, 2).join(' '), exitCode]);
    }
  };
  await run('A plan');
  await run('A rollout');
  await run('When it halts');
  expect(codes).toEqual([
    ['rollout plan', 10],
    ['rollout start', 0],
    ['rollout watch', 1],
    ['rollout show', 1],
    ['rollout show', 1],
    ['rollout retry', 0],
    ['rollout waive', 0],
    ['rollout resume', 0],
    ['rollout watch', 0],
  ]);
  expect(served.flatMap(({ offered }) => offered).toSorted()).toEqual([
    'acme-shop',
    'acme-web',
    'lena',
    'otto',
    'otto',
  ]);
  codes.length = 0;
  await run('A freeze');
  expect(codes.map(([, exitCode]) => exitCode)).toEqual([0, 0, 0, 0, 0]);
});

it('after a restore the rollouts are paused, and go on when somebody has looked', async () => {
  const { drover, rig } = await useRolloutFleet([{ host: 'web-1', tenants: ['lena'], fateOf: () => 'run' as const }]);
  await drover('rollout', 'start', 'v0.4.0');
  await rig.core.store.rollouts.pauseAll('restored from a backup');
  const said: string[] = [];
  for (const line of commandsOf('After the controller was restored')) {
    const { exitCode, stdout } = await drover(...split(line).slice(1));
    expect([line, exitCode]).toEqual([line, 0]);
    said.push(stdout);
  }
  expect(said.slice(0, 2)).toEqual([
    expect.stringContaining(' paused '),
    expect.stringContaining('restored from a backup'),
  ]);
  expect((await drover('rollout', 'list')).stdout).toContain(' running ');
});

it('its table of options is that of the command', async () => {
  const { drover } = await useRolloutFleet([]);
  const { stdout } = await drover('rollout', 'start', '--help');
  const options = [...chapter.matchAll(/^\| (`--[^|]*) \|/gm)].flatMap(([, cell]) => cell?.match(/--[a-z-]+/g) ?? []);
  expect(options.length).toBeGreaterThan(10);
  for (const option of options) expect(stdout).toContain(`  ${option} `);
});
