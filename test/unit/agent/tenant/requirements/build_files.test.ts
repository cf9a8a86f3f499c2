// The files by which the requirements of plans are compared.
import { expect, it } from 'vitest';
import { hashFiles, listBuildFiles } from '../../../../../agent/tenant/requirements/build_files.js';
import type { RequirementsCommandConfig } from '../../../../../agent/tenant/requirements/schema.js';
import { AppError } from '../../../../../shared/errors.js';
import { createMemoryTree } from '../memory_tree.js';

const files = {
  'bin/install.sh': 'pip install',
  'deps/requirements.txt': '-r base.txt\nflask\n',
  'deps/base.txt': 'wheel\n',
  'package.json': '{}',
  'package-lock.json': '{}',
  'sub/package.json': '{}',
  'README.md': 'words',
};
const tree = createMemoryTree({ c: files });
const list = async (config: RequirementsCommandConfig) =>
  [...new Set((await listBuildFiles(tree, 'c', config)).map(({ path }) => path))].toSorted();

it('are those that the command names, with those that they include', async () => {
  const both = ['deps/base.txt', 'deps/requirements.txt'];
  expect(await list({ run: ['pip', 'install', '-r', './deps/requirements.txt'] })).toEqual(both);
  expect(await list({ run: ['pip', 'install', '--requirement=deps/requirements.txt'] })).toContain('deps/base.txt');
  expect(await list({ run: ['sh', '-c', 'cd . && pip install -r "deps/requirements.txt"'] })).toContain(
    'deps/base.txt',
  );
  expect(await list({ run: ['bin/install.sh'] })).toEqual(['bin/install.sh']);
  expect(await list({ run: { user: 'root', run: ['/usr/bin/make', 'deps'] } })).toEqual(both);
});

it('are those of `when_changed`, where they are named there', async () => {
  expect(await list({ run: ['bin/install.sh'], when_changed: ['package.json', 'deps'] })).toEqual([
    'deps/base.txt',
    'deps/requirements.txt',
    'package.json',
  ]);
});

it('are the usual ones of the release where nothing names any', async () => {
  expect(await list({ run: ['npm', 'ci'] })).toEqual(['package-lock.json', 'package.json']);
});

const refuse = () => Promise.reject(new AppError('unsupported-repository', 'too large'));

it('are a file alone that is too large to be read', async () => {
  const large = createMemoryTree({ c: { 'large.txt': '-r other.txt' } });
  const found = await listBuildFiles({ ...large, read: refuse }, 'c', { run: ['pip', 'large.txt'] });
  expect(found).toEqual(await large.list('c'));
});

it('have one hash, which their names, modes and contents change, and their order does not', async () => {
  const entries = await tree.list('c');
  const hash = hashFiles(entries);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(hashFiles(entries.toReversed())).toBe(hash);
  expect(hashFiles([...entries, ...entries])).toBe(hash);
  expect(hashFiles([])).toBeNull();
  const [first, ...others] = entries;
  if (first === undefined) throw new Error('no file');
  for (const change of [{ path: 'other' }, { oid: '0'.repeat(40) }, { mode: '100755' }]) {
    expect(hashFiles([{ ...first, ...change }, ...others])).not.toBe(hash);
  }
  expect(hashFiles(others)).not.toBe(hash);
});
