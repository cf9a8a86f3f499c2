// Runs a trivial command by either launcher, in turns, on the machine that the bench boots; prints what that took, as JSON:
// `run_commands.js PAIRS`.
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { executeCommand } from '../../agent/command/execute.js';
import type { LauncherName } from '../../agent/command/launchers.js';
import { unitLimitsSchema } from '../../agent/tenant/unit_limits.js';
import { systemClock } from '../../shared/os/clock.js';
import { openLaunchers } from '../helpers/agent/in_process_host.js';
import { nobody } from '../helpers/agent/run_commands.js';
import { measurePairs } from './measure.js';

const pairs = Number(process.argv[2]);
const folder = mkdtempSync('/run/commands-');
const never = new AbortController().signal;
const limits = unitLimitsSchema.parse({});
const common = { title: 'true', argv: ['true'], user: nobody, cwd: '/', env: {}, timeLimitMs: 60_000 } as const;

async function time(chosen: LauncherName, round: number): Promise<number> {
  const name = `${chosen}-${round}`;
  const sinceMs = performance.now();
  const { code } = await executeCommand({
    folder: path.join(folder, name),
    label: `bench/${name}`,
    spec: { ...common, unit: { tenant: 'bench', limits } },
    launcher: openLaunchers(chosen),
    clock: systemClock,
    graceMs: 1000,
    cancel: never,
    shutdown: never,
  });
  if (code !== 0) throw new Error(`${name} failed`);
  return performance.now() - sinceMs;
}

const measured = await measurePairs({
  pairs,
  figure: (round) => time('systemd', round),
  control: (round) => time('plain', round),
});
process.stdout.write(JSON.stringify(measured));
