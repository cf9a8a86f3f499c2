// Upgrades that were accepted, on a disk that then takes no more.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import { createPlainLauncher, readBootId } from '../../../../agent/command/plain/launch.js';
import { currentUser } from '../../../../agent/command/user.js';
import { createExclusive } from '../../../../agent/upgrade/exclusive.js';
import { findUpgrade } from '../../../../agent/upgrade/find_upgrades.js';
import { makeStateFolder, stateFolder } from '../../../../agent/upgrade/state_folder.js';
import { createUpgrades } from '../../../../agent/upgrade/upgrades.js';
import { systemClock, type Clock } from '../../../../shared/clock.js';
import { AppError } from '../../../../shared/errors.js';
import { collectLog } from '../../../helpers/collect_log.js';
import { makeReadOnly } from '../../../helpers/read_only.js';

const request = { version: null, force: false, allow_downgrade: false, from: null, expect_commit: null };

async function makeState() {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-upgrades-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const state = stateFolder(folder);
  await makeStateFolder(state);
  return state;
}

/** Whoever waits on this clock has what is wrong mended. */
const mendingClock = (mend: () => void): Clock => ({ ...systemClock, wait: async () => mend() });

it('waits with its first record until the disk takes it, and then tells all of it', async () => {
  const state = await makeState();
  const log = collectLog();
  const [agentUser, bootId] = [currentUser(), readBootId()];
  const upgrades = createUpgrades({
    host: {
      name: 'h',
      state,
      agentUser,
      bootId,
      clock: mendingClock(makeReadOnly(state.upgrades)),
      launcher: createPlainLauncher({ agentUid: agentUser.uid, bootId }),
      exclusive: createExclusive(),
      leave: new AbortController().signal,
    },
    log,
    maxConcurrent: 1,
    findTenant() {
      throw new AppError('unknown-tenant', 'no such tenant');
    },
    onBegin() {},
    onEnd: async () => {},
  });
  const id = uuidv7();
  await upgrades.upgrade(id, 'a', { request, origin: { by: 'host', startWithinMs: Number.POSITIVE_INFINITY } });
  await upgrades.settled();
  expect(log.lines).toMatchObject([{ level: 'error', message: 'the upgrade has to wait' }]);
  expect(findUpgrade(state, id)?.progress.finish).toMatchObject({
    status: 'refused',
    failure: { code: 'unknown-tenant', message: 'no such tenant' },
  });
  expect(readdirSync(state.queued)).toEqual([]);
});
