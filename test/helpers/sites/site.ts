// A site on a machine of tests: what can be seen of it without Drover, and its gates.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '../machine/machine.js';
import { seeChange } from '../see_change.js';

export interface Site {
  slug: string;
  unit: string;
  /** The path here of a file of its data folder. */
  file(name: string): string;
  /** Makes its hook of that phase, or its migration (`migrate`), wait from now on; and lets it go. */
  shut(gate: string): void;
  open(gate: string): void;
  /** Returns once a hook or a migration has begun so often; they are named as gates are. */
  seeRun(name: string, options?: { times?: number; signal?: AbortSignal }): Promise<void>;
  /** Returns once it has ended. */
  seeEnd(name: string): Promise<void>;
  look(): Promise<SiteView>;
}

/** What can be seen of a site without Drover. */
export interface SiteView {
  /** The tag that the work tree is at. */
  head: string;
  changes: string[];
  serves: string;
  unit: string;
  integrity: string;
  tables: string[];
  notes: string[];
  /** The files that hooks leave in the work tree. */
  markers: string[];
  /** What hooks have written to the data folder. */
  made: string[];
  /** The version of each start of its service. */
  starts: string[];
  /** `TAG NAME` of each run of a hook or a migration. */
  runs: string[];
  /** Processes of the site's user, apart from its service and from what the agent watches its HEAD with. */
  left: string[];
}

/** The unit of its service. */
export const unitOf = (slug: string) => `site@${slug}.service`;

const viewScript = `slug=$1
cd "/srv/sites/$slug/app"
git() { command git -c safe.directory='*' "$@"; }
part() { printf '\\036'; }
git describe --tags --exact-match 2>/dev/null || git rev-parse HEAD; part
git status --porcelain --untracked-files=no; part
cat ../data/serves; part
systemctl show --property=ActiveState --value "site@$slug.service"; part
copy=$(mktemp -d); cp ../data/app.db* "$copy"
sqlite3 "$copy/app.db" 'PRAGMA integrity_check'; part
sqlite3 "$copy/app.db" 'SELECT name FROM sqlite_schema ORDER BY name'; part
sqlite3 "$copy/app.db" 'SELECT text FROM notes'; part
rm -r "$copy"
ls -A | grep ^.release-; part
cat ../data/made.txt; part
cat ../data/starts.log; part
cat ../data/runs.log; part
main=$(systemctl show --property=MainPID --value "site@$slug.service")
list() {
  for pid in $(pgrep --uid "$slug"); do
    [ "$pid" = "$main" ] || { tr '\\0' ' ' <"/proc/$pid/cmdline"; echo; }
  done 2>/dev/null | grep --invert-match '^tail -q -n 0 -F '
}
# One that is ending, or that the agent looks with, is no leftover.
for n in $(seq 20); do left=$(list); [ -n "$left" ] || break; sleep 0.1; done
echo "$left"
true
`;

/** A site that was made. */
export function openSite(machine: Machine, slug: string): Site {
  const data = path.join('/srv/sites', slug, 'data');
  const file = (name: string) => machine.locate(path.join(data, name));
  const count = (end: string) => readLines(file('runs.log')).filter((line) => line.endsWith(end)).length;
  return {
    slug,
    unit: unitOf(slug),
    file,
    shut: (gate) => writeFileSync(file(`gate.${gate}`), ''),
    open: (gate) => rmSync(file(`gate.${gate}`), { force: true }),
    seeEnd: (name) => seeChange(machine.locate(data), () => count(` ${name} ended`) > 0),
    seeRun: (name, { times = 1, signal } = {}) =>
      seeChange(machine.locate(data), () => count(` ${name}`) >= times, signal),
    async look() {
      const printed = await machine.run(['sh', '-c', viewScript, 'sh', slug]);
      const parts = printed.split('\x1e').map((part) => part.split('\n').filter((line) => line !== ''));
      const [head = [], changes = [], serves = [], unit = [], integrity = [], ...lists] = parts;
      const [tables = [], notes = [], markers = [], made = [], starts = [], ran = [], left = []] = lists;
      return {
        head: head.join(),
        changes,
        serves: serves.join(),
        unit: unit.join(),
        integrity: integrity.join(),
        tables,
        notes,
        markers,
        made,
        starts,
        runs: ran.filter((line) => !line.endsWith(' ended')),
        left,
      };
    },
  };
}

/** The whole lines of a file; none where there is no file. */
export function readLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
