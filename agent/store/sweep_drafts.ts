// Drafts: files under a name of their own until they are whole. A killed writer leaves them; a start of the agent sweeps
// them away, before anything writes.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { draftSuffix } from '../../shared/os/files.js';
import { isUpgradeId } from './find_upgrades.js';
import { releaseReserve } from './journal.js';
import { readEnd, readFirstLine } from './journal_ends.js';
import type { StateFolder } from './state_folder.js';

/** The names of drafts, by what writes them. Nothing else in these folders has such a name. */
const drafts = {
  /** What is replaced in one rename: records, ledgers, queued upgrades. */
  replaced: new RegExp(`${draftSuffix.replace('.', String.raw`\.`)}$`),
  /** A mirror that is being made. */
  mirror: /^\.new-/,
  /** The files of an export. */
  exported: /\.partial$/,
  /** In a run folder: the environment, and the exit of a supervisor that died. */
  environment: /^environment\.[0-9a-f-]{36}$/,
  exit: /^exit\.draft$/,
} as const;

/**
 * Removes the drafts of the agent in the state folder, what upgrades left that never began, and the reserve of ended ones. What cannot
 * be removed stays. Call it with the lock of the state folder, before anything writes there; what other programs write it leaves to them. Returns the ids of the ended upgrades whose clean-up was cut
 * off: it removes their exports last.
 */
export async function sweepStateFolder(state: StateFolder): Promise<string[]> {
  for (const file of state.replacedByAgent) await remove(file + draftSuffix);
  const replaced = [
    state.queued,
    state.guards,
    ...[state.recordFile('any'), state.ledgerFile('any')].map((file) => path.dirname(file)),
  ];
  for (const folder of replaced) await sweep(folder, [drafts.replaced]);
  await sweep(state.mirrors, [drafts.mirror]);
  const exported = await list(state.exports);
  for (const name of exported) await sweep(path.join(state.exports, name), [drafts.exported]);
  // `<id>`, or `<id>.<uid>` for another account.
  const withExports = new Set(exported.map((name) => name.split('.')[0] ?? ''));
  const uncleaned: string[] = [];
  for (const id of (await list(state.upgrades)).filter(isUpgradeId)) {
    await nextTurn();
    const folder = path.join(state.upgrades, id);
    const isOver = readEnd(folder)?.hold === null;
    if (isOver || readFirstLine(folder) === null) releaseReserve(folder);
    // One that is over and cleaned up has no drafts: a start before its end swept them.
    if (isOver && !withExports.has(id)) continue;
    if (isOver) uncleaned.push(id);
    await sweepCommands(path.join(folder, 'commands'), isOver);
  }
  return uncleaned;
}

/** A supervisor that still runs may be writing the exit of an upgrade that is not over. */
async function sweepCommands(commands: string, isOver: boolean): Promise<void> {
  await sweep(commands, [drafts.replaced]);
  for (const name of await list(commands)) {
    await sweep(path.join(commands, name), isOver ? [drafts.environment, drafts.exit] : [drafts.environment]);
  }
}

async function sweep(folder: string, patterns: readonly RegExp[]): Promise<void> {
  const names = (await list(folder)).filter((name) => patterns.some((pattern) => pattern.test(name)));
  for (const name of names) await remove(path.join(folder, name));
}

/** None of a folder that is not there. */
async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** The disk may be read-only: the next start tries again. */
async function remove(file: string): Promise<void> {
  await rm(file, { recursive: true, force: true }).catch(() => undefined);
}
