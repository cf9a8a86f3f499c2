import { describe, expect, test } from 'vitest';
import { readRequirementFiles } from '../../../../../agent/tenant/requirements/requirement_files.js';
import { createMemoryTree } from '../memory_tree.js';

const read = (files: Record<string, string>, file = 'requirements.txt') =>
  readRequirementFiles(createMemoryTree({ c: files }), 'c', file);

describe('readRequirementFiles', () => {
  test('follows -r and -c from the file that names them, each file once', async () => {
    const found = await read({
      'requirements.txt': '-r req/base.txt  # the base\nflask==3.0\n',
      'req/base.txt': '-c limits.txt\n--requirement=more.txt\n-r ../requirements.txt\n',
      'req/limits.txt': 'six<2\n',
      'req/more.txt': 'six\n',
      'req/unused.txt': 'nothing\n',
    });
    expect(found.entries.map(({ path }) => path)).toEqual([
      'requirements.txt',
      'req/base.txt',
      'req/limits.txt',
      'req/more.txt',
    ]);
    expect(found.needsCheckout).toEqual([]);
  });

  test.each([
    'flask==3.0 --hash=sha256:0123456789abcdef',
    'flask[async]>=3,<4 ; python_version > "3.8"',
    'lib @ https://example.com/lib.tar.gz',
    '-e git+https://example.com/lib.git#egg=lib',
    '--index-url https://example.com/simple/',
    '-r https://example.com/requirements.txt',
    '-f https://example.com/wheels/',
    '--find-links /opt/wheels',
    '# -e .',
  ])('can build %j ahead', async (line) => {
    expect((await read({ 'requirements.txt': `${line}\n` })).needsCheckout).toEqual([]);
  });

  test.each([
    '-e .',
    '--editable=./lib',
    './lib',
    '..',
    'vendor/lib',
    'lib-1.0-py3-none-any.whl',
    'lib @ file:///srv/lib',
    'file:vendor/lib',
    '--find-links=wheels',
    '-f ./wheels',
    '-r generated.txt',
    '-c ../outside.txt',
    '-r /etc/requirements.txt',
  ])('needs the checkout for %j', async (line) => {
    expect((await read({ 'requirements.txt': `six\n${line}\n` })).needsCheckout).toEqual([line]);
  });

  test('joins a line that goes on after a backslash', async () => {
    const found = await read({ 'requirements.txt': 'flask==3.0 \\\n    --hash=sha256:0123\n-e \\\n  .\n' });
    expect(found.needsCheckout).toHaveLength(1);
  });

  test('refuses a version without the file', async () => {
    await expect(read({ 'other.txt': '' })).rejects.toMatchObject({ code: 'missing-file' });
  });
});
