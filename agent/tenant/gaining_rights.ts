// Finds programs in a tenant's scripts and commands that gain rights, which what Drover runs for a tenant cannot.
import path from 'node:path';

/** Nobody uses these names for anything else. */
const certain = new Set(['sudo', 'sudoedit', 'doas', 'pkexec', 'crontab', 'newgrp']);
/** English words and other things have these names too: they count where a command begins. */
const likely = new Set(
  'su sg at atrm batch mount umount fusermount fusermount3 passwd gpasswd chsh chfn mail mailx sendmail'.split(' '),
);
/** Words of a shell before the name of a command. */
const leading = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', 'exec', 'time', 'env', 'nohup', '!']);

/** What the tenant file says to let such programs work. */
export const rightsHint = 'Without `privileges: keep` in the tenant file it cannot gain rights, and fails.';

/** The names of such programs in a script, as far as words tell; comments do not count. */
export function findGainingPrograms(script: string): string[] {
  const found = new Set<string>();
  for (const line of script.split('\n')) {
    if (line.trimStart().startsWith('#')) continue;
    for (const name of line.split(/[^\w.-]/)) if (certain.has(name)) found.add(name);
    for (const command of line.split(/[;&|(){}`]/)) {
      const name = nameOfCommand(command);
      if (likely.has(name)) found.add(name);
    }
  }
  return [...found];
}

/** Whether this command of a tenant file is such a program. */
export function isGainingProgram(program: string): boolean {
  const name = path.basename(program);
  return certain.has(name) || likely.has(name);
}

function nameOfCommand(command: string): string {
  const words = command.split(/\s/).filter((word) => word !== '');
  const name = words.find((word) => !leading.has(word) && !/^\w+=/.test(word));
  return name === undefined ? '' : path.basename(name);
}
