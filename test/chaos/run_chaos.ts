// A chaos run: rounds of random actions, each ending at a quiet point where everything is looked at from outside.
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { actions } from './actions.js';
import { orderUpgrade } from './actions/order_upgrade.js';
import { becomeQuiet } from './become_quiet.js';
import { invariants } from './invariants.js';
import { lookAtWorld } from './quiet_point.js';
import { openWorld, type World } from './world.js';

export interface ChaosWish {
  /** The same seed chooses the same actions and pauses. How far programs get in them is up to the machine. */
  seed: number;
  /** Called before each round, with the number of those that are done. */
  goesOn: (rounds: number) => boolean;
  say: (text: string) => void;
}

export interface ChaosReport {
  steps: number;
  /** How many upgrades ended so. */
  ends: Record<string, number>;
  /** What did not hold, with its step; the run ends at the first quiet point that has something. */
  wrong: string[];
}

const actionsPerRound = 10;
const longestPauseMs = 400;
/** So many of a round are orders, at its beginning: without upgrades it would show little. */
const ordersPerRound = 2;

/** Runs it, and ends all that it started. Rejects where the world does not become quiet. */
export async function runChaos({ seed, goesOn, say }: ChaosWish): Promise<ChaosReport> {
  const world = await openWorld(seed);
  const report: ChaosReport = { steps: 0, ends: {}, wrong: [] };
  try {
    await becomeQuiet(world);
    for (let round = 0; report.wrong.length === 0 && goesOn(round); round += 1) {
      await runRound(world, report, say);
      Object.assign(report, await lookAround(world, `seed ${seed}, step ${report.steps}`));
    }
  } catch (error) {
    report.wrong.push(`seed ${seed}, step ${report.steps}: ${explain(error)}`);
  } finally {
    if (report.wrong.length > 0) say(`kept for you: ${keepEvidence(world)}`);
    const left = await world.close();
    if (left.length > 0) report.wrong.push(`seed ${seed}: processes are left: ${JSON.stringify(left)}`);
  }
  return report;
}

async function runRound(world: World, report: ChaosReport, say: ChaosWish['say']): Promise<void> {
  for (let n = 0; n < actionsPerRound; n += 1) {
    report.steps += 1;
    const action = n < ordersPerRound ? orderUpgrade : world.pick(actions);
    say(`${report.steps}. ${await action.act(world)}`);
    await sleep(world.random() * longestPauseMs);
  }
  for (const done of await becomeQuiet(world)) say(`   ${done}`);
}

async function lookAround(world: World, where: string): Promise<Pick<ChaosReport, 'ends' | 'wrong'>> {
  const point = await lookAtWorld(world);
  const wrong: string[] = [];
  for (const [name, invariant] of Object.entries(invariants)) {
    wrong.push(...(await invariant(point)).map((what) => `${where}: it does not hold that ${name}: ${what}`));
  }
  const ends: Record<string, number> = {};
  for (const { status } of point.upgrades) ends[status] = (ends[status] ?? 0) + 1;
  return { ends, wrong };
}

/** Keeps what tells why: the agents' logs, and journals and run folders of their upgrades. */
function keepEvidence({ hosts }: World): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'drover-chaos-kept-'));
  for (const { name, agentLog, stateFolder } of hosts) {
    cpSync(agentLog, path.join(folder, `${name}.log`));
    cpSync(path.join(stateFolder, 'upgrades'), path.join(folder, name), { recursive: true });
  }
  return folder;
}

function explain(error: unknown): string {
  return error instanceof Error && error.cause !== undefined
    ? `${error.message}: ${explain(error.cause)}`
    : String(error);
}
