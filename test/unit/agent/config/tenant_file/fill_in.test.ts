// Names in braces in a tenant file.
import { describe, expect, test } from 'vitest';
import { fillIn, keepBraces } from '../../../../../agent/config/tenant_file/fill_in.js';

const own = { slug: 'acme', host: 'web-17' };
const filled = (text: string, vars: Record<string, unknown> = {}) => fillIn({ vars, repo: text }, own).value['repo'];
const problemsOf = (value: Record<string, unknown>) =>
  fillIn(value, own).problems.map(({ path, what }) => `${path.join('.')}: ${what}`);

describe('filling names in', () => {
  test.each([
    ['/srv/{slug}/app', '/srv/acme/app'],
    ['{slug}-{host}', 'acme-web-17'],
    ['http://127.0.0.1:{port}/', 'http://127.0.0.1:8017/'],
    ['{{slug}}', '{slug}'],
    ['{{anything}} {slug}', '{anything} acme'],
    // What is no name in braces has another meaning, and stays.
    [String.raw`^v\d{1,3}$`, String.raw`^v\d{1,3}$`],
    ['scripts/*.{py,sql}', 'scripts/*.{py,sql}'],
    ['${APP_DIR}', '${APP_DIR}'],
    ['{"a": 1} {} { slug } {{ slug }}', '{"a": 1} {} { slug } {{ slug }}'],
  ])('makes of %j %j', (text, meant) => {
    expect(filled(text, { port: 8017 })).toBe(meant);
  });

  test('reaches every text, however deep, and leaves the slug itself', () => {
    const value = { slug: '{slug}', labels: { host: '{host}' }, services: { start: ['ctl', '{slug}'] }, keep: 3 };
    expect(fillIn(value, own).value).toEqual({
      slug: '{slug}',
      labels: { host: 'web-17' },
      services: { start: ['ctl', 'acme'] },
      keep: 3,
    });
  });

  test('fills slug and host into vars as well, and vars into the rest', () => {
    expect(filled('https://{domain}/', { domain: '{slug}.{host}.example.com' })).toBe(
      'https://acme.web-17.example.com/',
    );
  });

  test('leaves {file} to the commands that get a file, and to no other key', () => {
    const value = { database: { backup: ['pg_dump', '--file={file}'] }, migrations: { run: ['run', '{file}'] } };
    expect(fillIn(value, own)).toEqual({ value, problems: [] });
    expect(problemsOf({ repo: 'file:///{file}' })).toEqual([
      expect.stringContaining('repo: {file} stands for a file only in the commands of database and migrations'),
    ]);
  });

  test('names what it does not know, what there is, and what was meant', () => {
    expect(problemsOf({ vars: { port: 1 }, health: { url: 'http://127.0.0.1:{prot}/' } })).toEqual([
      'health.url: {prot} is not known; did you mean {port}?; there are {slug}, {host}, {port}; write the braces twice where they are meant',
    ]);
    expect(problemsOf({ vars: { a: '{b}', b: 'x' } })).toEqual([expect.stringContaining('vars.a: {b} is not known')]);
  });

  test('makes no text longer than a text may be, and no file larger', () => {
    const vars = { v: 'x'.repeat(32_000) };
    const long = fillIn({ vars, repo: '{v}'.repeat(10_000), labels: { a: '{v}' } }, own);
    expect(long.problems).toEqual([
      { path: ['repo'], what: 'is a text of 320000000 characters once it is filled in, and 32768 is the limit' },
    ]);
    expect(long.value).toMatchObject({ repo: '{v}'.repeat(10_000), labels: { a: vars.v } });
    const many = fillIn({ vars, modified_ok: Array.from({ length: 1000 }, () => '{v}') }, own);
    expect(JSON.stringify(many.value).length).toBeLessThan(1.1 * 1024 ** 2);
    expect(many.problems[0]).toEqual({
      path: ['modified_ok', 32],
      what: 'makes the file too large once it is filled in',
    });
  });

  test('knows the other variables where one of them is wrong', () => {
    const problems = problemsOf({ vars: { port: 1, list: [], Bad: 'x' }, repo: '{port} {list}' });
    expect(problems).toEqual([expect.stringContaining('repo: {list} is not known')]);
  });

  test('keeps a text with braces as it is, once its braces are written twice', () => {
    for (const text of ['{slug}.db', '{{slug}}', '{{{a}}} {b}{', 'plain']) expect(filled(keepBraces(text))).toBe(text);
  });

  test('shows nothing of a variable, which may be a secret', () => {
    expect(problemsOf({ environment: { DB_PASSWORD: 'a{hunter}2' } }).join()).not.toContain('hunter');
  });
});
