// Processes that belong to a test's host, found by their arguments and environment in /proc.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface HostProcess {
  pid: number;
  command: string;
  /** The upgrade's command that it is, or was started by; null for others. */
  cookie: string | null;
}

function readProcess(pid: string, file: 'cmdline' | 'environ' | 'stat'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // It ended meanwhile.
  }
}

const isAlive = (pid: string) => !/\) [ZX] /.test(readProcess(pid, 'stat'));

/** Those whose arguments or environment name `text` (a folder, an upgrade's id), zombies and this process apart. */
export function findProcesses(text: string): HostProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ name, command: readProcess(name, 'cmdline'), environ: readProcess(name, 'environ') }))
    .filter(({ name, command, environ }) => `${command}\0${environ}`.includes(text) && isAlive(name))
    .map(({ name, command, environ }) => ({
      pid: Number(name),
      command: command.replaceAll('\0', ' ').trim(),
      cookie: /(?:^|\0)DROVER_COMMAND=([^\0]*)/.exec(environ)?.[1] ?? null,
    }));
}

/** The same, once there are none or after two seconds: an ending process is no leftover. */
export async function findLastingProcesses(text: string): Promise<HostProcess[]> {
  const untilMs = performance.now() + 2000;
  for (;;) {
    const found = findProcesses(text);
    if (found.length === 0 || performance.now() > untilMs) return found;
    await sleep(20);
  }
}
