// What a command costs that runs in a unit of systemd, with its limits and protections, against one without.
import path from 'node:path';
import { z } from 'zod';
import { bootMachine } from '../../helpers/machine/machine.js';
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
  async measure() {
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) return { measured: null, remark: 'only root can boot a machine with a systemd' };
    const machine = await bootMachine();
    try {
      const cpu = () => machine.run(['cut', '-d', ' ', '-f14,15', '/proc/1/stat']);
      const before = await cpu();
      const printed = await machine.run([process.execPath, program, String(pairs)]);
      const ticks = sum(await cpu()) - sum(before);
      // A clock tick is 10 ms.
      const each = Math.round((ticks * 10) / pairs);
      const remark = `the control is the plain launcher; of PID 1 each unit takes ${each} ms of CPU`;
      return { measured: measuredSchema.parse(JSON.parse(printed)), remark };
    } finally {
      await machine.stop();
    }
  },
};

const sum = (numbers: string) => numbers.split(' ').reduce((total, text) => total + Number(text), 0);
