// Requirements installed in place by a configured command. A copy of the folder that the command fills serves the undo.
import path from 'node:path';
import { AppError } from '../../../shared/errors.js';
import { checkAccounts } from '../check_accounts.js';
import { configuredCommand, nameOf, wordsOf } from '../configured_command.js';
import type { DiskNeed } from '../database/port.js';
import { findCommands } from '../find_command.js';
import { estimateBytes, requireWritableFolder } from '../plan_folders.js';
import { durableIn, minimalEnvironment, tenantCommand, type ReadContext, type RunContext } from '../site.js';
import type { Tree } from '../tree.js';
import type { ConfiguredCommand } from '../values.js';
import type { Requirements, RequirementsAnswer, RequirementsQuestion, RequirementsWork } from './port.js';
import { hashFiles, listBuildFiles } from './build_files.js';
import { quietInstallers } from './quiet_installers.js';
import type { RequirementsCommandConfig } from './schema.js';

// The copy gets its name only when it is whole. A folder that does not exist yet is kept as an empty file.
const takeSnapshot = `set -e
if [ ! -e "$2" ]; then
  if [ -L "$1" ]; then echo "$1 is a symbolic link and cannot be kept for a rollback" >&2; exit 1; fi
  rm -rf -- "$2.partial"
  if [ -d "$1" ]; then cp -a --reflink=auto -- "$1" "$2.partial"; else : >"$2.partial"; fi
  sync -f "$2.partial"
  mv -T -- "$2.partial" "$2"
fi
`;

// The copy exists until the last rename, so an interrupted run can be repeated.
const putSnapshotBack = `set -e
rm -rf -- "$2.partial"
if [ -d "$2" ]; then
  rm -rf -- "$2.undone"
  if [ -e "$1" ] || [ -L "$1" ]; then mv -T -- "$1" "$2.undone"; fi
  mv -T -- "$2" "$1"
elif [ -e "$2" ]; then
  rm -rf -- "$1"
  rm -f -- "$2"
fi
rm -rf -- "$2.undone"
sync -f .
`;

const discardSnapshots = `set -e
for old in "$1".before_*; do
  if [ "$old" != "$2" ]; then rm -rf -- "$old"; fi
done
`;

/** The adapter for the key `requirements.run`. */
export function openCommand(config: RequirementsCommandConfig): Requirements {
  const { run: command, snapshot } = config;

  /** Runs one of the scripts above with the folder and the path of its copy; without `snapshot` it does nothing. */
  async function runOnSnapshot(
    { site, run }: RunContext,
    { upgradeId, timeLimitMs }: RequirementsWork,
    { key, title, script }: { key: string; title: string; script: string },
  ): Promise<void> {
    if (snapshot === undefined) return;
    const [folder, copy] = [`./${snapshot}`, `./${snapshot}.before_${upgradeId}`];
    const env = minimalEnvironment(site.user);
    await run(key, tenantCommand(site, { title, argv: ['sh', '-c', script, 'sh', folder, copy], env, timeLimitMs }));
  }

  return {
    plan: (asked) => planCommand(config, asked),

    readPrevious: () => Promise.resolve(null),
    prepare: () => Promise.resolve(),

    async install(context, work) {
      if (work.plan.action !== 'in-place') return;
      const title = `keep ${snapshot} for a rollback`;
      await runOnSnapshot(context, work, { key: 'snapshot', title, script: takeSnapshot });
      const { site } = context;
      const install = {
        title: 'install requirements',
        timeLimitMs: work.timeLimitMs,
        durable: durableIn(site, site.appDir),
        env: quietInstallers(site.env),
      };
      await context.run('install', configuredCommand(site, command, install));
    },

    async undo(context, work) {
      const title = `put ${snapshot} back`;
      await runOnSnapshot(context, work, { key: 'put-back', title, script: putSnapshotBack });
    },

    async discard(context, work) {
      const title = `remove old copies of ${snapshot}`;
      await runOnSnapshot(context, work, { key: 'discard', title, script: discardSnapshots });
    },
  };
}

async function planCommand(
  config: RequirementsCommandConfig,
  { tree, previousCommit, targetCommit, readContext }: RequirementsQuestion,
): Promise<RequirementsAnswer> {
  const { run: command, snapshot, when_changed: whenChanged } = config;
  const files = hashFiles(await listBuildFiles(tree, targetCommit, config));
  if (whenChanged !== undefined) {
    const [before, after] = await Promise.all(
      [previousCommit, targetCommit].map((commit) => listBlobs(tree, commit, whenChanged)),
    );
    const reason = `no change in ${whenChanged.join(', ')}`;
    if (before === after) return { plan: { action: 'unchanged', key: null, reason, files }, warnings: [], needs: [] };
  }
  await requireCommand(command, readContext);
  if (snapshot !== undefined) await refuseLink(snapshot, readContext);
  const reason = `${nameOf(command)} runs with the services stopped`;
  const text = `a rollback cannot put back what ${nameOf(command)} installs: requirements has no \`snapshot\``;
  return {
    plan: { action: 'in-place', key: null, reason, files },
    warnings: snapshot === undefined ? [{ code: 'lasting-requirements', text }] : [],
    needs: snapshot === undefined ? [] : await checkSnapshotFolders(snapshot, readContext),
  };
}

/** All files at or below these paths with their content ids. Equal texts mean equal files. */
async function listBlobs(tree: Tree, commit: string, paths: readonly string[]): Promise<string> {
  const lists = await Promise.all(paths.map((name) => tree.list(commit, name)));
  return JSON.stringify(lists.map((entries) => entries.map(({ mode, oid, path }) => [mode, oid, path])));
}

/** A path in `app_dir` may come with the target version. Any other program must exist now. */
async function requireCommand(command: ConfiguredCommand, readContext: ReadContext): Promise<void> {
  await checkAccounts(readContext.site, { 'requirements.run': command });
  const [program] = wordsOf(command);
  const isInAppDir = program.includes('/') && !path.isAbsolute(program);
  if (isInAppDir || (await findCommands([command], readContext))[0] !== null) return;
  throw new AppError('missing-command', `requirements: run (${program}) is no executable file`, {
    hint: 'It is an absolute path, a path in app_dir or a name on PATH.',
  });
}

/** The copy lies beside the folder, and a rollback renames both; the command fills the folder anew. */
async function checkSnapshotFolders(snapshot: string, { site, probe }: ReadContext): Promise<DiskNeed[]> {
  const looking = { probe, user: site.user };
  const folder = site.appDir.join(snapshot);
  await requireWritableFolder(looking, folder.parent, { code: 'work-tree', use: `keep a copy of ${snapshot} in` });
  const bytes = await estimateBytes(looking, [folder]);
  return [{ folder: folder.parent, bytes, user: site.user }];
}

async function refuseLink(snapshot: string, { site, probe }: ReadContext): Promise<void> {
  const env = minimalEnvironment(site.user);
  const { exitCode } = await probe({ argv: ['test', '-L', snapshot], user: site.user, cwd: site.appDir, env });
  if (exitCode !== 0) return;
  throw new AppError(
    'config',
    `requirements: snapshot (${snapshot}) is a symbolic link, which cannot be copied and put back`,
    {
      hint: 'Name a real folder in app_dir, or leave `snapshot` out.',
    },
  );
}
