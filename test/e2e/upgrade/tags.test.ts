// Tags of every usual form: the hooks of the crossed releases run, in order, and the tenant's version is known.
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { runShell, useHosts } from './hosts.js';

/** Each from its first tag to its last: what lies between is crossed. */
const forms = [
  ['v1.0.0', 'v1.0.0.1', 'v1.0.1'],
  ['1.2.3.3', '1.2.3.4', '1.2.4'],
  ['v1.9', 'v1.10', 'v2.5', 'v3.10'],
  ['2024.09.15', '2024.09.30', '2024.10.01'],
  ['release/1.2', 'release/1.3', 'release/1.10'],
  ['web-v1.9.0', 'web-v1.10.0', 'web-v1.11.0'],
];

const hosts = useHosts({ inProcess: true, releases: [] });

beforeAll(() => {
  const release = `
    cd "$1"; shift; git checkout -qB side v0.2.0
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    for tag; do
      mkdir -p "$(dirname "release/$tag")"
      printf '#!/bin/bash\\necho "$DEPLOY_TAG post-pull 1" >>"$DATA_DIR/hooks.log"\\n' >"release/$tag.sh"
      git add .; git commit -qm "$tag"; git tag "$tag"
    done
    git checkout -qf main`;
  runShell(release, hosts.template().repository.folder, ...forms.flat(), 'nightly', 'v4.0');
});

test('the hooks of crossed releases run whatever the form of the tags, those of tags with a slash from their folder', async () => {
  const host = await hosts.open();
  await host.upgrade({ version: 'v0.2.0' });
  const client = await host.connect();
  for (const [first = '', ...crossed] of forms) {
    const before = (await host.look()).hookRuns.length;
    const { result } = await host.upgrade({ version: crossed.at(-1) ?? '', from: first });
    expect(result).toMatchObject({
      status: 'success',
      hooks_executed: crossed.map((tag) => `post-pull: ${tag}.sh - OK`),
      warnings: [],
    });
    expect((await host.look()).hookRuns.slice(before)).toEqual(crossed.map((tag) => `${tag} post-pull`));
    expect((await client.plan({ version: first })).blockers).toMatchObject([{ code: 'downgrade' }]);
  }
  // The latest version is the one of the tenant's prefix.
  for (const version of [null, 'latest']) {
    expect(await client.plan({ version })).toMatchObject({ kind: 'none', target: { version: 'web-v1.11.0' } });
  }
  const [blocker] = (await client.plan({ version: '1.11.0' })).blockers;
  expect(blocker?.hint).toContain('Did you mean web-v1.11.0?');
});

test('the version of a tenant without a record is the tag that it is at, and a tag without an order is warned of', async () => {
  const host = await hosts.open();
  const client = await host.connect();
  const stand = (version: string) =>
    runShell(
      'cd "$1"; git fetch -q origin "refs/tags/*:refs/tags/*"; git checkout -q "$2"',
      path.join(host.tenant.appDir),
      version,
    );
  stand('v2.5');
  expect(await client.plan({ version: 'v3.10' })).toMatchObject({ previous: { version: 'v2.5' }, crossed: ['v3.10'] });
  stand('web-v1.10.0');
  expect(await client.plan()).toMatchObject({
    previous: { version: 'web-v1.10.0' },
    target: { version: 'web-v1.11.0' },
    crossed: ['web-v1.11.0'],
  });
  stand('v3.10');
  const left = expect.stringMatching(/^the hooks of nightly do not run: a tag that is no version/);
  expect(await client.plan({ version: 'v4.0' })).toMatchObject({
    crossed: ['v4.0'],
    warnings: [left],
  });
});
