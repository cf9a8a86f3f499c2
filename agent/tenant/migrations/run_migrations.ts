// Runs the planned migrations one by one, or the configured command in their place.
import type { PlannedMigration } from '../../../shared/model/plan/plan.js';
import { configuredCommand, nameOf, wordsOf } from '../configured_command.js';
import type { Environment } from '../../command/tenant_path.js';
import { durableIn, type RunContext } from '../site.js';
import type { CommandLine } from '../values.js';
import type { MigrationsConfig } from './schema.js';

export interface MigrationsToRun {
  config: MigrationsConfig;
  migrations: readonly PlannedMigration[];
  env: Environment;
  /** For each. */
  timeLimitMs: number;
  /** Where `exportMigrations` put the files, for a command of another account. */
  exportDir: string | null;
}

/**
 * Runs the planned migrations in order and returns their names: the files, or the command's words. Stops at the first
 * failure and throws its AppError. May be called again.
 */
export async function runMigrations(
  { site, run }: RunContext,
  { config, migrations, env, timeLimitMs, exportDir }: MigrationsToRun,
): Promise<string[]> {
  if (config === 'none') return [];
  const common = { env, timeLimitMs, durable: durableIn(site, site.appDir, site.dataDir) };
  if ('command' in config) {
    const migration = nameOf(config.command);
    const title = `migrate: ${migration}`;
    await run('migration', configuredCommand(site, config.command, { ...common, title, migration }));
    return [migration];
  }
  for (const { file } of migrations) {
    const argv = fillIn(wordsOf(config.run), operandOf(file, exportDir));
    const title = `migrate: ${file}`;
    const spec = { ...common, title, argv, migration: file };
    await run(`migration.${file}`, configuredCommand(site, config.run, spec));
  }
  return migrations.map(({ file }) => file);
}

/** The file's path for the command: of another account that of the exported file, never one in the work tree. */
function operandOf(file: string, exportDir: string | null): string {
  if (exportDir !== null) return `${exportDir}/${file}`;
  // A name that starts with a dash would be read as an option.
  return file.startsWith('-') ? `./${file}` : file;
}

function fillIn([program, ...words]: CommandLine, operand: string): CommandLine {
  const fill = (word: string) => word.replaceAll('{file}', () => operand);
  return [fill(program), ...words.map(fill)];
}
