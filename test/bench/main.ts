// `npm run bench [-- ROW…] [--full]`: measures the numbers that Drover holds itself to, and prints one table.
import type { BenchOptions, Row } from './row.js';
import { renderTable, type Outcome } from './render_table.js';
import { agentMemory } from './rows/agent_memory.js';
import { append } from './rows/append.js';
import { commandUnits } from './rows/command_units.js';
import { decideAll } from './rows/decide.js';
import { downtime } from './rows/downtime.js';
import { fleetBroadcast } from './rows/fleet_broadcast.js';
import { fleetMemory } from './rows/fleet_memory.js';
import { fleetPlan } from './rows/fleet_plan.js';
import { fleetStorm } from './rows/fleet_storm.js';
import { fleetWave } from './rows/fleet_wave.js';
import { heartbeat } from './rows/heartbeat.js';
import { hundredsOfTenants } from './rows/hundreds_of_tenants.js';
import { liveLine } from './rows/live_line.js';
import { output } from './rows/output.js';
import { rolloutLists } from './rows/rollout_lists.js';
import { rolloutThere } from './rows/rollout_there.js';
import { sqliteBackup } from './rows/sqlite_backup.js';
import { upgradeUnits } from './rows/upgrade_units.js';
import { upgradeLists } from './rows/upgrade_lists.js';
import { wholeUpgrade } from './rows/whole_upgrade.js';

const rows: readonly Row[] = [
  wholeUpgrade,
  downtime,
  commandUnits,
  upgradeUnits,
  sqliteBackup,
  agentMemory,
  hundredsOfTenants,
  fleetBroadcast,
  fleetWave,
  fleetMemory,
  fleetStorm,
  append,
  output,
  liveLine,
  heartbeat,
  upgradeLists,
  decideAll,
  rolloutLists,
  rolloutThere,
  fleetPlan,
];

/** Exit codes: 0 every limit holds, 1 one does not, 2 usage. */
async function main(words: readonly string[]): Promise<number> {
  const names = words.filter((word) => !word.startsWith('--'));
  const isKnown = names.every((name) => rows.some((row) => row.name === name));
  if (!isKnown || words.some((word) => word.startsWith('--') && word !== '--full')) {
    process.stderr.write(`usage: npm run bench [-- ROW…] [--full]; rows: ${rows.map(({ name }) => name).join(' ')}\n`);
    return 2;
  }
  const outcomes: Outcome[] = [];
  const options: BenchOptions = { full: words.includes('--full') };
  for (const row of rows.filter(({ name }) => names.length === 0 || names.includes(name))) {
    process.stderr.write(`measuring ${row.name} ...\n`);
    outcomes.push({ row, ...(await row.measure(options)) });
  }
  process.stdout.write(`${renderTable(outcomes)}\n`);
  return outcomes.some(({ row, measured }) => measured !== null && measured[row.bound] > row.limit) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
