import { describe, expect, it } from 'vitest';
import { checkTagName } from '../../../../../agent/tenant/git/trust.js';

describe('checkTagName', () => {
  it.each([
    'v1.2.3',
    '1.2.3',
    'v1.2.3-rc.1',
    'v10.20.30.4',
    'v1.10',
    '2024.09.15',
    'release/1.2',
    'web-v1.10.0',
    'v1.0.0+b',
  ])('accepts %s', (tag) => {
    expect(() => checkTagName(tag)).not.toThrow();
  });

  it.each([
    '--upload-pack=x',
    'v1;id',
    '$(id)',
    'v1.0.0;id',
    'v1.0.0\n',
    'main',
    '',
    'v1',
    'v1.0.0 ',
    '../v1.0',
    '-v1.0',
    'nightly',
  ])('refuses %j', (tag) => {
    expect(() => checkTagName(tag)).toThrow(expect.objectContaining({ code: 'invalid-tag' }));
  });

  it.each([
    '--exec=x',
    '-v1',
    'a b',
    'a\0',
    'v1~1',
    'v1^{}',
    'v1:x',
    'a..b',
    'a@{1}',
    'a.lock',
    'a/',
    '/a',
    '.a',
    'a/.b',
    'a//b',
    '*',
    '',
  ])('refuses %j whatever the configured pattern says', (tag) => {
    expect(() => checkTagName(tag, '')).toThrow(expect.objectContaining({ code: 'invalid-tag' }));
  });

  it('takes the configured pattern in place of its own', () => {
    expect(() => checkTagName('release/2025-01', '^release/\\d{4}-\\d\\d$')).not.toThrow();
    expect(() => checkTagName('v1.0.0', '^release/\\d{4}-\\d\\d$')).toThrow(/tag/);
  });
});
