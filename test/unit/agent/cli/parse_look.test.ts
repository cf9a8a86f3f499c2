// What a look at an installed app may lead to: another process of its user can write in place of the script.
import { expect, test } from 'vitest';
import { parseLook } from '../../../../agent/cli/find_installation.js';

const fields = (app: string, ...databases: string[]) => [app, 'acme', '', '', '', ...databases, ''].join('\0');
const candidates = ['/srv/acme/app', '/srv/acme'];

test('the look at an app gives the databases in it and beside it', () => {
  const look = parseLook(fields('/srv/acme/app', './a.db', '../data/b.db', '../db/x/c.db'), candidates);
  expect(look).toMatchObject({
    appDir: '/srv/acme/app',
    databases: ['/srv/acme/app/a.db', '/srv/acme/data/b.db', '/srv/acme/db/x/c.db'],
  });
});

test('a look leads into no folder of another tenant', () => {
  expect(parseLook(fields('/srv/victim/app', './a.db'), candidates)).toBeNull();
  const look = parseLook(fields('/srv/acme/app', '/srv/victim/data/a.db', '../data/../../victim/b.db'), candidates);
  expect(look?.databases).toEqual([]);
});
