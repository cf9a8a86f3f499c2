// What a controller may not ask for is refused at once, and what it may no longer have begun when it would begin.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { currentUser } from '../../../../agent/command/user.js';
import { resolveTenant, type RemoteRight } from '../../../../agent/config/tenant_file/tenant_config.js';
import { createScheduler } from '../../../../agent/scheduler/scheduler.js';
import { findUpgrade } from '../../../../agent/store/find_upgrades.js';
import { makeStateFolder, stateFolder } from '../../../../agent/store/state_folder.js';
import { openRequestKeys } from '../../../../agent/store/request_keys.js';
import { openTombstones } from '../../../../agent/store/tombstones.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { openHost } from '../../../helpers/agent/in_process_host.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeReadOnly } from '../../../helpers/faults/read_only.js';
import { rawTenant } from '../../../unit/agent/config/raw_tenant.js';

const request = { version: null, force: false, allow_downgrade: true, from: null, commit: null };

/** A scheduler whose tenants allow a controller `rights`, and whose first upgrade waits for the disk. */
async function openScheduler(rights: RemoteRight[]) {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-accept-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  await makeStateFolder(state);
  const tombstones = await openTombstones(state);
  onTestFinished(() => tombstones.close());
  const mend = makeReadOnly(state.upgrades);
  const held = new AbortController();
  const released = once(held.signal, 'abort');
  const scheduler = createScheduler({
    host: openHost(state, { ...systemClock, wait: async () => void (await released) }),
    tombstones,
    keys: await openRequestKeys(state),
    log: collectLog(),
    maxConcurrent: 1,
    findTenant: (slug) =>
      resolveTenant({
        raw: { ...rawTenant, slug, allow_remote: [...rights] },
        user: currentUser(),
        accounts: {},
        environment: {},
        log_dir: path.join(folder, 'log'),
      }),
    onBegin() {},
    onEnd: async () => {},
  });
  const ask = async (slug: string, by: 'host' | 'controller') => {
    const id = uuidv7();
    await scheduler.upgrade(id, slug, { request, origin: { by, startWithinMs: Number.POSITIVE_INFINITY } });
    return id;
  };
  /** Lets all upgrades go on to their ends; the codes of their failures. */
  const finish = async (...ids: string[]) => {
    mend();
    held.abort();
    await scheduler.idle();
    return ids.map((id) => findUpgrade(state, id)?.progress.finish?.failure?.code);
  };
  return { state, scheduler, ask, finish };
}

it('refuses a controller at once what the tenant does not allow it, and keeps no journal', async () => {
  const { state, ask, scheduler, finish } = await openScheduler([]);
  await expect(ask('a', 'controller')).rejects.toMatchObject({ code: 'not-allowed-remotely' });
  expect(scheduler.list()).toEqual([]);
  await finish();
  expect([readdirSync(state.queued), readdirSync(state.upgrades)]).toEqual([[], []]);
});

it('refuses a controller at once an upgrade of a tenant that has one, and keeps no journal', async () => {
  const { state, ask, finish } = await openScheduler(['downgrade']);
  const first = await ask('a', 'controller');
  await expect(ask('a', 'controller')).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining(first),
  });
  await finish();
  expect(readdirSync(state.upgrades)).toEqual([first]);
});

it('refuses what a controller was allowed when it asked, and no longer is when the upgrade would begin', async () => {
  const rights: RemoteRight[] = ['downgrade'];
  const { ask, finish } = await openScheduler(rights);
  await ask('a', 'host');
  const queued = await ask('b', 'controller');
  rights.length = 0;
  expect(await finish(queued)).toEqual(['not-allowed-remotely']);
});

it('refuses an operator on the host an upgrade of a tenant that has one, in its journal', async () => {
  const { ask, finish } = await openScheduler([]);
  await ask('a', 'host');
  expect(await finish(await ask('a', 'host'))).toEqual(['busy']);
});
