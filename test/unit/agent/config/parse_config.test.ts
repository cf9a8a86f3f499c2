import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../shared/config/parse_config.js';
import { tenantFileSchema } from '../../../../agent/config/tenant_file/tenant_config.js';
import { AppError } from '../../../../shared/errors.js';
import { rawTenant } from './raw_tenant.js';

/** What is said of a tenant file with these keys changed. */
function complaintsOf(changed: Record<string, unknown>): string[] {
  const value = Object.fromEntries(Object.entries({ ...rawTenant, ...changed }).filter(([, v]) => v !== undefined));
  try {
    parseConfig(tenantFileSchema, { value, locate: () => 't.yaml:7' });
  } catch (error) {
    if (error instanceof AppError && error.code === 'config') return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('parsing a tenant file', () => {
  test('finds nothing wrong with a right one', () => {
    expect(complaintsOf({})).toEqual([]);
  });

  const databases = 'none, or a mapping with sqlite, or a mapping with backup and restore';
  const rows: [says: string, changed: Record<string, unknown>, complaint: string][] = [
    ['a missing key', { app_dir: undefined }, 'app_dir: is missing; it must be text'],
    ['an unknown key', { colour: 'red' }, 'colour: unknown key'],
    ['a misspelt key', { labls: {} }, 'labls: unknown key; did you mean labels?'],
    ['a misspelt key inside', { hooks: { lots: 'fail' } }, 'hooks.lots: unknown key; did you mean lost?'],
    ['a wrong type', { labels: 'canary' }, 'labels: must be a mapping, not "canary"'],
    ['a key without a value', { data_dir: null }, 'data_dir: must be text, not empty'],
    ['a number for text', { labels: { ring: 1 } }, 'labels.ring: must be text, not a number: put it in quotes'],
    ['a relative path', { app_dir: 'app' }, 'app_dir: must be an absolute path without . or .., not "app"'],
    [
      'a word that is none of the choices',
      { on_failure: 'panic' },
      'on_failure: must be rollback or stay, not "panic"',
    ],
    ['a bare number for a duration', { grace: 10 }, 'grace: must be text such as 10s, not 10'],
    [
      'a duration without a unit',
      { time_limits: { hook: '30' } },
      'time_limits.hook: must be a duration such as 250ms, 60s, 5m, 2h or 90d, not "30"',
    ],
    ['a word for a database', { database: 'postgres' }, `database: must be ${databases}, not "postgres"`],
    ['a database that was not chosen', { database: undefined }, `database: is missing; it must be ${databases}`],
    [
      'a database with no known key',
      { database: { file: 'x' } },
      `database: must be ${databases}, not a mapping with file`,
    ],
    [
      'a misspelt key of a database',
      { database: { sqlite: 'a.db', kep: 3 } },
      'database.kep: unknown key; did you mean keep?',
    ],
    [
      'a number too small in a database',
      { database: { sqlite: 'a.db', keep: 0 } },
      'database.keep: must be at least 1, not 0',
    ],
    [
      'half a number in a database',
      { database: { sqlite: 'a.db', keep: 1.5 } },
      'database.keep: must be a whole number, not 1.5',
    ],
    [
      'a database outside the tenant',
      { database: { sqlite: '../other/a.db' } },
      'database.sqlite: must be a path inside the tenant (relative, without ..), not "../other/a.db"',
    ],
    [
      'a database command that is no list',
      { database: { backup: 'pg_dump', restore: ['pg_restore'] } },
      'database.backup: must be a command as a list of words, such as [bin/ctl, stop], or a mapping with user and run, not "pg_dump"',
    ],
    ['an empty list of units', { services: [] }, 'services: must not be empty'],
    [
      'a unit that is none',
      { services: ['a.service', 'web'] },
      'services[1]: must be a unit name such as web.service, not "web"',
    ],
    [
      'the template of units',
      { services: ['web@.service'] },
      'services[0]: must be an instance such as web@1.service: a template is no unit, not "web@.service"',
    ],
    [
      'a bad URL',
      { health: { url: 'nowhere' } },
      'health.url: must be a URL such as http://127.0.0.1:8000/health, not "nowhere"',
    ],
    [
      'a reserved variable',
      { environment: { DEPLOY_TAG: 'x' } },
      'environment.DEPLOY_TAG: is reserved: Drover sets DEPLOY_*, APP_DIR and DATA_DIR itself',
    ],
    [
      'a variable that the app folder is in',
      { environment: { APP_DIR: 'x' } },
      'environment.APP_DIR: is reserved: Drover sets DEPLOY_*, APP_DIR and DATA_DIR itself',
    ],
    [
      'a variable with a bad name',
      { environment: { '1A': 'x' } },
      'environment.1A: is no name of a variable: letters, digits and _ only, and no digit first',
    ],
    ['a tag pattern that is none', { tag_pattern: '(' }, 'tag_pattern: must be a regular expression, not "("'],
    [
      'a remote right that is none',
      { allow_remote: ['everything'] },
      'allow_remote[0]: must be downgrade or rollback or restore-database or resume or mark-hooks or from, not "everything"',
    ],
  ];
  test.each(rows)('says what is wrong with %s', (_says, changed, complaint) => {
    expect(complaintsOf(changed)).toEqual([`t.yaml:7: ${complaint}`]);
  });

  test.each(['services', 'database', 'requirements', 'migrations', 'health', 'trust'])(
    'wants %s to be chosen',
    (key) => {
      expect(complaintsOf({ [key]: undefined })).toEqual([
        expect.stringMatching(`^t.yaml:7: ${key}: is missing; it must be (none|any-tag), or a `),
      ]);
    },
  );

  test.each(['Upper', '-first', '', 'a'.repeat(64), 'a/b', 'a.b'])('refuses the slug %j', (slug) => {
    expect(complaintsOf({ slug }).at(-1)).toContain('slug: must be ');
  });

  test('names every problem on a line of its own', () => {
    expect(complaintsOf({ colour: 'red', grace: 'soon', user: undefined })).toEqual([
      't.yaml:7: user: is missing; it must be text',
      't.yaml:7: grace: must be a duration such as 250ms, 60s, 5m, 2h or 90d, not "soon"',
      't.yaml:7: colour: unknown key',
    ]);
  });

  test('shows no password of a URL that it refuses', () => {
    const [complaint] = complaintsOf({ repo: 'http://me:hunter22@example.com/a.git' });
    expect(complaint).toContain('not "http://***@example.com/a.git"');
  });

  test('shows no value of the environment', () => {
    expect(complaintsOf({ environment: { PIN: 4711 } }).join()).not.toContain('4711');
    expect(complaintsOf({ environment: { PIN: '47\u000011' } })).toEqual([
      't.yaml:7: environment.PIN: must not hold a zero byte',
    ]);
  });
});
