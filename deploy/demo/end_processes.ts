// Ends what the demo has started, however it ends: Drover's programs, whatever an upgrade was running, and the services.
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cookieVariable, findProcess } from '../../agent/command/plain/processes.js';

/** What does not heed SIGTERM for this long gets SIGKILL. */
const patienceMs = 3000;

/** Returns once no process is left that belongs to the demo in `folder`. May be called again. */
export async function endProcesses(folder: string): Promise<void> {
  const host = path.join(folder, 'host');
  // Agents first, as they start things; a reader may have started programs of their own. An editor may have the same
  // file open.
  const configs = [path.join(host, 'etc/agent.yaml'), path.join(folder, 'controller/controller.yaml')];
  const contexts = `XDG_CONFIG_HOME=${folder}/`;
  await endAll((pid) => {
    const words = readWords(pid, 'cmdline');
    if (words[0] !== process.execPath) return false;
    return (
      configs.some((config) => words.includes(config)) ||
      readWords(pid, 'environ').some((word) => word.startsWith(contexts))
    );
  });
  // Commands outlive their agent, and services everything: their environment says whose they are.
  const upgrades = await readdir(path.join(host, 'state/upgrades')).catch(() => []);
  const starts = [`DATA_DIR=${host}/`, ...upgrades.map((id) => `${cookieVariable}=${id}/`)];
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
        // It has ended meanwhile.
      }
    }
    await sleep(20);
  }
}

function listProcesses(isMeant: (pid: string) => boolean): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => isMeant(pid) && findProcess(Number(pid)) !== null);
}

/** The words of a process's command line or environment; none of one that has gone or is another user's. */
function readWords(pid: string, file: 'cmdline' | 'environ'): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
