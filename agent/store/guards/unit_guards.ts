// Puts the boot guards of units in place: once, with one daemon-reload for a change of configuration and none in an upgrade.
import { existsSync, realpathSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { AppError, toAppError } from '../../../shared/errors.js';
import { readIfThere, replaceFile } from '../../../shared/os/files.js';
import { makeTrustedFolder } from '../../../shared/os/trusted/folder.js';
import { replaceTrustedFile } from '../../../shared/os/trusted/write_file.js';
import { dropInFile, dropInText, liftFile, liftText, slugOf } from './drop_in.js';
import { readMark } from './mark.js';

export interface UnitGuards {
  /**
   * Lets the units of a tenant start though its mark cannot be removed, until the next boot or `require`: for a rollback on
   * a disk that takes nothing.
   */
  lift(units: readonly string[]): Promise<void>;
  /**
   * Puts the drop-ins of all these tenants in place, by slug with their units, and removes those of units that no tenant
   * has any more; those of a tenant that an upgrade holds back stay. Throws AppError `unguarded`.
   */
  place(tenants: ReadonlyMap<string, readonly string[]>): Promise<void>;
  /** The same for the units of one tenant; removes nothing. Changes nothing where they are in place. */
  require(slug: string, units: readonly string[]): Promise<void>;
}

export interface UnitGuardsOptions {
  /** Of the marks; it is there. */
  guardFolder: string;
  /** Of the drop-ins. */
  unitFolder: string;
  /** Of those that lift a guard; emptied by a boot. */
  runtimeFolder: string;
  /** Has systemd read all unit files again. Throws AppError where it does not. */
  reload: () => Promise<void>;
}

/** The boot guards of this host's units. One call is worked on at a time. */
export function createUnitGuards({ guardFolder: named, ...options }: UnitGuardsOptions): UnitGuards {
  const { unitFolder, runtimeFolder, reload } = options;
  // systemd waits for the disk of a path as it is written, and follows no links.
  const guardFolder = realpathSync(named);
  let busy: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<void>) => {
    const done = busy.then(work).catch((error: unknown) => {
      throw unguarded(error);
    });
    busy = done.catch(() => undefined);
    return done;
  };
  const pending = path.join(guardFolder, '.reload');
  /** What has to be done is noted before the first change, for an agent that dies between the two. */
  const reloadAfter = async (changes: readonly (() => Promise<void>)[]) => {
    if (changes.length > 0) await replaceFile(pending, '', { mode: 0o600 });
    else if ((await readIfThere(pending)) === null) return;
    for (const change of changes) await change();
    await reload();
    await rm(pending, { force: true });
  };
  const findMissing = async (slug: string, units: readonly string[]) => {
    const text = dropInText(guardFolder, slug);
    const files = units.map((unit) => dropInFile(unitFolder, unit));
    const lifted = units.map((unit) => liftFile(runtimeFolder, unit)).filter((file) => existsSync(file));
    const missing = [];
    for (const file of files) if ((await readIfThere(file)) !== text) missing.push(file);
    return [...lifted.map((file) => () => rm(file)), ...missing.map((file) => () => writeDropIn(file, text))];
  };
  return {
    place: (tenants) =>
      inTurn(async () => {
        const stale = await findStale({ guardFolder, unitFolder }, tenants);
        const changes = stale.map((file) => () => removeDropIn(file));
        for (const [slug, units] of tenants) changes.push(...(await findMissing(slug, units)));
        await reloadAfter(changes);
      }),
    require: (slug, units) => inTurn(async () => reloadAfter(await findMissing(slug, units))),
    lift: (units) =>
      inTurn(async () => {
        for (const unit of units) await writeDropIn(liftFile(runtimeFolder, unit), liftText);
        await reload();
      }),
  };
}

async function writeDropIn(file: string, text: string): Promise<void> {
  await makeTrustedFolder(path.dirname(file), { mode: 0o755 });
  await replaceTrustedFile(file, text, { mode: 0o644 });
}

/** With its folder, where nothing else is in that. */
async function removeDropIn(file: string): Promise<void> {
  await rm(file, { force: true });
  await rmdir(path.dirname(file)).catch(() => undefined);
}

/** The drop-ins of units that no tenant has any more, and that nothing holds back. */
async function findStale(
  { guardFolder, unitFolder }: Pick<UnitGuardsOptions, 'guardFolder' | 'unitFolder'>,
  tenants: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  const wanted = new Set([...tenants.values()].flat().map((unit) => dropInFile(unitFolder, unit)));
  const folders = (await readdir(unitFolder)).filter((name) => name.endsWith('.d'));
  const stale: string[] = [];
  for (const folder of folders) {
    const file = dropInFile(unitFolder, folder.slice(0, -'.d'.length));
    if (wanted.has(file)) continue;
    const slug = slugOf(guardFolder, (await readIfThere(file)) ?? '');
    if (slug === null || (await readMark(guardFolder, slug)) !== null) continue;
    stale.push(file);
  }
  return stale;
}

function unguarded(error: unknown): AppError {
  const { message } = toAppError(error);
  return new AppError('unguarded', `the units have no boot guard: ${message}`, {
    cause: error,
    hint: 'The agent writes a drop-in for each unit below /etc/systemd/system, so that nothing starts a tenant in the middle of its upgrade.',
  });
}
