// The example script of the specification, unchanged, as the release hook of a tenant.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { FollowedStream } from '../../helpers/agent/upgrade_client.js';
import { installTenant, makePlace, startHost, type RunningHost, type TenantPlace } from './tenant_host.js';

const example = readFileSync(path.join(import.meta.dirname, '../../fixtures/example_release_hook.sh'), 'utf8');
/** Fails until there is a file for it in DATA_DIR. */
const later = '#!/bin/bash\n[ -e "$DATA_DIR/fine" ] || { echo "not yet"; exit 3; }\n';

const applied = [
  '=== Release hook: v0.4.0 ===',
  'Running release tasks for testsite...',
  '=== Release hook complete ===',
  '',
].join('\n');
const skipped = '=== Release hook: v0.4.0 ===\nAlready applied, skipping\n';

const printed = ({ events, outputs }: FollowedStream) => {
  const hook = events.find((event) => event.type === 'command' && event.hook?.file === 'v0.4.0.sh');
  return hook?.type === 'command' ? outputs.get(hook.key) : undefined;
};

describe.each([{ user: 'nobody' }, { user: 'root' }])('the example script, for a tenant of $user', ({ user }) => {
  let place: TenantPlace;
  let host: RunningHost;
  const markers = () => readdirSync(place.appDir).filter((name) => name.startsWith('.release-'));

  /** A tenant at v0.3.0, and v0.4.0 with the script and these hooks besides. */
  const begin = async (hooks: Readonly<Record<string, string>>) => {
    place = await makePlace(user);
    const { repository } = place;
    repository.release('v0.3.0', { 'app.txt': 'v0.3.0' });
    repository.release('v0.4.0', { 'app.txt': 'v0.4.0', 'release/v0.4.0.sh': example, ...hooks });
    installTenant(place, 'v0.3.0');
    host = await startHost(place, {});
  };
  afterEach(async () => {
    await host.stop();
    await place.remove();
  });

  test('is applied and leaves its marker, and skips when it is run again by force', async () => {
    await begin({});
    const first = await host.upgrade({ version: 'v0.4.0' });
    expect(first.result).toMatchObject({ status: 'success', hooks_executed: ['post-pull: v0.4.0.sh - OK'] });
    expect(printed(first)).toBe(applied);
    expect(markers()).toEqual(['.release-v0.4.0-done']);

    const second = await host.upgrade({ version: 'v0.4.0', force: true });
    expect(second.result).toMatchObject({ status: 'success', hooks_executed: ['post-pull: v0.4.0.sh - OK'] });
    expect(printed(second)).toBe(skipped);
    expect(markers()).toEqual(['.release-v0.4.0-done']);
  });

  test('loses its marker when a later hook fails, and is applied anew by the retry', async () => {
    await begin({ 'release/v0.4.0.post-migrate.sh': later });
    const failed = await host.upgrade({ version: 'v0.4.0' });
    expect(failed.result).toMatchObject({
      status: 'rolled_back',
      current_version: 'v0.3.0',
      hooks_executed: ['post-pull: v0.4.0.sh - OK', 'post-migrate: v0.4.0.post-migrate.sh - FAILED (exit 3)'],
      failure: { step: 'hooks-post-migrate', hook: 'v0.4.0.post-migrate.sh', exit_code: 3, output_tail: 'not yet' },
    });
    expect(printed(failed)).toBe(applied);
    expect(markers()).toEqual([]);
    expect(readFileSync(path.join(place.appDir, 'app.txt'), 'utf8')).toBe('v0.3.0');

    writeFileSync(path.join(place.dataDir, 'fine'), '');
    const retried = await host.upgrade({ version: 'v0.4.0' });
    expect(retried.result).toMatchObject({ status: 'success', current_version: 'v0.4.0' });
    expect(printed(retried)).toBe(applied);
    expect(markers()).toEqual(['.release-v0.4.0-done']);
  });
});
