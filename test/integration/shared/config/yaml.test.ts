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

const nine = (name: string) => Array<string>(9).fill(name).join();
const bomb = `a: &a [${nine('x')}]\nb: &b [${nine('*a')}]\nc: &c [${nine('*b')}]\nd: &d [${nine('*c')}]\n`;

describe('reading YAML', () => {
  test('gives plain values', async () => {
    const file = await host.write('a.yaml', 'a: 1\nb: [x, no]\nc: { d: "e" }\n');
    expect((await readYaml(file)).value).toEqual({ a: 1, b: ['x', 'no'], c: { d: 'e' } });
  });

  test('keeps a number as it is written where it would be shown in another way', async () => {
    const file = await host.write('a.yaml', 'a: 3.10\nb: 010\nc: .nan\nd: 8017\ne: -1.5\n');
    expect((await readYaml(file)).value).toEqual({ a: '3.10', b: '010', c: '.nan', d: 8017, e: -1.5 });
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
    ['indented with a tab below spaces', 'a:\n  b: 1\n\tc: 2\n', ':3: this line is indented with a tab: use spaces'],
    ['indented too far after CRLF', 'a: 1\r\n  b: 2\r\n', ':2: this line is indented too far'],
    ['a single quote without an end', "a: 1\nb: 'x\nc: 2\n", ':2: a quote is not closed'],
    ['a double quote without an end', 'a: 1\nb: it\'s\nc: "x\nd: 2\n', ':3: a quote is not closed'],
    ['without a space after a colon', 'a: 1\nb:2\nc: 3\n', ':2: this line is no `key: value`: a colon and a space'],
    ['the same in its first line', 'a:1\nb: 2\n', ':1: this line is no `key: value`: a colon and a space'],
    ['the same in its last line', 'a: 1\nb:2\n', ':2: this line is no `key: value`: a colon and a space'],
    ['a word between keys', 'a: 1\nhello\n', ':2: this line is no `key: value`'],
    ['two keys within brackets', 'a: { b: x: y }\n', ':1: there is a `key:` too many within brackets'],
    ['text after a quoted value', 'a: "x" y\n', ':1: there is something after the end of a value'],
    ['text after a bracket', 'a: 1\nb: {slug}/x\n', ':2: there is something after the end of a value'],
    ['a value that begins with %', 'a: %x\n', ':1: a value that begins with a character such as'],
    ['a backslash in double quotes', 'a: "\\d"\n', ':1: there is a `\\` in double quotes'],
    ['a comment without a space', 'a: "x"#y\n', ':1: a space is missing before the #'],
    ['two documents', 'a: 1\n---\na: 2\n', ':2: a second document begins here'],
    ['a tag that YAML does not know', 'a: 1\nb: !env PASSWORD\n', ':2: a value that begins with `!` must be in quotes'],
    ['aliases that unfold to too much', bomb, ':1: holds aliases (`*name`) of aliases'],
    ['an alias of nothing', 'a: 1\nfiles: *.py\n', ':2: a value that begins with `*` or `&` must be in quotes'],
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
