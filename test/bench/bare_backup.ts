// A SQLite backup with nothing around it: by the sqlite3 program, or by Node's own means where that is not installed.
import { createRequire } from 'node:module';
import { findProgram } from './find_program.js';

export interface BareBackup {
  name: string;
  command(file: string, target: string): [string, ...string[]];
}

export async function backUpBare(): Promise<BareBackup> {
  const sqlite3 = await findProgram('sqlite3');
  if (sqlite3 !== null) {
    return { name: '`sqlite3 .backup`', command: (file, target) => [sqlite3, file, `.backup '${target}'`] };
  }
  const library = createRequire(import.meta.url).resolve('@photostructure/sqlite');
  const program = `const { backup, DatabaseSync } = require('${library}');
    const [file, target] = process.argv.slice(1);
    backup(new DatabaseSync(file), target, { rate: -1 });`;
  return {
    name: 'the bare backup call in Node (sqlite3 is not installed)',
    command: (file, target) => [process.execPath, '-e', program, file, target],
  };
}
