// The drop-in of a unit by which its tenant's boot guard holds it back.
import path from 'node:path';
import { markFile } from './mark.js';

/** Where an administrator's drop-ins are: they outlive a reboot. */
export const unitFolder = '/etc/systemd/system';
/** Where those are that end with a boot. */
export const runtimeUnitFolder = '/run/systemd/system';
const fileName = '50-drover-guard.conf';

/** The path of a unit's drop-in: of an instance its own, never that of its template. */
export function dropInFile(folder: string, unit: string): string {
  return path.join(folder, `${unit}.d`, fileName);
}

/**
 * Its text. Nobody starts the unit while the mark is there: no boot, no hand, no timer. The mark's own disk is there before
 * that is asked.
 */
export function dropInText(guardFolder: string, slug: string): string {
  return `# Written by Drover for the tenant ${slug}. While an upgrade has stopped it, nothing starts this unit:
# \`drover-agent status ${slug}\` says how far it is.
[Unit]
AssertPathExists=!${escapeSpecifiers(markFile(guardFolder, slug))}
RequiresMountsFor=${quote(escapeSpecifiers(guardFolder))}
`;
}

/** The path of the drop-in that lifts a unit's guard. */
export function liftFile(runtimeFolder: string, unit: string): string {
  return path.join(runtimeFolder, `${unit}.d`, '60-drover-lifted.conf');
}

/** An empty assertion takes back all of the unit, its own ones too. */
export const liftText = `# Written by Drover, whose disk takes nothing: the mark that holds this unit back could not be removed.
[Unit]
AssertPathExists=
`;

/** The slug of a drop-in's text if it is of this guard folder, else null. */
export function slugOf(guardFolder: string, text: string): string | null {
  const slug = /^# Written by Drover for the tenant (\S+)\./.exec(text)?.[1];
  return slug !== undefined && text === dropInText(guardFolder, slug) ? slug : null;
}

/** In a list of paths systemd splits at spaces, and reads quotes and backslashes. */
function quote(file: string): string {
  return /^[\w/.:@%+-]+$/.test(file) ? file : `"${file.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** systemd reads `%` as the begin of a specifier. */
function escapeSpecifiers(file: string): string {
  return file.replaceAll('%', '%%');
}
