import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentLimits } from '../../../../../agent/limits.js';
import { TenantPath } from '../../../../../agent/command/tenant_path.js';
import { planHooks, type HooksToPlan } from '../../../../../agent/tenant/hooks/plan_hooks.js';
import { createMemoryTree } from '../../../../unit/agent/tenant/memory_tree.js';
import { makeFreshSite, type FreshSite } from '../fresh_site.js';

let site: FreshSite;
beforeEach(() => {
  site = makeFreshSite();
});
afterEach(() => site.remove());

const ok = '#!/bin/bash\ntrue\n';
type Files = Parameters<typeof createMemoryTree>[0][string];

function plan(files: Files, over: Partial<HooksToPlan> = {}) {
  const inFolder = Object.fromEntries(Object.entries(files).map(([name, file]) => [`release/${name}`, file]));
  const tree = createMemoryTree({ target: inFolder });
  const tags = ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v2.0.0'];
  return planHooks({
    tree,
    commit: 'target',
    tags,
    crossed: ['v1.1.0', 'v1.2.0'],
    marks: [],
    readContext: site,
    ...over,
  });
}

const codesOf = async (file: Files[string]) => (await plan({ 'v1.1.0.sh': file })).blockers.map(({ code }) => code);

describe('the order of hooks', () => {
  test('is by phase, then oldest tag first, and the default before its post-pull', async () => {
    const names = [
      'v1.2.0.sh',
      'v1.1.0.post-pull.sh',
      'v1.1.0.sh',
      'v1.2.0.pre-pull.sh',
      'v1.1.0.post-migrate.sh',
      'v1.1.0.pre-migrate.sh',
      'v1.1.0.pre-pull.sh',
      'v1.2.0.pre-migrate.sh',
    ];
    const { hooks, warnings, blockers } = await plan(Object.fromEntries(names.map((name) => [name, ok])));
    expect(hooks.map(({ phase, file }) => `${phase} ${file}`)).toEqual([
      'pre-pull v1.1.0.pre-pull.sh',
      'pre-pull v1.2.0.pre-pull.sh',
      'post-pull v1.1.0.sh',
      'post-pull v1.1.0.post-pull.sh',
      'post-pull v1.2.0.sh',
      'pre-migrate v1.1.0.pre-migrate.sh',
      'pre-migrate v1.2.0.pre-migrate.sh',
      'post-migrate v1.1.0.post-migrate.sh',
    ]);
    expect({ warnings, blockers }).toEqual({ warnings: [], blockers: [] });
  });

  test('leaves out the hooks of tags that are not crossed', async () => {
    const { hooks, warnings } = await plan({ 'v1.0.0.sh': ok, 'v1.1.0.sh': ok, 'v2.0.0.sh': ok });
    expect(hooks.map(({ file }) => file)).toEqual(['v1.1.0.sh']);
    expect(warnings).toEqual([]);
  });

  test('is empty for a downgrade', async () => {
    const none = { hooks: [], warnings: [], blockers: [], exportBytes: 0 };
    expect(await plan({ 'v1.1.0.sh': '' }, { crossed: [] })).toEqual(none);
  });
});

describe('a planned hook', () => {
  test('carries the hash of its file and its interpreter', async () => {
    const script = '#!/usr/bin/env bash\ntrue\n';
    const { hooks } = await plan({ 'v1.1.0.sh': script });
    const sha256 = createHash('sha256').update(script).digest('hex');
    expect(hooks).toEqual([
      {
        tag: 'v1.1.0',
        phase: 'post-pull',
        file: 'v1.1.0.sh',
        sha256,
        interpreter: ['/usr/bin/env', 'bash'],
        mark: null,
      },
    ]);
  });

  test('is read by its own interpreter, whatever its name ends in', async () => {
    const { hooks, blockers } = await plan({ 'v1.1.0.sh': '#!/usr/bin/env python3\nif True:\n  print("hi")\n' });
    expect(blockers).toEqual([]);
    expect(hooks[0]?.interpreter).toEqual(['/usr/bin/env', 'python3']);
  });

  test('has the newest mark of its tag, for its phase or for all', async () => {
    const mark = { tag: 'v1.1.0', phase: null, as: 'done', reason: 'by hand', at: '' } as const;
    const later = { ...mark, phase: 'pre-pull', as: 'skipped', reason: 'not here' } as const;
    const files = { 'v1.1.0.pre-pull.sh': ok, 'v1.1.0.sh': ok, 'v1.2.0.sh': ok };
    const { hooks } = await plan(files, { marks: [mark, later] });
    expect(hooks.map((hook) => hook.mark)).toEqual([
      { as: 'skipped', reason: 'not here' },
      { as: 'done', reason: 'by hand' },
      null,
    ]);
  });

  test('that is marked may be as broken as it likes', async () => {
    const mark = { tag: 'v1.1.0', phase: null, as: 'skipped', reason: 'broken', at: '' } as const;
    expect((await plan({ 'v1.1.0.sh': '' }, { marks: [mark] })).blockers).toEqual([]);
  });
});

