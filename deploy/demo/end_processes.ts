// Ends every process of the demo, however the demo ends: Drover's programs, an upgrade's commands, and the services.
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cookieVariable } from '../../agent/command/supervisor/cookie.js';
import { findProcess } from '../../agent/command/process/processes.js';

/** A process that ignores SIGTERM for this long gets SIGKILL. */
const patienceMs = 3000;

/** Returns once no process of the demo in `folder` is left. May be called again. */
export async function endProcesses(folder: string): Promise<void> {
  // Agents first, because they start other processes. The reader may have started more of Drover's programs. An editor
  // that has the configuration open is not one of them.
  const hosts = (await readdir(folder))
    .filter((name) => name.startsWith('host'))
    .map((name) => path.join(folder, name));
  const configs = [
    ...hosts.map((host) => path.join(host, 'etc/agent.yaml')),
    path.join(folder, 'controller/controller.yaml'),
  ];
  const contexts = `XDG_CONFIG_HOME=${folder}/`;
  await endAll((pid) => {
    const words = readWords(pid, 'cmdline');
    if (words[0] !== process.execPath) return false;
    return (
      configs.some((config) => words.includes(config)) ||
      readWords(pid, 'environ').some((word) => word.startsWith(contexts))
    );
  });
  // Commands outlive their agent, and services outlive all: their environment shows that they belong to the demo.
  const upgrades = await Promise.all(hosts.map((host) => readdir(path.join(host, 'state/upgrades')).catch(() => [])));
  const starts = [`DATA_DIR=${folder}/`, ...upgrades.flat().map((id) => `${cookieVariable}=${id}/`)];
  await endAll((pid) => readWords(pid, 'environ').some((word) => starts.some((start) => word.startsWith(start))));
}

async function endAll(isMeant: (pid: string) => boolean): Promise<void> {
  const sinceMs = performance.now();
  for (let pids = listProcesses(isMeant); pids.length > 0; pids = listProcesses(isMeant)) {
    const signal = performance.now() - sinceMs < patienceMs ? 'SIGTERM' : 'SIGKILL';
    for (const pid of pids) {
      try {
        process.kill(Number(pid), signal);
      } catch {
        // The process has ended meanwhile.
      }
    }
    await sleep(20);
  }
}

function listProcesses(isMeant: (pid: string) => boolean): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isMeant(pid) && findProcess(Number(pid)) !== null);
}

/** The words of a process's command line or environment; empty if it has ended or belongs to another user. */
function readWords(pid: string, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
