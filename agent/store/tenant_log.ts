// The tenant's log of an upgrade: its whole stream as text, in a file that the tenant's user can read.
import { chown, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../../shared/os/files.js';
import { fileTimestamp, type Clock } from '../../shared/os/clock.js';
import type { TenantConfig } from '../config/tenant_config.js';
import type { FoundUpgrade } from './find_upgrades.js';
import { noOpenJournals } from './open_journals.js';
import { openStream } from './open_stream.js';
import { renderItem } from '../../shared/model/render_log.js';
import type { StateFolder } from './state_folder.js';
import { readStream } from './read_stream.js';

/** Writes `<log_dir>/<time>_<version>_<id>.log`. May be called again; a later rollback replaces the file. */
export async function writeTenantLog(options: {
  state: StateFolder;
  upgrade: FoundUpgrade;
  config: TenantConfig;
  agentUid: number;
  clock: Pick<Clock, 'wait'>;
}): Promise<void> {
  const { state, upgrade, config, agentUid, clock } = options;
  const { user, log_dir: folder } = config;
  const lines: string[] = [];
  const source = await openStream({ state, journals: noOpenJournals, agentUid, clock }, upgrade.id);
  for await (const item of readStream(source, { events: 0, outputs: {} }, new AbortController().signal)) {
    const text = renderItem(item);
    if (text !== null) lines.push(`${text}\n`);
  }
  const version = upgrade.begin.plan?.target?.version ?? 'none';
  const name = `${fileTimestamp(new Date(upgrade.begin.at))}_${version.replaceAll(/[^\w.-]/g, '_')}_${upgrade.id}.log`;
  const isRoot = agentUid === 0;
  await mkdir(folder, { recursive: true, mode: 0o750 });
  if (isRoot) await chown(folder, 0, user.gid);
  const file = path.join(folder, name);
  await replaceFile(file, lines.join(''), { mode: 0o640 });
  if (isRoot) await chown(file, 0, user.gid);
}
