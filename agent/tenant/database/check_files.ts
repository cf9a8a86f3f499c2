// The plan's look at a tenant's SQLite files, while the services run.
import { z } from 'zod';
import { AppError } from '../../../shared/errors.js';
import type { Warning } from '../../../shared/model/plan/warning_codes.js';
import type { Word } from '../../command/tenant_path.js';
import { agentLimits } from '../../limits.js';
import { minimalEnvironment, type ReadContext } from '../site.js';
import { checkBackupFolder } from './backups.js';
import type { DatabaseState, DiskNeed } from './port.js';
import { programCommand } from './program_command.js';
import type { SqliteConfig } from './schema.js';
import { distinct, type Target } from './targets.js';

/** Checking a database reads all of it. */
const inspectionLimitMs = 600_000;

const inspectionSchema = z.discriminatedUnion('usable', [
  z.object({
    usable: z.literal(true),
    sizes: z.array(z.number()),
    others: z.array(z.string()),
    warnings: z.array(z.string()),
  }),
  z.object({ usable: z.literal(false), problem: z.string(), remedy: z.string() }),
]);

/** Throws AppError `database-unusable`. */
export async function checkFiles(
  readContext: ReadContext,
  config: SqliteConfig,
  targets: readonly [Target, ...Target[]],
): Promise<DatabaseState> {
  const inspection = await inspect(readContext, targets);
  if (!inspection.usable) throw unusable(inspection.problem, inspection.remedy);
  for (const folder of distinct(targets.map(({ base }) => base.parent))) await checkBackupFolder(readContext, folder);
  // Space for the backup, and for the copy with which a restore replaces the file.
  const needs = targets.flatMap(({ file, base }, index): DiskNeed[] => {
    const [bytes, user] = [inspection.sizes[index] ?? 0, readContext.site.user];
    return [file.parent, base.parent].map((folder) => ({ folder, bytes, user }));
  });
  const locked = inspection.warnings.map((text) => ({ code: 'locked-database', text }) as const);
  return { needs, warnings: [...locked, ...warnOfOthers(config, inspection.others)] };
}

async function inspect({ probe, site }: ReadContext, targets: readonly [Target, ...Target[]]) {
  const files = targets.map(({ file }) => file);
  const { exitCode, stdout, stderr } = await probe({
    argv: programCommand<Word>('sqlite_inspect', [site.dataDir, ...files]),
    user: site.user,
    cwd: '/',
    env: minimalEnvironment(site.user),
    timeLimitMs: inspectionLimitMs,
  });
  const [first] = targets;
  if (exitCode !== 0) throw unusable(`The database ${first.file.shown} could not be inspected: ${stderr.trim()}`);
  return inspectionSchema.parse(JSON.parse(stdout));
}

function warnOfOthers({ sqlite }: SqliteConfig, others: readonly string[]): Warning[] {
  if (others.length === 0) return [];
  const [max, known] = [agentLimits.otherDatabases.max, [sqlite].flat()];
  const named = others.slice(0, max).join(', ') + (others.length > max ? ', …' : '');
  const text = `data_dir holds other SQLite files, which are neither backed up nor rolled back: ${named}. Add those that belong to the app: sqlite: [${known.join(', ')}, …]`;
  return [{ code: 'other-databases', text }];
}

function unusable(message: string, hint?: string): AppError {
  return new AppError('database-unusable', message, hint === undefined ? {} : { hint });
}
