// Finds out what `drover-agent init` writes of an app that is installed already. It looks as the tenant's user only.
import path from 'node:path';
import { AppError } from '../../shared/errors.js';
import { listTrustedFolder } from '../../shared/os/trusted/folder.js';
import { readTrustedFile } from '../../shared/os/trusted/read_file.js';
import { createProbe } from '../command/probe.js';
import { TenantPath } from '../command/tenant_path.js';
import { currentUser, findUser } from '../command/user.js';
import { lookAt } from '../tenant/tenant_files.js';

/** Null for what could not be found. */
export interface Installation {
  appDir: string;
  user: string;
  repo: string | null;
  /** Where the databases are; `app_dir` without one. */
  dataDir: string;
  /** Relative to `dataDir`, in their order. */
  databases: string[];
  requirements: { file: string; venv: string } | null;
  units: string[];
}

/** Where apps are, the likelier place first; `~` is the home of the account of that name. */
const places = (name: string, home: string | null) => [
  ...(home === null ? [] : [`${home}/app`, home]),
  ...['/srv', '/opt', '/var/www', '/home'].flatMap((root) => [`${root}/${name}/app`, `${root}/${name}`]),
];

/** Prints, each with a NUL: the folder, its owner, its remote, the requirements file, the environment, the databases. */
const script = `
for app; do [ -e "$app/.git" ] && break; app=; done
[ -n "$app" ] || exit 1
cd "$app" || exit 1
first() { for file; do [ -e "$file" ] && { printf '%s' "$file"; return; }; done; }
printf '%s\\0' "$PWD" "$(stat --format=%U .)" "$(git remote get-url origin 2>/dev/null)"
printf '%s\\0' "$(first requirements.txt requirements/production.txt)" "$(first venv .venv env)"
for root in . ../data ../db; do
  find "$root" -maxdepth 3 -name .git -prune -o -type f -size +0 \\( -name '*.db' -o -name '*.sqlite' -o -name '*.sqlite3' \\) -print0 2>/dev/null
done
exit 0
`;

/** Throws AppError `usage` where there is no work tree, or nobody knows whose it is. */
export async function findInstallation(
  tenant: string,
  wish: { appDir: string | null; user: string | null; unitFolders: readonly string[] },
): Promise<Installation> {
  const named = await findUser(wish.user ?? tenant).catch((error: unknown) => {
    if (wish.user !== null) throw error;
    return null;
  });
  const agent = currentUser();
  const first = named ?? (agent.uid === 0 ? await findUser('nobody') : agent);
  const wished = wish.appDir === null ? places(tenant, named?.home ?? null) : [wish.appDir];
  const candidates = wished.map((folder) => path.resolve(folder));
  const found = await look(candidates, first);
  const user = named?.name ?? found.owner;
  const own = named === null ? await look([found.appDir], await findUser(user)) : found;
  const { databases, ...rest } = own;
  const dataDir = databases.length === 0 ? own.appDir : path.dirname(databases[0] ?? '');
  return {
    ...rest,
    user,
    dataDir,
    databases: databases
      .filter((file) => path.dirname(file) === dataDir)
      .map((file) => path.basename(file))
      .toSorted(),
    units: await findUnitsOf(own.appDir, wish.unitFolders),
  };
}

type Look = Omit<Installation, 'user' | 'dataDir' | 'units'> & { owner: string };

async function look(candidates: readonly string[], user: Awaited<ReturnType<typeof findUser>>): Promise<Look> {
  const probe = createProbe({ agentUid: currentUser().uid, signal: new AbortController().signal });
  const words = candidates.map((folder) => new TenantPath(folder));
  const { exitCode, stdout } = await lookAt({ probe, user }, { script, words });
  const found = exitCode === 0 ? parseLook(stdout, candidates) : null;
  if (found !== null) return found;
  const where = candidates.join(', ');
  throw new AppError('usage', `there is no git work tree in ${where} that the account \`${user.name}\` can enter`, {
    hint: 'Name it, and its account: `--app-dir FOLDER --user ACCOUNT`.',
  });
}

/**
 * What the script printed; null where it names none of the candidates. Another process of the tenant can write in its
 * place, so it leads to no folder but those that were asked for.
 */
export function parseLook(stdout: string, candidates: readonly string[]): Look | null {
  const [appDir = '', owner = '', remote = '', file = '', venv = '', ...found] = stdout.split('\0');
  if (!candidates.includes(appDir)) return null;
  const parent = path.dirname(appDir);
  const roots = [appDir, path.join(parent, 'data'), path.join(parent, 'db')];
  const databases = found.filter((name) => name !== '').map((name) => path.resolve(appDir, name));
  return {
    appDir,
    owner,
    repo: remote === '' ? null : remote.startsWith('/') ? `file://${remote}` : remote,
    requirements: file === '' ? null : { file, venv: venv === '' ? 'venv' : venv },
    databases: databases.filter((name) => roots.some((root) => name.startsWith(`${root}/`))),
  };
}

/** The units whose WorkingDirectory is the app, or lies in it. */
async function findUnitsOf(appDir: string, folders: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const folder of folders) {
    for (const name of await listTrustedFolder(folder).catch(() => [])) {
      if (!name.endsWith('.service') || name.includes('@')) continue;
      const text = await readTrustedFile(path.join(folder, name), 'config').catch(() => '');
      const [, where = ''] = /^WorkingDirectory=-?(.*)$/m.exec(String(text)) ?? [];
      if (where === appDir || where.startsWith(`${appDir}/`)) found.add(name);
    }
  }
  return [...found].toSorted();
}
