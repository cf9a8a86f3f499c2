// Runs the planned migrations one by one, or the configured command in their place.
import type { PlannedMigration } from '../../../shared/plan.js';
import { tenantCommand, type Working } from '../site.js';
import type { CommandLine } from '../values.js';
import type { MigrationsConfig } from './schema.js';

export interface MigrationsToRun {
  config: MigrationsConfig;
  migrations: readonly PlannedMigration[];
  env: Readonly<Record<string, string>>;
  /** For each. */
  timeLimitMs: number;
}

/**
 * Runs what is planned, in order, and returns the names: of the files, or the command's words. Throws the AppError of the
 * first that fails; those after it do not run. May be called again.
 */
export async function runMigrations(
  { site, run }: Working,
  { config, migrations, env, timeLimitMs }: MigrationsToRun,
): Promise<string[]> {
  if (config === 'none') return [];
  if ('command' in config) {
    const migration = config.command.join(' ');
    const title = `migrate: ${migration}`;
    await run('migration', tenantCommand(site, { title, argv: config.command, env, timeLimitMs, migration }));
    return [migration];
  }
  for (const { file } of migrations) {
    const argv = fillIn(config.run, file);
    const title = `migrate: ${file}`;
    await run(`migration.${file}`, tenantCommand(site, { title, argv, env, timeLimitMs, migration: file }));
  }
  return migrations.map(({ file }) => file);
}

function fillIn([program, ...words]: CommandLine, file: string): CommandLine {
  // A name that starts with a dash would be read as an option.
  const operand = file.startsWith('-') ? `./${file}` : file;
  const fill = (word: string) => word.replaceAll('{file}', () => operand);
  return [fill(program), ...words.map(fill)];
}
