import { expect, it } from 'vitest';
import { TenantPath } from '../../../../../../agent/command/tenant_path.js';
import { checkPaths } from '../../../../../../agent/tenant/git/work_tree/check_paths.js';

const appDir = '/home/testsite/app';
const check = (paths: string[], options: { untracked?: string[]; dataDir?: string } = {}) =>
  checkPaths({
    changes: paths.map((path) => ({ status: 'M', path })),
    untracked: options.untracked ?? [],
    appDir: new TenantPath(appDir),
    dataDir: new TenantPath(options.dataDir ?? `${appDir}/db`),
  });

it('lets changes elsewhere be', () => {
  expect(() => check(['src/app.py', 'dbx', 'src/db/a', 'db.py'])).not.toThrow();
});

it.each(['db/pocket.db', 'db/a/b', 'db'])('refuses a change of %s, in or at DATA_DIR', (path) => {
  expect(() => check(['src/app.py', path])).toThrow(
    expect.objectContaining({ code: 'path-conflict', details: { paths: [path] } }),
  );
});

it('refuses a file where a folder above DATA_DIR is', () => {
  expect(() => check(['var'], { dataDir: `${appDir}/var/db` })).toThrow(/DATA_DIR/);
});

it('lets everything be changed when DATA_DIR is outside APP_DIR', () => {
  expect(() => check(['db/pocket.db', '..db'], { dataDir: '/home/testsite/db' })).not.toThrow();
});

it('names the first few untracked paths and counts the rest', () => {
  expect(() => check([], { untracked: ['a', 'b', 'c', 'd', 'e', 'f', 'g'] })).toThrow(/: a, b, c, d, e and 2 more$/);
});
