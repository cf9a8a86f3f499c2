// Program: completes a backup that a configured command wrote. The backup must be a regular file and not empty.
import { rmSync } from 'node:fs';
import { partialPathOf } from '../backup_paths.js';
import { isSealed, sealBackup } from './backup_file.js';
import { statOrNull } from './files.js';
import { runProgram } from './program.js';

function sealWritten(file: string, record: string): string {
  const partial = partialPathOf(file);
  if (isSealed(file, record)) {
    rmSync(partial, { force: true });
    return `The backup ${file} is complete already`;
  }
  const written = statOrNull(partial);
  if (written === null) throw new Error(`The backup command succeeded, but wrote no file ${partial}`);
  if (!written.isFile()) throw new Error(`The backup command succeeded, but ${partial} is not a file`);
  if (written.size === 0) throw new Error(`The backup command succeeded, but ${partial} is empty`);
  sealBackup(file, record);
  return `Backed up to ${file} (${written.size} bytes)`;
}

await runProgram((args) => sealWritten(args.next('backup'), args.rest()));
