// Which upgrade a rollback undoes.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { uuidv7 } from 'uuidv7';
import type { TenantConfig } from '../../../../agent/config/tenant_file/tenant_config.js';
import { chooseRollback } from '../../../../agent/scheduler/continue/choose_rollback.js';
import { createJournal } from '../../../../agent/store/journal.js';
import { makeStateFolder, stateFolder, type StateFolder } from '../../../../agent/store/state_folder.js';
import type { Host } from '../../../../agent/upgrade/host.js';
import { systemClock } from '../../../../shared/os/clock.js';
import { beginOf, finishOf } from '../../../helpers/controller/stored_streams.js';

async function upgrade(state: StateFolder): Promise<string> {
  const id = uuidv7();
  const journal = await createJournal(path.join(state.upgrades, id), systemClock);
  journal.append(beginOf(id, 'acme', 'h1'));
  journal.append({ type: 'step-begin', step: 'stop-services', stage: 'run' });
  journal.append({ type: 'step-end', step: 'stop-services', stage: 'run', status: 'ok' });
  journal.append(finishOf());
  journal.close();
  return id;
}

it('one that is for a certain upgrade leaves a later one alone, which somebody has made on the host', async () => {
  const state = stateFolder(mkdtempSync(path.join(tmpdir(), 'drover-choose-')));
  onTestFinished(() => rmSync(state.folder, { recursive: true }));
  await makeStateFolder(state);
  const only = await upgrade(state);
  const later = await upgrade(state);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is refused before anything else is looked at
  const [host, config] = [{ state } as Host, { slug: 'acme' } as TenantConfig];
  const refused = chooseRollback(host, { config, restoreDatabase: false, only });
  await expect(refused).rejects.toMatchObject({ code: 'nothing-to-do', message: expect.stringContaining(later) });
});
