// The tenant's log of an upgrade: its whole stream as text, in a file that the tenant's user can read.
import path from 'node:path';
import { makeTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { replaceTrustedFile } from '../../../shared/os/trusted/write_file.js';
import { fileTimestamp, type Clock } from '../../../shared/os/clock.js';
import type { TenantConfig } from '../../config/tenant_file/tenant_config.js';
import type { FoundUpgrade } from '../find_upgrades.js';
import { noOpenJournals } from '../open_journals.js';
import { openStream } from './open_stream.js';
import { createLogRenderer } from '../../../shared/model/journal/render_log.js';
import type { StateFolder } from '../state_folder.js';
import { readStream } from './read_stream.js';

/**
 * Writes `<log_dir>/<time>_<version>_<id>.log`, and gives its path. Throws AppError `config` where anyone else could
 * change what is at that path. May be called again; a later rollback replaces the file.
 */
export async function writeTenantLog(options: {
  state: StateFolder;
  upgrade: FoundUpgrade;
  config: TenantConfig;
  agentUid: number;
  clock: Pick<Clock, 'wait'>;
}): Promise<string> {
  const { state, upgrade, config, agentUid, clock } = options;
  const { user, log_dir: folder } = config;
  const lines: string[] = [];
  const log = createLogRenderer();
  const source = await openStream({ state, journals: noOpenJournals, agentUid, clock }, upgrade.id);
  for await (const item of readStream(source, { events: 0, outputs: {} }, new AbortController().signal)) {
    const text = log.render(item);
    if (text !== null) lines.push(`${text}\n`);
  }
  const version = upgrade.begin.plan?.target?.version ?? 'none';
  const name = `${fileTimestamp(new Date(upgrade.begin.at))}_${version.replaceAll(/[^\w.-]/g, '_')}_${upgrade.id}.log`;
  const gid = agentUid === 0 ? user.gid : undefined;
  // In the agent's own `log_dir`, which an older version closed to tenants.
  if (config.origin.raw['log_dir'] === undefined) await makeTrustedFolder(path.dirname(folder), { addMode: 0o011 });
  await makeTrustedFolder(folder, { mode: 0o750, gid });
  const file = path.join(folder, name);
  await replaceTrustedFile(file, lines.join(''), { mode: 0o640, gid });
  return file;
}
