// What an upgrade makes beside its tenant's data, by its journal: for the tenant's ledger.
import { TenantPath } from '../command/tenant_path.js';
import { siteOf, thawTenant } from '../config/tenant_file/tenant_config.js';
import { listUpgradesOf, type FoundUpgrade } from '../store/find_upgrades.js';
import { openLedger, type Ledger, type MadeFiles } from '../store/ledger.js';
import { openDatabase, type Database } from '../tenant/database/database.js';
import type { Host } from './host.js';
import { asideStamp, backupPath, readMemo, savedFiles, type Memo } from './memo.js';

/**
 * The ledger of a tenant; journals from before it are read when it is first listed, each with the database of its own
 * configuration, or else with `present`.
 */
export function openTenantLedger(
  { state, exclusive }: Pick<Host, 'state' | 'exclusive'>,
  tenant: string,
  present: Database | null = null,
): Ledger {
  const file = state.ledgerFile(tenant);
  const listOlder = async () => {
    const made: MadeFiles[] = [];
    for await (const found of listUpgradesOf(state, tenant)) {
      const memo: Pick<Memo, 'get'> = { get: (kind) => readMemo(found.events, kind) };
      made.unshift(...listMadeFiles({ id: found.id, memo, database: openDatabaseOf(found) ?? present }));
    }
    return made;
  };
  return openLedger(file, { exclusive: (work) => exclusive(file, work), listOlder });
}

/** What this upgrade has announced to make, in the order in which it makes it. */
export function listMadeFiles({
  id,
  memo,
  database,
}: {
  id: string;
  memo: Pick<Memo, 'get'>;
  database: Pick<Database, 'backupFiles' | 'asideFiles'> | null;
}): MadeFiles[] {
  const backup = memo.get(backupPath);
  const archive = memo.get(savedFiles);
  const stamp = memo.get(asideStamp);
  const backups =
    backup === undefined ? [] : (database?.backupFiles(new TenantPath(backup)) ?? [new TenantPath(backup)]);
  const aside = stamp === undefined ? [] : (database?.asideFiles(stamp) ?? []);
  const made: MadeFiles[] = [
    { upgrade: id, kind: 'backup', paths: backups.map(({ shown }) => shown) },
    { upgrade: id, kind: 'backup', paths: archive === undefined ? [] : [archive] },
    { upgrade: id, kind: 'aside', paths: aside.map(({ shown }) => shown) },
  ];
  return made.filter(({ paths }) => paths.length > 0);
}

/** As its own configuration has it; null where that cannot be used any more. */
function openDatabaseOf({ begin }: FoundUpgrade): Database | null {
  try {
    const config = thawTenant(begin.config);
    return openDatabase(config.database, siteOf(config));
  } catch {
    return null;
  }
}
