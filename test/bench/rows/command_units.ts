// What a command costs that runs in a unit of systemd, with its limits and protections, against one without.
import path from 'node:path';
import { z } from 'zod';
import { bootMachine } from '../../helpers/machine/machine.js';
import { asRoot } from '../as_root.js';
import { readManagerCpuMs } from '../manager_cpu.js';
import type { Row } from '../row.js';

const pairs = 25;
const program = path.join(import.meta.dirname, '../run_commands.js');
const measuredSchema = z.object({ figure: z.number(), control: z.number(), ratio: z.number() });

export const commandUnits: Row = {
  name: 'command-units',
  what: 'a trivial command of a tenant in a unit, from its launch until nothing of it is left',
  unit: 'ms',
  bound: 'figure',
  limit: 120,
  target: 50,
  measure: asRoot(async () => {
    const machine = await bootMachine();
    try {
      const before = await readManagerCpuMs(machine);
      const printed = await machine.run([process.execPath, program, String(pairs)]);
      const each = Math.round(((await readManagerCpuMs(machine)) - before) / pairs);
      const remark = `the control is the plain launcher; of PID 1 each unit takes ${each} ms of CPU`;
      return { measured: measuredSchema.parse(JSON.parse(printed)), remark };
    } finally {
      await machine.stop();
    }
  }),
};
