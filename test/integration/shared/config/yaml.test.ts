import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readYaml } from '../../../../shared/config/yaml.js';
import { makeHost, type Host } from '../../agent/config/make_host.js';

let host: Host;
beforeEach(async () => {
  host = await makeHost();
});
afterEach(() => host.remove());

describe('reading YAML', () => {
  test('gives plain values', async () => {
    const file = await host.write('a.yaml', 'a: 1\nb: [x, no]\nc: { d: "e" }\n');
    expect((await readYaml(file)).value).toEqual({ a: 1, b: ['x', 'no'], c: { d: 'e' } });
  });

  test('knows the line of a key, of an entry, and of what would hold a missing key', async () => {
    const file = await host.write('a.yaml', '# top\na:\n  b:\n    - x\n    - y\n  c: 1\nd: &d\n  e: 1\nf: *d\n');
    const { locate } = await readYaml(file);
    expect(locate(['a'])).toBe(`${file}:2`);
    expect(locate(['a', 'b', 1])).toBe(`${file}:5`);
    expect(locate(['a', 'c'])).toBe(`${file}:6`);
    expect(locate(['a', 'missing'])).toBe(`${file}:2`);
    expect(locate(['f', 'e'])).toBe(`${file}:8`);
    expect(locate(['missing'])).toBe(`${file}:1`);
  });

  test.each([
    ['not YAML', 'a: 1\nb: [1, 2\n', ':3: '],
    ['two keys of one name', 'a: 1\nb: 2\na: 3\n', ':3: this key is there twice'],
    ['indented too far', 'a: 1\n\n  b: 2\n', ':3: this line is indented too far'],
    ['indented too little', 'a:\n   b: 1\n  c: 2\n', ':3: this line is indented in another way'],
    ['two keys in a line', 'a: b: c\n', ':1: there are two `key:` in this line: put the value in quotes'],
    ['indented with a tab', '\ta: 1\n', ':1: this line is indented with a tab: use spaces'],
    ['a quote without an end', "a: 'x\n", ':2: a quote is not closed'],
    ['two documents', 'a: 1\n---\na: 2\n', ':2: '],
    ['a tag that YAML does not know', 'a: 1\nb: !env PASSWORD\n', ':2: Unresolved tag: !env'],
    ['an alias of nothing', 'a: *b\n', ':1: '],
    ['empty', '', ':1: the file is empty'],
    ['only comments', '# nothing yet\n', ':1: the file is empty'],
    ['a list', '- a\n- b\n', ':1: must be a mapping of keys to values'],
    ['a word', 'hello\n', ':1: must be a mapping of keys to values'],
  ])('refuses a file that is %s, with its line', async (_says, text, message) => {
    const file = await host.write('a.yaml', text);
    await expect(readYaml(file)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(file + message),
      hint: expect.any(String),
    });
  });

  test('refuses a file that is not text', async () => {
    const file = await host.write('a.yaml', '');
    await writeFile(file, Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    await expect(readYaml(file)).rejects.toMatchObject({ code: 'config', message: `${file}:1: is not UTF-8 text` });
  });

  test('says that a file is missing', async () => {
    const file = path.join(host.folder, 'none.yaml');
    await expect(readYaml(file)).rejects.toMatchObject({
      code: 'config',
      message: `${file}: does not exist`,
      hint: expect.stringContaining('`{}` is enough'),
    });
  });

  test('says that a file cannot be read', async () => {
    const file = path.join(host.folder, 'folder.yaml');
    await mkdir(file);
    await expect(readYaml(file)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('is not a file'),
    });
  });
});
