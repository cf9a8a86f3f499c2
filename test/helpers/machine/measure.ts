// What a program takes of the machine: its children, and the bytes of a folder.
import { readFileSync } from 'node:fs';
import { runProgram } from '../../../deploy/demo/run_program.js';

/** How many processes are children of this one now. */
export function countChildren(pid: number): number {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).length;
}

/** The bytes of the files in a folder, as they count in `ls`. */
export async function sizeOf(folder: string): Promise<number> {
  const output = await runProgram(['du', '--bytes', '--summarize', folder], { cwd: '/' });
  return Number.parseInt(output, 10);
}
