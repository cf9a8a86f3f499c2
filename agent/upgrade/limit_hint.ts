// What a command that failed may have run into: the limits of its unit, or the memory of the host.
import type { CommandUnit, UnitLimits } from '../command/spec.js';

export interface FailedCommand {
  signal: string | null;
  /** The end of what it printed. */
  outputTail: string;
  /** Absent for one that runs no code of the tenant. */
  unit?: CommandUnit | undefined;
}

/** As the C library, Python, Node and Java say that no process or thread could be started (EAGAIN). */
const noMoreTasks =
  /Resource temporarily unavailable|can't start new thread|unable to create (new )?native thread|\bEAGAIN\b/;

/** What to look for, and the key that changes it; null where nothing points to a limit. */
export function hintOfLimits({ signal, outputTail, unit }: FailedCommand): string | null {
  if (signal === 'SIGKILL') {
    const own = unit === undefined ? '' : `, of the host or of its unit (${describeMemory(unit.limits)})`;
    return `If no operator killed it, the kernel may have: check \`dmesg\` for "Out of memory"${own}.`;
  }
  if (unit === undefined || !noMoreTasks.test(outputTail)) return null;
  const { tasks } = unit.limits;
  return `If it could start no more processes or threads: in a unit it may have ${tasks} at a time (\`limits: { tasks: ${tasks} }\` in the tenant file).`;
}

function describeMemory({ memory }: UnitLimits): string {
  if (memory === 'unlimited') return '`limits: { memory: unlimited }` in the tenant file';
  const most = typeof memory === 'number' ? `${Math.round(memory / 1024 ** 2)}MiB` : `${memory.percent}%`;
  return `\`limits: { memory: ${most} }\` in the tenant file`;
}
