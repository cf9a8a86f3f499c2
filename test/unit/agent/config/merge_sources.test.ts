// The defaults of agent.yaml under a tenant file: which keys are merged, and which replace what is under them.
import { describe, expect, test } from 'vitest';
import { tenantFileSchema } from '../../../../agent/config/tenant_file/tenant_config.js';
import { describeSchema } from '../../../../shared/config/describe_schema.js';
import { mergeSources } from '../../../../shared/config/merge_sources.js';

const { isOneMapping } = describeSchema(tenantFileSchema);
const source = (name: string, value: Record<string, unknown>) => ({ value, locate: () => name });

function merge(own: Record<string, unknown>, defaults: Record<string, unknown>) {
  return mergeSources(source('own', own), source('defaults', defaults), isOneMapping);
}

describe('a tenant file over the defaults', () => {
  const rows: [says: string, key: string, own: unknown, defaults: unknown, merged: unknown][] = [
    [
      'adds to a mapping',
      'labels',
      { ring: 'canary' },
      { ring: 'main', region: 'eu' },
      { ring: 'canary', region: 'eu' },
    ],
    ['adds to the environment', 'environment', { A: '1' }, { B: '2' }, { A: '1', B: '2' }],
    ['replaces a list', 'modified_ok', ['a'], ['b', 'c'], ['a']],
    [
      'replaces a command',
      'health',
      { command: ['a'] },
      { command: ['b', 'c'], timeout: '5s' },
      { command: ['a'], timeout: '5s' },
    ],
    ['adds to one alternative', 'database', { keep: 9 }, { sqlite: 'a.db' }, { sqlite: 'a.db', keep: 9 }],
    [
      'replaces one alternative by another',
      'database',
      { sqlite: 'a.db' },
      { backup: ['a'], restore: ['b'], keep: 9 },
      { sqlite: 'a.db' },
    ],
    [
      'replaces a key by a token',
      'repo_auth',
      { token_file: '/t' },
      { ssh_key: '/k', known_hosts: '/h' },
      { token_file: '/t' },
    ],
    ['replaces a mapping by a word', 'services', 'none', { start: ['a'], stop: ['b'], status: ['c'] }, 'none'],
    [
      'replaces a mapping by a list',
      'services',
      ['a.service'],
      { start: ['a'], stop: ['b'], status: ['c'] },
      ['a.service'],
    ],
    ['replaces a word by a mapping', 'trust', { signed_by: '/s' }, 'any-tag', { signed_by: '/s' }],
    [
      'changes one command of three',
      'services',
      { stop: ['z'] },
      { start: ['a'], stop: ['b'], status: ['c'] },
      { start: ['a'], stop: ['z'], status: ['c'] },
    ],
    [
      'changes the account of a command',
      'services',
      { start: { user: 'root' } },
      { start: { user: 'web', run: ['/a'] } },
      { start: { user: 'root', run: ['/a'] } },
    ],
    ['keeps a misspelt key, to be told', 'health', { urll: 'x' }, { url: 'y' }, { url: 'y', urll: 'x' }],
  ];
  test.each(rows)('%s', (...row) => {
    const [, key, own, defaults, merged] = row;
    expect(merge({ [key]: own }, { [key]: defaults }).value).toEqual({ [key]: merged });
  });

  test('says of each key which of the two wrote it, and of a missing one its own mapping', () => {
    const { locate } = merge(
      { health: { timeout: '5s' }, services: 'none', repo_auth: { token_file: '/t' } },
      {
        health: { url: 'y' },
        grace: '1s',
        services: { start: ['a'] },
        repo_auth: { ssh_key: '/k', known_hosts: '/h' },
      },
    );
    const where = (...path: string[]) => locate(path);
    expect([where('grace'), where('health', 'url')]).toEqual(['defaults', 'defaults']);
    expect([where('health', 'timeout'), where('services'), where('services', 'start')]).toEqual(['own', 'own', 'own']);
    expect([where('repo_auth', 'known_hosts'), where('health', 'successes'), where('user'), where()]).toEqual(
      Array(4).fill('own'),
    );
  });
});