describe('a warning', () => {
  test('is given for a misspelt phase and for a tag that does not exist, and for no other file', async () => {
    const { warnings } = await plan({
      'v1.1.0.postmigrate.sh': ok,
      'v7.7.7.sh': ok,
      'README.md': 'words',
      'lib.sh': 'broken (',
      'data/v8.8.8.sh': ok,
    });
    const misspelt = expect.stringContaining("release/v1.1.0.postmigrate.sh will never run: 'postmigrate'");
    expect(warnings).toEqual([
      { code: 'misspelt-hook', text: misspelt },
      { code: 'hook-without-tag', text: expect.stringContaining('there is no tag v7.7.7') },
    ]);
  });
});

describe('a blocker', () => {
  test.each([
    ['empty', ''],
    ['of white space only', ' \n\t\n'],
    ['a symlink', { mode: '120000', content: 'other.sh' }],
    ['a submodule', { mode: '160000', content: 'x' }],
    ['binary', Buffer.from('\x7fELF\0\0')],
    ['with CR LF line ends', '#!/bin/bash\r\ntrue\r\n'],
    ['bash that does not parse', '#!/bin/bash\nif true; then\n'],
    ['bash without a first line that says so, and does not parse', 'if true; then\n'],
    ['bash by way of env that does not parse', '#!/usr/bin/env bash\nfi\n'],
    ['sh that only bash would parse', '#!/bin/sh\na=(1 2)\n'],
  ])('is a hook that is %s', async (_what, file) => {
    expect(await codesOf(file)).toEqual(['invalid-hook']);
  });

  test.each([
    ['#!/opt/none/bash\ntrue\n', '/opt/none/bash'],
    ['#!/usr/bin/env no-such-program\n', 'no-such-program'],
    ['#!/etc/passwd\n', '/etc/passwd'],
  ])('is a hook whose interpreter is missing: %j', async (script, program) => {
    const [blocker] = (await plan({ 'v1.1.0.sh': script })).blockers;
    expect(blocker).toMatchObject({ code: 'missing-interpreter', details: { interpreter: program } });
  });

  test('shows every broken hook, with what its shell said', async () => {
    const { blockers } = await plan({ 'v1.1.0.sh': '', 'v1.2.0.sh': '#!/bin/bash\nfi\n' });
    expect(blockers).toHaveLength(2);
    expect(blockers[1]?.message).toContain("syntax error near unexpected token `fi'");
  });

  test('is a release folder that is a symlink', async () => {
    const tree = createMemoryTree({ target: { release: { mode: '120000', content: 'elsewhere' } } });
    const { blockers } = await plan({}, { tree });
    expect(blockers.map(({ code }) => code)).toEqual(['invalid-hook']);
  });
});

describe('the syntax check', () => {
  test('accepts extended patterns that the script itself turns on', async () => {
    const script = '#!/bin/bash\nshopt -s extglob\nrm -f -- cache/!(*.keep)\n';
    expect((await plan({ 'v1.1.0.sh': script })).blockers).toEqual([]);
  });

  test('reads a script that is larger than one argument may be', async () => {
    const long = `#!/bin/bash\n${'echo "wörds"\n'.repeat(20_000)}`;
    expect((await plan({ 'v1.1.0.sh': long })).blockers).toEqual([]);
    expect((await plan({ 'v1.1.0.sh': `${long}fi\n` })).blockers).toHaveLength(1);
  });

  test('says so when a script is too large to be checked', async () => {
    const { warnings, blockers } = await plan({ 'v1.1.0.sh': `#!/bin/bash\n${'# words\n'.repeat(100_000)}` });
    expect(blockers).toEqual([]);
    expect(warnings).toEqual([{ code: 'unchecked-hook', text: expect.stringContaining('not checked') }]);
  });

  test('shows nothing of the script on a command line', async () => {
    const seen: string[][] = [];
    const probe: typeof site.probe = (spec) => {
      seen.push(spec.argv.map((word) => TenantPath.textOf(word)));
      return site.probe(spec);
    };
    await plan({ 'v1.1.0.sh': '#!/bin/bash\necho no-one-elses-text\n' }, { readContext: { ...site, probe } });
    expect(seen).toContainEqual([expect.stringMatching(/bash$/), '-n']);
    expect(seen.flat().filter((word) => word.includes('no-one-elses-text'))).toEqual([]);
  });

  test('warns of programs that gain rights, unless the tenant file keeps them', async () => {
    const script = '#!/bin/bash\n# no sudo here\nsudo true\ncrontab -l | mount\n';
    const { warnings } = await plan({ 'v1.1.0.sh': script });
    const text = expect.stringMatching(/^release\/v1\.1\.0\.sh names sudo, crontab, mount\. .*`privileges: keep`/);
    expect(warnings).toEqual([{ code: 'gains-rights', text }]);
    const keeping = { ...site, site: { ...site.site, user: { ...site.site.user, privileges: 'keep' as const } } };
    expect((await plan({ 'v1.1.0.sh': script }, { readContext: keeping })).warnings).toEqual([]);
  });

  test('runs nothing of the script, as the tenant or otherwise', async () => {
    const file = path.join(site.site.appDir.shown, 'ran');
    const startup = path.join(site.folder, 'startup');
    writeFileSync(startup, `touch ${file}\n`);
    const env = { ...site.site.env, BASH_ENV: startup };
    const readContext = { ...site, site: { ...site.site, env } };
    await plan({ 'v1.1.0.sh': `#!/bin/bash\n$(touch ${file})\ntouch ${file}\n` }, { readContext });
    expect((await site.probe({ argv: ['test', '-e', file], user: site.site.user, cwd: '/' })).exitCode).toBe(1);
  });
});

/** A hook of so many bytes. */
const hookOf = (bytes: number) => `${ok}${'#'.repeat(bytes - ok.length)}`;

describe('the size of a hook', () => {
  test('may be a mebibyte, and not one byte more', async () => {
    const { max } = agentLimits.hookSize;
    expect((await plan({ 'v1.1.0.sh': hookOf(max) })).blockers).toEqual([]);
    const { blockers, hooks } = await plan({ 'v1.1.0.sh': hookOf(max + 1), 'v1.2.0.sh': ok });
    expect(blockers).toMatchObject([
      { code: 'invalid-hook', message: expect.stringContaining(`${max + 1} bytes long`) },
    ]);
    expect(hooks).toHaveLength(2);
  });

  test('counts for a file beside the hooks, which is exported with them', async () => {
    const { max } = agentLimits.repositoryFile;
    await expect(plan({ 'v1.1.0.sh': ok, data: 'x'.repeat(max + 1) })).rejects.toMatchObject({ code: 'invalid-hook' });
    expect((await plan({ 'v1.1.0.sh': ok, data: 'x'.repeat(max) })).blockers).toEqual([]);
  });

  test('counts for all of them together, also where they are one object of the repository', async () => {
    const content = 'x'.repeat(agentLimits.repositoryFile.max);
    const copies = { a: content, b: content, c: content, d: content };
    await expect(plan({ 'v1.1.0.sh': ok, ...copies })).rejects.toMatchObject({ code: 'invalid-hook' });
  });
});
